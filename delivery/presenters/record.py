"""A patient's certifications, as the page of the patient's record shows them."""

from dataclasses import dataclass
from datetime import date

from certification.models import Certification, Patient
from certification.presenters.status_on_day import StatusOnDay, status_on_day

# What the page does not show is not read; sealed columns cost a decryption each.
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")


@dataclass(frozen=True)
class CertificationRow:
    """A certification and its status on the day of the page."""

    certification: Certification
    status_on_day: StatusOnDay


def certification_rows(patient: Patient, *, today: date) -> list[CertificationRow]:
    """Return the patient's certifications, the latest first."""
    signed = Certification.objects.filter(patient=patient)
    certifications = signed.select_related("physician").defer(*UNREAD).order_by("-certified_at")
    return [CertificationRow(each, status_on_day(each, today=today)) for each in certifications]
