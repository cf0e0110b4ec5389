"""Identification that failed: what the Registrars learn of it, and how they open it again after a lockout."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts import rules
from accounts.actions.registrars import tell_registrars
from accounts.models import IdentificationTry, User
from accounts.sql import lock_text
from audit.actions import audited, record


def tell_of_lockout(*, failed: IdentificationTry, owner_id: int | None, now: datetime, by: User) -> None:
    """Tell the Registrars when this failure closed identification. Later tries are refused unseen: they hear once."""
    if rules.is_locked_out(user=by, digest=failed.dea_digest, owner_id=owner_id, now=now):
        tell_registrars(kind="identification_locked", about={"try": failed.pk}, key=str(failed.pk), by=by)


def tell_of_second_account(*, failed: IdentificationTry, by: User) -> None:
    """Right digits of a physician who cannot be this account's: one mail to the Registrars for account and number."""
    key = f"{by.pk}:{failed.dea_digest}"
    tell_registrars(kind="identification_second", about={"try": failed.pk}, key=key, by=by)


@audited("lockout.lift")
def lift_lockout(*, identification_try: IdentificationTry, reason: str, by: User) -> int:
    """Failures of this try's account, and at its DEA number, count no more; returns how many.

    At a number that is bound, the owner's and everybody else's are counted apart and so lifted apart.
    """
    now = timezone.now()
    digest, account = identification_try.dea_digest, identification_try.user
    User.objects.select_for_update(no_key=True).get(pk=account.pk)
    lock_text(digest)
    is_owner = hasattr(account, "physician") and rules.dea_digest(account.physician.dea_number) == digest
    counted_with = Q(user=account) if is_owner else Q(user=account) | Q(dea_digest=digest)
    lifted = IdentificationTry.objects.filter(
        counted_with, succeeded=False, lifted_at__isnull=True, at__gt=now - rules.FAILURES_COUNT_FOR
    ).update(lifted_at=now)
    record(action="lockout.lift", by=by, subject=identification_try, reason=reason)
    return lifted
