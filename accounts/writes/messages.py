"""Messages to Registrars. Each function runs inside the caller's transaction."""

from typing import Any

from accounts import rules
from accounts.models import IdentificationTry, User
from notifications.actions import queue


def notify_registrars(
    *, kind: str, about: dict[str, Any], key: str, by: User | None, also: tuple[str, ...] = ()
) -> None:
    """Queue one message to each account of the group Registrar and of the groups `also`.

    `about` is the message's context. A second call with the same `kind` and `key` queues nothing.
    """
    for registrar in User.objects.filter(is_active=True, groups__name__in=("Registrar", *also)).distinct():
        queue(
            kind=kind,
            recipient=registrar.email,
            context=about,
            dedupe_key=f"{kind}:{key}:{registrar.pk}",
            by=by,
        )


def notify_of_lockout(*, failed: IdentificationTry, limited: dict[str, Any], by: User) -> None:
    """Notify the Registrars when this failed try has closed identification.

    `limited` are the arguments of `check_not_locked_out`. Later tries are refused before they are counted, so the
    Registrars get one message for a lockout.
    """
    try:
        rules.check_not_locked_out(**limited)
    except rules.LockedOut:
        notify_registrars(kind="identification_locked", about={"try": failed.pk}, key=str(failed.pk), by=by)


def notify_of_second_account(*, failed: IdentificationTry, by: User) -> None:
    """Notify the Registrars of right digits for a physician who cannot be this account's.

    There is one message for each account and DEA number.
    """
    key = f"{by.pk}:{failed.dea_digest}"
    notify_registrars(kind="identification_second", about={"try": failed.pk}, key=key, by=by)
