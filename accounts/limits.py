"""Where rate limits are counted: Django's cache in the database, with one statement for each write."""

import base64
import pickle  # nosec B403 # reads nothing; it writes as Django does
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.sql import write_rate_limit

CULLED_EVERY = 1_000  # writes of a process


class RateLimitCache(DatabaseCache):
    """Django's counts all its rows before each write, and then writes in four statements; a sign-in writes ten times.

    Here one statement writes. Every CULLED_EVERY-th write is made in Django's way, which throws limits away where there
    are more than MAX_ENTRIES; those that have ended are deleted by a job (`purge_ended`).
    """

    _writes = count(1)

    def set(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        ends_at = self._ends_at(timeout)
        if ends_at is None:
            super().set(key, value, timeout, version)
        else:
            self._write(key, value, version, ends_at=ends_at)

    def add(self, key: Any, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Write a limit whose key is not there or has ended, and return whether it was written: it is a lock too."""
        ends_at = self._ends_at(timeout)
        if ends_at is None:
            return bool(super().add(key, value, timeout, version))
        return self._write(
            key, value, version, ends_at=ends_at, unless_lasting_at=timezone.now().replace(microsecond=0)
        )

    def _ends_at(self, timeout: float | None) -> datetime | None:
        """Return when a limit ends, to the second; None where the write is left to Django."""
        ends = self.get_backend_timeout(timeout)
        if ends is None or next(self._writes) % CULLED_EVERY == 0:
            return None
        return datetime.fromtimestamp(ends, tz=UTC).replace(microsecond=0)

    def _write(self, key: Any, value: Any, version: int | None, **ends: datetime) -> bool:
        """Write the row as Django does; like there, an error of the database says that nothing was written."""
        pickled = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
        name = self.make_and_validate_key(key, version=version)
        try:
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return write_rate_limit(key=name, value=pickled, **ends)
        except DatabaseError:
            return False
