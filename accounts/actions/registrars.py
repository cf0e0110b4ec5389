"""Messages to the Registrars, for the apps above."""

from typing import Any

from accounts.models import User
from accounts.writes import messages


def notify_registrars(*, kind: str, about: dict[str, Any], key: str, by: User | None) -> None:
    """Queue one message to each account of the group Registrar, in the caller's transaction.

    `about` is the message's context. A second call with the same `kind` and `key` queues nothing.
    """
    messages.notify_registrars(kind=kind, about=about, key=key, by=by)
