"""The status of a draft or a certification on a day, in the words of the pages."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Certification, Draft


@dataclass(frozen=True)
class StatusOnDay:
    """The status of a draft or certification, as a page says it."""

    kind: str  # of ui/status_tag.html
    label: str | Promise
    days_left: int | None = None  # after today; 0 on the last valid day, None once ended
    can_renew: bool = False


def draft_status(draft: Draft) -> StatusOnDay:
    """Return the status of a draft: begun, prepared for the statement and signature, or reviewed and not yet signed."""
    if draft.reviewed_at:
        return StatusOnDay("wait", _("Reviewed"))
    return StatusOnDay("wait", _("To sign")) if draft.prepared_at else StatusOnDay("plain", _("Draft"))


def status_on_day(certification: Certification, *, today: date) -> StatusOnDay:
    """Return the status of a certification on `today`."""
    status = Certification.Status(certification.status)
    if rules.is_stopping(certification, today=today):
        return StatusOnDay("warn", status.label, (certification.valid_through - today).days)
    if status != Certification.Status.ACTIVE:
        return StatusOnDay("ended", status.label)
    can_renew = rules.is_renewal_open(certification, today=today)
    days_left = (certification.last_valid_day - today).days
    if days_left < 0:
        return StatusOnDay("ended", _("Ended"), can_renew=can_renew)
    return StatusOnDay(
        "warn" if can_renew else "good", _("Ending soon") if can_renew else _("Active"), days_left, can_renew
    )
