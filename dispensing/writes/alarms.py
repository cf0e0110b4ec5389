"""Mails to the staff who answer for the monitoring report."""

from typing import Any

from accounts.models import User
from notifications.actions import queue_many

READERS = ("Pharmacist", "Manager")


def alarm_staff(why: str, *, about: str, context: dict[str, Any], by: User | None) -> None:
    """Mail pharmacists and managers once about a row, `late` or `delete_not_found`; `context` holds ids alone."""
    readers = User.objects.filter(is_active=True, is_staff=True, groups__name__in=READERS).distinct()
    queue_many(
        messages=[
            {
                "kind": "report_alarm",
                "recipient": reader.email,
                "context": {"why": why, **context},
                "dedupe_key": f"report_alarm:{why}:{about}:{reader.pk}",
            }
            for reader in readers
        ],
        by=by,
    )
