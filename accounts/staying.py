"""Pages on which a person stays signed in longer than the idle time, such as a driver's during a run."""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

STAYS = "stays_signed_in"  # session key: under which address, and until when


def stay_signed_in(session: SessionBase, *, under: str, until: datetime) -> None:
    """Let this session outlast the idle time on the pages under an address, until a moment; a later one stays.

    Everywhere else the idle time ends the session as before, and so does its longest time anywhere.
    """
    before = session.get(STAYS)
    if before is None or before["under"] != under or datetime.fromisoformat(before["until"]) < until:
        session[STAYS] = {"under": under, "until": until.isoformat()}


def stays_signed_in(request: HttpRequest, *, now: datetime) -> bool:
    """Return whether the idle time ends no session on this page."""
    stays = request.session.get(STAYS)
    return (
        stays is not None and request.path.startswith(stays["under"]) and now < datetime.fromisoformat(stays["until"])
    )
