"""A patient's certifications, as the page of the patient's record shows them."""

from dataclasses import dataclass
from datetime import date

from certification.models import Certification, Patient
from certification.presenters.changes import names_by_code
from certification.presenters.status_on_day import StatusOnDay, status_on_day

# What the page does not show is not read; sealed columns cost a decryption each.
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")


@dataclass(frozen=True)
class CertificationRow:
    """A certification and its status on the day of the page; `conditions` for the patient and the guardian alone."""

    certification: Certification
    status_on_day: StatusOnDay
    conditions: list[str]


def certification_rows(patient: Patient, *, names_conditions: bool, today: date) -> list[CertificationRow]:
    """Return the patient's certifications, the latest first, with the conditions if `names_conditions`."""
    signed = Certification.objects.filter(patient=patient)
    unread = [name for name in UNREAD if not (names_conditions and name == "condition_codes")]
    certifications = list(signed.select_related("physician").defer(*unread).order_by("-certified_at"))
    codes = {each.pk: each.condition_codes for each in certifications} if names_conditions else {}
    names = names_by_code({code for known in codes.values() for code in known}) if codes else {}
    return [
        CertificationRow(
            each, status_on_day(each, today=today), sorted(names.get(code, code) for code in codes.get(each.pk, []))
        )
        for each in certifications
    ]
