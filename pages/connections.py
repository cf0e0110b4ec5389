"""Tell whether an error means that the database is unavailable, and close its connections."""

import sqlite3

from django.db import InterfaceError, OperationalError, connections

# SQLite's code for a wrong statement or an unknown table: that is a fault of ours, and no outage.
SQL_MISTAKE = sqlite3.SQLITE_ERROR


def is_outage(error: BaseException | None) -> bool:
    """Return whether the error, or an error that led to it, means that the database is unavailable for the moment.

    The database may be stopped, out of reach or full, or somebody else may hold a lock for longer than we wait.
    """
    while error is not None:
        if isinstance(error, InterfaceError | OperationalError):
            return getattr(error.__cause__, "sqlite_errorcode", None) != SQL_MISTAKE
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False


def close_connections() -> None:
    """Close the connections of this thread, so that the next request opens a new one instead of using a dead one."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # only a test still has a transaction open here
            connection.close()
