"""What the Registrars, and who decides beside them, are told by mail."""

from typing import Any

from accounts.models import User
from notifications.actions import queue


def tell_registrars(*, kind: str, about: dict[str, Any], key: str, by: User | None, also: tuple[str, ...] = ()) -> None:
    """One mail to each account of the group Registrar, and of the groups `also`; `key` makes a second call a repeat."""
    for registrar in User.objects.filter(is_active=True, groups__name__in=("Registrar", *also)).distinct():
        queue(
            kind=kind,
            recipient=registrar.email,
            context=about,
            dedupe_key=f"{kind}:{key}:{registrar.pk}",
            by=by,
        )
