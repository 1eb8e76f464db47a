"""What every program here is given, and how it tells where it failed."""

import contextlib
import itertools
import os
import pathlib


def _file(name):
    return pathlib.Path(os.environ[name]).read_text().strip()


API = os.environ["ZITADEL_API_URL"]
ADMIN = _file("ZITADEL_ADMIN_TOKEN_FILE")
LOGIN = _file("ZITADEL_SERVICE_USER_TOKEN_FILE")
PASSWORD = "Secr3t-enough!"
WRONG = "Wr0ng-password!"

_numbers = itertools.count(1)


def fresh(name):
    """A name that no other user of this server has."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


@contextlib.contextmanager
def step(name):
    """One step; it is printed before a failure in it ends the program."""
    try:
        yield
    except BaseException:
        print(f"FAIL {name}", flush=True)
        raise
    print(f"ok   {name}", flush=True)


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"found    {found!r}\nexpected {expected!r}")
