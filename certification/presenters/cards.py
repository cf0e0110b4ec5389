"""What a card shows, and what its code answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from certification import qr
from certification.models import Card, Caregiver, CaregiverAssignment, Certification, Patient
from certification.models.people import PatientQuerySet
from certification.presenters.status_on_day import StatusOnDay
from ui.prepared import Prepared, attach
from ui.text import token_digest


@dataclass(frozen=True)
class Face:
    """A card: the patient's own, or the caregiver's for this patient, then with the `assignment`."""

    card: Card
    certification: Certification
    assignment: CaregiverAssignment | None

    @property
    def patient(self) -> Patient:
        return self.certification.patient

    @property
    def is_caregivers(self) -> bool:
        return self.card.caregiver_id is not None

    @property
    def holder(self) -> Patient | Caregiver:
        return self.assignment.caregiver if self.assignment else self.patient

    @property
    def check_url(self) -> str:
        return qr.check_url(self.card.token)

    @property
    def svg(self) -> str:
        return qr.svg(self.check_url)


@dataclass(frozen=True)
class CardRow:
    """A card on the page of its holder, and whether the holder can open the certificate."""

    face: Face
    status: StatusOnDay
    opens_certificate: bool


@dataclass(frozen=True)
class Answer:
    """The answer to a scanned code of a card or certificate on a day.

    `certifications` are those that count: the latest of the patient, or of each of the caregiver's patients.
    """

    card: Card | None
    certifications: list[Certification]
    today: date

    @property
    def is_valid(self) -> bool:
        is_revoked = self.card is not None and self.card.revoked_at is not None
        return not is_revoked and any(each.is_valid_on(self.today) for each in self.certifications)

    @property
    def holder(self) -> Patient | Caregiver:
        return self.card.person if self.card else self.certifications[0].patient

    @property
    def initials(self) -> str:
        return f"{self.holder.first_name[0]}. {self.holder.last_name[0]}."

    @property
    def last_valid_day(self) -> date | None:
        """Return the latest last valid day, or None if the certifications ended before theirs."""
        counting = (Certification.Status.ACTIVE, Certification.Status.WITHDRAWN)
        shown = [each for each in self.certifications if each.status in counting]
        days = [each.valid_through for each in shown if each.is_valid_on(self.today) or each.valid_through < self.today]
        return max(days, default=None)


def answer_to(token: str, *, today: date) -> Answer | None:
    """Return the answer to a card's token or to the certification's uuid on a certificate; None for anything else."""
    card = Card.objects.select_related("patient", "caregiver").filter(token_digest=token_digest(token)).first()
    if card is None:
        return _answer_of_certificate(token, today)
    return Answer(card, counting(_patients_of(card.person)), today)


def _answer_of_certificate(token: str, today: date) -> Answer | None:
    try:
        uuid = UUID(token)
    except ValueError:
        return None
    signed = Certification.objects.select_related("patient", "physician")
    certification = signed.defer("condition_codes", "directions", "ended_reason").filter(uuid=uuid).first()
    return Answer(None, [certification], today) if certification else None


def _patients_of(person: Patient | Caregiver) -> list[Patient]:
    if isinstance(person, Patient):
        return [person]
    current = person.assignments.filter(ended_date__isnull=True, affirmed_at__isnull=False)
    return [assignment.patient for assignment in current.select_related("patient")]


def counting(patients: Iterable[Patient]) -> list[Certification]:
    """Return each patient's certification that counts: the running one, or the last that ran."""
    keys = [patient.pk for patient in patients]
    certifications = _signed.rows(patients=keys) if keys else []
    found = list({certification.patient_id: certification for certification in certifications}.values())
    attach([each.patient for each in found], "assignments", _assignments.rows(patients=keys), by="patient_id")
    return found


def _signed_for(*, patients: list[int]) -> QuerySet[Certification]:
    signed = Certification.objects.filter(patient__in=patients).exclude(status=Certification.Status.SUPERSEDED)
    joined = signed.select_related("patient", "physician").order_by("certified_at")
    return joined.defer(*PatientQuerySet.SEALED, "allotment_reason")


_signed = Prepared(_signed_for)
_assignments = Prepared(
    lambda *, patients: CaregiverAssignment.objects.filter(patient__in=patients).select_related("caregiver")
)
