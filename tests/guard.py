"""The write guard: it fails every write to our tables that does not come through an action.

Every new connection gets it, so it also guards threads and the live server.
"""

import re
import sys
from contextlib import contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
APPS = ("accounts", "certification", "delivery", "dispensing", "notifications", "audit", "pages")

WRITE = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?)"
    rf"""\s+["']?((?:{"|".join(APPS)})_\w+)""",
    re.IGNORECASE,
)
ACTIONS = re.compile(
    rf"{re.escape(str(BASE_DIR))}/(?:{'|'.join(APPS)})/(?:actions\.py|actions/.+|sql\.py|migrations/.+)$"
)
# Django makes the test database, and empties it between tests.
DJANGO_SET_UP = re.compile(
    r"/django/(?:db/migrations/.+|db/backends/base/creation\.py|core/management/commands/flush\.py)$"
)
# Django and allauth write the password and the last login themselves.
ACCOUNT_LIBRARIES = re.compile(r"/(?:allauth/.+|django/contrib/auth/.+)$")

_unguarded = 0


class UnguardedWrite(AssertionError):
    """A statement writes to one of our tables outside an action."""


@contextmanager
def unguarded():
    """Allow writes without an action: to show what the database itself refuses, or what happens without a rule."""
    global _unguarded
    _unguarded += 1
    try:
        yield
    finally:
        _unguarded -= 1


def guard(execute, sql, params, many, context):
    found = WRITE.search(sql)
    if found and not _unguarded and not _may_write(found[1].lower()):
        raise UnguardedWrite(f"A write to {found[1]} outside an action: {sql[:200]}")
    return execute(sql, params, many, context)


def _may_write(table: str) -> bool:
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if ACTIONS.match(path) or DJANGO_SET_UP.search(path):
            return True
        if table == "accounts_user" and ACCOUNT_LIBRARIES.search(path):
            return True
        frame = frame.f_back
    return False


def put_on(sender, connection, **kwargs) -> None:
    """Put the guard on a new connection; a receiver of `connection_created`."""
    if guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
