"""The terms of delivery that the portal starts with [docs/domain.md#delivery]."""

from calendar import WEDNESDAY
from datetime import date

POLICIES = [
    {
        "effective_date": date(2020, 1, 1),
        "weekdays": 1 << WEDNESDAY,
        "windows": [["09:30", "13:30"], ["13:30", "16:30"]],
        "minimum_cents": 7500,
        "lead_hours": 24,
        "capacity": 20,
        "allotment_days": 30,
    }
]
