"""The blind check of counts (paper 2.3, ScanNet++): a vision model counts what the pictures show, knowing nothing else.

A category stays only where it counts as many as there are: what cannot be seen to be so many is no fair question.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from ipt.endpoint.calls import Call, Message
from ipt.endpoint.client import Endpoint
from ipt.seeding import content_seed
from ipt.tasks.naming import plural

SYSTEM = "You count objects. Judge only by what the pictures show. Reply with one number, no words."


class Counter(Protocol):
    """Counts by looking."""

    def count(self, pictures: Sequence[bytes], name: str) -> int | None:
        """How many `name` the pictures (PNG) show altogether, one seen twice counted once; None: no number."""
        ...


class EndpointCounter:
    """Asks a model behind a service (`endpoints`)."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def count(self, pictures: Sequence[bytes], name: str) -> int | None:
        """As the protocol says."""
        asked = (
            f"These {len(pictures)} pictures show one room. How many different {plural(name)} are in it? One that is in"
            " several pictures counts once."
        )
        call = Call(
            (Message("system", (SYSTEM,)), Message("user", (*pictures, asked))), content_seed("blind-count", name)
        )
        self._endpoint.plan([call])
        return read_number(self._endpoint.complete([call])[0].text)


def read_number(text: str) -> int | None:
    """The one number of an answer; None where there is none, or more than one."""
    found = set(re.findall(r"\d+", text))
    return int(found.pop()) if len(found) == 1 else None
