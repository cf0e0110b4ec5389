"""Of which days a paper can be asked for."""

from datetime import date

from django.utils.translation import gettext as _

from dispensing.rules.errors import PaperError


def check_paper_days(first: date, last: date, *, today: date) -> None:
    """The first day is not after the last, and the last not after today; raises PaperError."""
    if first > last:
        raise PaperError(_("The first day is after the last day. Exchange them."), field="last")
    if last > today:
        raise PaperError(_("The last day is in the future. Choose today or an earlier day."), field="last")
