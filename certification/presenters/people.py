"""The people of a certification: whom the office can invite, and who may be the same patient as that of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Physician, User
from certification import rules
from certification.invitations import State, states_of
from certification.models import Caregiver, Certification, Invitation, Patient
from certification.presenters.status_on_day import StatusOnDay, status_on_day
from notifications.ways import stopped_since
from ui.prepared import Prepared


@dataclass(frozen=True)
class InvitedPerson:
    """The patient or the caregiver of a certification. `who` is what the buttons of the person post.

    `may_be_invited` is False for who has joined, has a guardian, or has left the program: no link and no code then.
    `mail_stopped_at` is since when mail to the person's address comes back, or None.
    """

    who: str
    person: Patient | Caregiver
    state: State
    may_be_invited: bool
    mail_stopped_at: datetime | None


@dataclass(frozen=True)
class PrintedCode:
    """The invitation whose code was printed last, and the code as it stands on the paper."""

    invitation: Invitation
    person: Patient | Caregiver
    code: str


@dataclass(frozen=True)
class DuplicateRow:
    """A patient who may be the one of a draft, with the latest certification by the draft's physician."""

    patient: Patient
    latest: Certification
    status: StatusOnDay
    runs: bool


def invited_people(people: Mapping[str, Patient | Caregiver], *, today: date) -> list[InvitedPerson]:
    """Return how far each of these people is with joining and whether mail reaches them, in two queries."""
    states = states_of(people.values())
    stopped = stopped_since(person.email for person in people.values())
    return [
        InvitedPerson(who, person, state, rules.may_be_invited(person, today=today), stopped.get(person.email))
        for (who, person), state in zip(people.items(), states, strict=True)
    ]


def duplicate_row(patient: Patient, physician: Physician | None, *, today: date) -> DuplicateRow:
    """Return the row of a patient whom this physician has certified."""
    latest = patient.certifications.filter(physician=physician).order_by("-certified_at").first()
    assert latest is not None  # possible duplicates are patients of the physician
    runs = patient.certifications.active().exists()
    return DuplicateRow(patient=patient, latest=latest, status=status_on_day(latest, today=today), runs=runs)


def people_of(user: User) -> list[Patient | Caregiver]:
    """Return the patient and the caregiver that this account has joined."""
    return [*_patients.rows(user=user.pk), *_caregivers.rows(user=user.pk)]


_patients = Prepared(lambda *, user: Patient.objects.filter(user=user))
_caregivers = Prepared(lambda *, user: Caregiver.objects.filter(user=user))


def address_that_bounces(person: Patient | Caregiver, *, account_email: str) -> str:
    """Return the address of the person, or of their account, from which mail comes back; empty when mail arrives."""
    return next(iter(stopped_since([account_email, person.email])), "")
