"""What a pharmacist has to have looked up before an order is confirmed."""

from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from delivery.rules.errors import ReviewError

REVIEW_COUNTS_FOR_DAYS = 7


def earliest_review(today: date) -> date:
    """Return the first day on which a review still counts for an order that is confirmed today."""
    return today - timedelta(days=REVIEW_COUNTS_FOR_DAYS)


def check_monitoring_review(reviewed_date: date | None, *, today: date) -> None:
    """The monitoring program was reviewed today, or at most 7 days ago [docs/domain.md#at-the-door].

    Raises ReviewError.
    """
    if reviewed_date is None:
        raise ReviewError(_("Enter the day on which you reviewed the monitoring program."), field=FIELD)
    if reviewed_date > today:
        raise ReviewError(_("This day is in the future. Enter the day of the review."), field=FIELD)
    if reviewed_date < earliest_review(today):
        words = {"day": date_format(earliest_review(today), "DAY_FORMAT")}
        raise ReviewError(
            _("A review before %(day)s is too old. Look into the monitoring program again.") % words, field=FIELD
        )


FIELD = "monitoring_reviewed_date"
