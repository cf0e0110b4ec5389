"""The days of the monitoring report, and what keeps it from being sent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from dispensing.models import ReportFile, ReportRecord
from dispensing.rules import check_is_set_up
from ui.errors import PortalError

DAYS_SHOWN = 62
R, K = ReportRecord.Status, ReportRecord.Kind
COUNTS: dict[str, Q] = {
    "dispensed": Q(kind=K.NEW),
    "reported": Q(sent_at__isnull=False),
    "accepted": Q(status=R.ACCEPTED),
    "in_error": Q(status__in=[R.HELD, R.ERROR]),
    "waiting": Q(sent_at__isnull=True, status__in=[R.WAITING, R.HELD, R.FILED]),
}


@dataclass(frozen=True)
class ReportDay:
    """One day of New York: units by what became of their reports, and the zero report in its place."""

    day: date
    counts: dict[str, int]
    records_url: str
    files_url: str
    zero: ReportFile | None


def report_days(today: date) -> list[ReportDay]:
    """Return the last days of which something is reported, the newest first."""
    first = today - timedelta(days=DAYS_SHOWN)
    found = (
        ReportRecord.objects.filter(filled_date__gt=first)
        .order_by()
        .values("filled_date")
        .annotate(**{name: Count("pk", filter=which) for name, which in COUNTS.items()})
    )
    records: dict[date, dict[str, Any]] = {row["filled_date"]: dict(row) for row in found}
    files = ReportFile.objects.filter(kind=ReportFile.Kind.ZERO, day__gt=first).defer("text").order_by("pk")
    zero = {file.day: file for file in files if file.day}
    return [_day(day, records.get(day, {}), zero.get(day)) for day in sorted({*records, *zero}, reverse=True)]


def _day(day: date, counts: dict[str, Any], zero: ReportFile | None) -> ReportDay:
    records, files = (reverse(f"admin:dispensing_{name}_changelist") for name in ("reportrecord", "reportfile"))
    return ReportDay(
        day=day,
        counts={name: counts.get(name, 0) for name in COUNTS},
        records_url=f"{records}?{urlencode({'filled_date': day})}",
        files_url=f"{files}?{urlencode({'entries__record__filled_date': day})}",
        zero=zero,
    )


def standing_of_reporting(now: datetime) -> list[str]:
    """Return what keeps reports from being sent now, as sentences."""
    found = []
    try:
        check_is_set_up()
    except PortalError as error:
        found.append(str(error))
    late = ReportRecord.objects.late(now).count()
    if late:
        found.append(_("Not reported 50 minutes after the hand-over: %(count)d.") % {"count": late})
    return found
