"""Sessions in the database: each request reads its own with a prepared query."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField, QuerySet
from django.utils import timezone

from ui.prepared import prepared


@prepared(key=CharField(max_length=40), now=DateTimeField())
def _open_sessions(key: Any, now: Any) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


class SessionStore(db.SessionStore):
    """Django's store in the database."""

    def _get_session_from_db(self) -> Session | None:
        """Return the row of the session, or None; a key without a session is forgotten."""
        found = _open_sessions.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
