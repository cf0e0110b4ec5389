"""Identification that failed: what the Registrars learn of it, and how they open it again after a lockout."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts import rules
from accounts.actions.registrars import tell_registrars
from accounts.models import IdentificationTry, User
from accounts.sql import lock_text
from audit.actions import audited, record


def tell_of_lockout(*, failed: IdentificationTry, limited: dict[str, Any], by: User) -> None:
    """Tell the Registrars when this failure closed identification. Later tries are refused unseen: they hear once.

    `limited` are the arguments of `check_not_locked_out`.
    """
    try:
        rules.check_not_locked_out(**limited)
    except rules.LockedOut:
        tell_registrars(kind="identification_locked", about={"try": failed.pk}, key=str(failed.pk), by=by)


def tell_of_second_account(*, failed: IdentificationTry, by: User) -> None:
    """Right digits of a physician who cannot be this account's: one mail to the Registrars for account and number."""
    key = f"{by.pk}:{failed.dea_digest}"
    tell_registrars(kind="identification_second", about={"try": failed.pk}, key=key, by=by)


@audited("lockout.lift", subject="identification_try")
def lift_lockout(*, identification_try: IdentificationTry, reason: str, by: User) -> int:
    """Failures of this try's account, and at its DEA number, count no more; returns how many.

    At a number that is bound, the owner's and everybody else's are counted apart and so lifted apart. Where the network
    was closed to the account, the failures from there are lifted too, or the account would stay locked out.
    """
    now = timezone.now()
    digest, network, account = identification_try.dea_digest, identification_try.network, identification_try.user
    User.objects.select_for_update(no_key=True).get(pk=account.pk)
    if network:
        lock_text(f"network {network}")
    lock_text(digest)
    has_physician = hasattr(account, "physician")
    is_owner = has_physician and rules.dea_digest(account.physician.dea_number) == digest
    counted_with = Q(user=account) if is_owner else Q(user=account) | Q(dea_digest=digest)
    counting = rules.failures_that_count(now)
    of_network = Q(network=network, user__physician=None)
    if network and not has_physician and counting.filter(of_network).count() >= rules.MOST_FAILURES_OF_NETWORK:
        counted_with |= of_network
    found = list(counting.filter(counted_with).values_list("pk", flat=True))
    lifted = IdentificationTry.objects.filter(pk__in=found).update(lifted_at=now)
    record(by=by, subject=identification_try, reason=reason)
    return lifted
