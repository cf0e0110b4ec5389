"""Sessions in the database: each request reads its own with a prepared query."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from ui.prepared import Prepared

_open_sessions = Prepared(lambda *, key, now: Session.objects.filter(session_key=key, expire_date__gt=now))


class SessionStore(db.SessionStore):
    """Django's store in the database."""

    def _get_session_from_db(self) -> Session | None:
        """Return the row of the session, or None; a key without a session is forgotten."""
        found: Session | None = _open_sessions.first(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
