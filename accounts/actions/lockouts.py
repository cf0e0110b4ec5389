"""Identification is opened again after a lockout."""

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from accounts import rules
from accounts.models import IdentificationTry, User
from accounts.sql import lock_text
from accounts.writes.locks import lock
from audit.actions import audited, record


@audited("lockout.lift", subject="identification_try")
def lift_lockout(*, identification_try: IdentificationTry, reason: str, by: User) -> int:
    """Lift the failed tries of this try's account and of its DEA number, and return how many were lifted.

    At a number that is bound, the owner's tries and everybody else's are counted apart, and so are lifted apart. When
    the network is closed to the account, the tries from the network are lifted too: the account would otherwise stay
    locked out.
    """
    now = timezone.now()
    network = identification_try.network
    lock(identification_try.user)
    if network:
        lock_text(f"network {network}")
    lock_text(identification_try.dea_digest)
    counting = rules.failures_that_count(now)
    found = list(counting.filter(_counted_with(identification_try, now)).values_list("pk", flat=True))
    lifted = IdentificationTry.objects.filter(pk__in=found).update(lifted_at=now)
    record(by=by, subject=identification_try, reason=reason)
    return lifted


def _counted_with(identification_try: IdentificationTry, now: datetime) -> Q:
    """Return a filter of the tries that keep the account of this try locked out."""
    digest, network, account = identification_try.dea_digest, identification_try.network, identification_try.user
    physician = getattr(account, "physician", None)
    is_owner = physician is not None and rules.dea_digest(physician.dea_number) == digest
    counted_with = Q(user=account) if is_owner else Q(user=account) | Q(dea_digest=digest)
    of_network = Q(network=network, user__physician=None)
    counting = rules.failures_that_count(now)
    if network and physician is None and counting.filter(of_network).count() >= rules.MOST_FAILURES_OF_NETWORK:
        return counted_with | of_network
    return counted_with
