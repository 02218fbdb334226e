"""The one error a user is meant to read."""

import errno
from pathlib import Path

_STORAGE = {
    errno.ENOSPC: "no space left on the device; free some and run the same command again (finished files are kept)",
    errno.EDQUOT: "your quota is used up; free some space and run the same command again (finished files are kept)",
    errno.EROFS: "the file system is read-only; make it writable or run in another folder",
    errno.EACCES: "no permission; make it writable for you or run in another folder",
    errno.EPERM: "not permitted; make it writable for you or run in another folder",
}


class UserError(ValueError):
    """Bad input from outside: one line that names the file and the field and says what to do.

    The command line prints the message alone and exits with status 2; anything else that escapes is a defect of ours
    and keeps its traceback.
    """


class Stopped(Exception):  # noqa: N818 (no error: the work goes on later)
    """A run was asked to stop in time, has saved, and goes on with the same command; the message says where it stands.

    The command line prints it and exits with status `EXIT_STOPPED`.
    """


EXIT_STOPPED = 75
"""As EX_TEMPFAIL of sysexits.h: not finished, nothing wrong, try again."""


def storage_problem(error: BaseException, path: Path | str | None) -> UserError | None:
    """What a user can do about a disk that is full, read-only or forbidden; None for every other error.

    Libraries written in other languages pass the system's words on without its number, so both are looked for.
    """
    number = getattr(error, "errno", None)
    if number not in _STORAGE and "No space left on device" in str(error):
        number = errno.ENOSPC
    advice = _STORAGE.get(number) if number is not None else None
    where = path or getattr(error, "filename", None) or "a file of this run"
    return UserError(f"{where}: {advice}") if advice else None
