"""What the Registrars are told by mail."""

from typing import Any

from accounts.models import User
from notifications.actions import queue


def tell_registrars(*, kind: str, about: dict[str, Any], key: str, by: User | None) -> None:
    """One mail to each account of the group Registrar; `key` makes a second call a repeat."""
    for registrar in User.objects.filter(is_active=True, groups__name="Registrar"):
        queue(
            kind=kind,
            recipient=registrar.email,
            context=about,
            dedupe_key=f"{kind}:{key}:{registrar.pk}",
            by=by,
        )
