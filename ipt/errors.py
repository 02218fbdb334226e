"""The one error a user is meant to read."""


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
