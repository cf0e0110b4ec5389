"""The weekly message to physicians' offices."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from accounts.models import User
from certification import rules
from certification.writes.office_weeks import weeks_of_offices
from notifications.actions import queue_selected


@transaction.atomic
def queue_office_weeks(*, now: datetime, by: User | None) -> int:
    """Queue what is due this week for physicians and delegates, once a week; return how many messages are new.

    On other days than `rules.office_week` names nothing is queued. Nobody gets one for whom nothing is due.
    """
    week = rules.office_week(now)
    return queue_selected(messages=weeks_of_offices(week, today=localdate(now)), by=by) if week else 0
