"""What a patient may ask of an office, and report to it. Each `check_` raises; nothing is written."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from certification.models import Certification, PatientRequest
from certification.rules.errors import RenewalNotOpen, RequestError
from certification.rules.moves import can_move_request
from certification.rules.people import check_lives_in_connecticut, check_street_address
from certification.rules.renewal import check_renewal_is_open, renewal_opens_date
from ui.holidays import next_working_day


def check_may_ask(kind: str, certification: Certification, *, today: date) -> None:
    """A renewal may be asked for once it is open, or when the certification has ended; raises RenewalNotOpen."""
    if kind == PatientRequest.Kind.RENEWAL and certification.status == Certification.Status.ACTIVE:
        check_renewal_is_open(certification, today=today)


def renewal_can_be_asked_from(certification: Certification, *, today: date) -> date | None:
    """Return the day from which a renewal can be asked for, or None when it can be asked for today."""
    try:
        check_may_ask(PatientRequest.Kind.RENEWAL, certification, today=today)
    except RenewalNotOpen:
        return renewal_opens_date(certification)
    return None


def check_may_move(certification: Certification, address: Mapping[str, Any], *, today: date) -> None:
    """The certification runs, and the new home is in Connecticut; raises RequestError, AddressError."""
    if not certification.runs_on(today):
        raise RequestError(_("This certification has ended. Tell the office when you are certified again."))
    check_street_address(address["street"], address["unit"])
    check_lives_in_connecticut(address["zip_code"])


def check_is_a_report(request: PatientRequest) -> None:
    """The request is a report that waits, so it can be confirmed or refused; raises RequestError."""
    if request.kind not in PatientRequest.REPORTS:
        raise RequestError(_("This is not a report: mark it as answered."))
    if not can_move_request("refuse", request):
        raise RequestError(_("Somebody has answered it meanwhile. Look at the list again."))


def check_refusal_has_reason(reason: str) -> None:
    """A reason is given, which the patient reads; raises RequestError."""
    if not reason.strip():
        raise RequestError(_("Say why: the patient reads it."), field="reason")


def confirmed_by(request: PatientRequest) -> date:
    """Return the day by which a report is confirmed or refused: the next working day."""
    return next_working_day(timezone.localdate(request.created_at))


def is_overdue(request: PatientRequest, *, today: date) -> bool:
    """Return whether the report still waits after the day of `confirmed_by`."""
    return request.answered_at is None and request.kind in PatientRequest.REPORTS and today > confirmed_by(request)
