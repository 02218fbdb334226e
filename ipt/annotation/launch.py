"""Start Label Studio with secrets struck from its log. Runs in Label Studio's environment: standard library only.

Its request log holds the address of the sign-up page, and that is the invitation. A record factory is the one place
that the logging configuration which Label Studio installs later does not replace.
"""

import importlib
import logging
import re
from typing import Any

SECRET = re.compile(r"(?i)\b(token|key|password)=[^&\s\"']+")


def strike_secrets() -> None:
    """From now on, no log record of this process shows the value of a token, key or password in an address."""
    make = logging.getLogRecordFactory()

    def struck(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        message = record.getMessage()
        if SECRET.search(message):
            record.msg, record.args = SECRET.sub(r"\1=(struck)", message), ()
        return record

    logging.setLogRecordFactory(struck)


if __name__ == "__main__":
    strike_secrets()
    importlib.import_module("label_studio.server").main()
