"""What a card shows, and what its code answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from certification import qr
from certification.models import Card, Caregiver, CaregiverAssignment, Certification, Patient
from certification.presenters.status_on_day import StatusOnDay
from ui.text import token_digest


@dataclass(frozen=True)
class Face:
    """One card: the patient's own, or her caregiver's for her (then `assignment` says who acts)."""

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
    """What a code says on a day. `certifications` that count: the patient's last, or one for each person cared for."""

    card: Card | None
    certifications: list[Certification]
    today: date

    @property
    def is_valid(self) -> bool:
        is_revoked = self.card is not None and self.card.revoked_at is not None
        return not is_revoked and any(one.is_valid_on(self.today) for one in self.certifications)

    @property
    def holder(self) -> Patient | Caregiver:
        return self.card.person if self.card else self.certifications[0].patient

    @property
    def initials(self) -> str:
        return f"{self.holder.first_name[0]}. {self.holder.last_name[0]}."

    @property
    def last_valid_day(self) -> date | None:
        """The latest of those that count, or that have reached their day; None where the end came before it."""
        counting = (Certification.Status.ACTIVE, Certification.Status.WITHDRAWN)
        kept = [one for one in self.certifications if one.status in counting]
        days = [one.valid_through for one in kept if one.is_valid_on(self.today) or one.valid_through < self.today]
        return max(days, default=None)


def answer_to(token: str, *, today: date) -> Answer | None:
    """To the token of a card, or the uuid of a signed certification (on its certificate); None for anything else."""
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
    return [one.patient for one in current.select_related("patient")]


def counting(patients: Iterable[Patient]) -> list[Certification]:
    """Of each patient the certification that counts: the one that runs, or the last that did."""
    certifications = (
        Certification.objects.filter(patient__in=patients)
        .exclude(status=Certification.Status.SUPERSEDED)
        .select_related("patient", "physician")
        .prefetch_related("patient__assignments__caregiver")
        .defer("condition_codes", "directions", "ended_reason")
        .order_by("certified_at")
    )
    return list({certification.patient_id: certification for certification in certifications}.values())
