"""The catalogue of conditions and the dated limits."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.models import AllotmentLimit, Condition


@audited("reference.conditions")
def sync_conditions(
    *, conditions: Iterable[Mapping[str, Any]], limits: Mapping[date, Decimal], by: User | None
) -> None:
    """Write the catalogue and the dated limits (oz) as given; a second run changes nothing."""
    for condition in conditions:
        fields = dict(condition)
        Condition.objects.update_or_create(code=fields.pop("code"), defaults=fields)
    for effective_date, limit_oz in limits.items():
        AllotmentLimit.objects.get_or_create(effective_date=effective_date, defaults={"limit_oz": limit_oz})


@audited("allotmentlimit.set")
def set_allotment_limit(*, effective_date: date, limit_oz: Decimal, reason: str, by: User) -> AllotmentLimit:
    """Set the highest monthly allotment in ounces from a day after today on, and return the limit.

    A limit that was set for the same day is replaced. Signed certifications keep their allotment. Raises
    AllotmentError.
    """
    rules.check_limit_is_not_in_use(effective_date, today=timezone.localdate())
    limit, _is_new = AllotmentLimit.objects.update_or_create(
        effective_date=effective_date, defaults={"limit_oz": limit_oz}
    )
    record(by=by, subject=limit, reason=reason)
    return limit


@audited("allotmentlimit.drop", subject="limit")
def drop_allotment_limit(*, limit: AllotmentLimit, reason: str, by: User) -> None:
    """Delete a limit that is not in force yet; raises AllotmentError for any other."""
    rules.check_limit_is_not_in_use(limit.effective_date, today=timezone.localdate())
    record(by=by, subject=limit, reason=reason)
    limit.delete()
