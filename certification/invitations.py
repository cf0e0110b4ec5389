"""How far patients and caregivers are with joining, as the office sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from certification.models import Caregiver, Invitation, Patient
from certification.rules import MOST_INVITATION_TRIES
from notifications.models import Notification
from ui.prepared import Prepared


@dataclass(frozen=True)
class State:
    """`kind` is joined, bounced, sent, printed (a code alone), ended (too late, or tried too often) or none."""

    kind: str
    at: datetime | None = None


def states_of(people: Iterable[Patient | Caregiver]) -> list[State]:
    """Return the state of each person, in the order of `people`, with one query at most."""
    people = list(people)
    latest = _latest([person for person in people if not person.user_id])
    return [_state(person, latest.get((type(person), person.pk))) for person in people]


def _latest(people: list[Patient | Caregiver]) -> dict[tuple[type, int], tuple[Invitation, bool]]:
    """Return the latest invitation of each person, and whether it bounced, by the class and key of the person."""
    if not people:
        return {}
    patients = [person.pk for person in people if isinstance(person, Patient)]
    caregivers = [person.pk for person in people if isinstance(person, Caregiver)]
    invitations = _invitations.rows(patients=patients, caregivers=caregivers)
    return {_key_of_person(invitation): (invitation, invitation.has_bounced) for invitation in invitations}


def _invitations_of(*, patients: list[int], caregivers: list[int]) -> QuerySet[Invitation]:
    failed = Notification.objects.filter(
        dedupe_key=Concat(Value("invitation:"), Cast(OuterRef("pk"), CharField())), status=Notification.Status.FAILED
    )
    found = Invitation.objects.filter(Q(patient__in=patients) | Q(caregiver__in=caregivers))
    return found.annotate(has_bounced=Exists(failed)).order_by("pk")


_invitations = Prepared(_invitations_of)


def _key_of_person(invitation: Invitation) -> tuple[type, int]:
    if invitation.patient_id is not None:
        return Patient, invitation.patient_id
    assert invitation.caregiver_id is not None  # a constraint: an invitation is for one of the two
    return Caregiver, invitation.caregiver_id


def _state(person: Patient | Caregiver, latest: tuple[Invitation, bool] | None) -> State:
    if person.user_id:
        return State("joined")
    if latest is None:
        return State("none")
    invitation, has_bounced = latest
    if has_bounced:
        return State("bounced", invitation.sent_at)
    if invitation.valid_until <= timezone.now() or invitation.failed_tries >= MOST_INVITATION_TRIES:
        return State("ended", invitation.valid_until)
    return State("sent" if invitation.token_digest else "printed", invitation.sent_at)
