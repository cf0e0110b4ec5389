"""Is the database away, and how the next request gets a fresh connection to it."""

import sqlite3

from django.db import InterfaceError, OperationalError, connections

SQL_MISTAKE = sqlite3.SQLITE_ERROR  # SQLite's code for a wrong statement or an unknown table: our fault, and no outage


def is_away(error: BaseException | None) -> bool:
    """Return whether the error, or an error that led to it, says that the database does not serve for the moment.

    It is stopped, out of reach, full, or held by somebody else for longer than we wait.
    """
    while error is not None:
        if isinstance(error, InterfaceError | OperationalError):
            return getattr(error.__cause__, "sqlite_errorcode", None) != SQL_MISTAKE
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def hang_up() -> None:
    """Close the connections of this thread, so that the next request connects anew instead of asking a dead one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # a test's own transaction; of a request's none is open any more
            connection.close()
