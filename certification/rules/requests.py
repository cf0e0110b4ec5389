"""What a patient may ask of the office. Each `check_` raises; nothing is written."""

from datetime import date

from certification.models import Certification, PatientRequest
from certification.rules.renewal import check_renewal_is_open


def check_may_ask(kind: str, certification: Certification, *, today: date) -> None:
    """A renewal is asked for once it is open, or when the certification has ended; raises RenewalNotOpen."""
    if kind == PatientRequest.Kind.RENEWAL and certification.status == Certification.Status.ACTIVE:
        check_renewal_is_open(certification, today=today)
