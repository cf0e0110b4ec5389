"""The catalogue of conditions and the dated limits."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.actions import audited
from certification.models import AllotmentLimit, Condition


@audited("reference.conditions")
def sync_conditions(
    *, conditions: Iterable[Mapping[str, Any]], limits: Mapping[date, Decimal], by: User | None
) -> None:
    """Make the catalogue and the dated limits (oz) stand as given; running it again changes nothing."""
    for condition in conditions:
        fields = dict(condition)
        Condition.objects.update_or_create(code=fields.pop("code"), defaults=fields)
    for effective_date, limit_oz in limits.items():
        AllotmentLimit.objects.get_or_create(effective_date=effective_date, defaults={"limit_oz": limit_oz})
