"""How far somebody is with joining, as the office sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from certification.models import Caregiver, Invitation, Patient
from certification.rules import MOST_INVITATION_TRIES
from notifications.models import Notification


@dataclass(frozen=True)
class State:
    """`kind` is joined, bounced, sent, printed (a code alone), ended (too late, or tried too often) or none."""

    kind: str
    at: datetime | None = None


def states_of(people: Iterable[Patient | Caregiver]) -> list[State]:
    """In the order of `people`, in one query at most however many they are."""
    people = list(people)
    latest = _latest([person for person in people if not person.user_id])
    return [_state(person, latest.get((type(person), person.pk))) for person in people]


def _latest(people):
    if not people:
        return {}
    patients = [person.pk for person in people if isinstance(person, Patient)]
    caregivers = [person.pk for person in people if isinstance(person, Caregiver)]
    failed = Notification.objects.filter(
        dedupe_key=Concat(Value("invitation:"), Cast(OuterRef("pk"), CharField())), status=Notification.Status.FAILED
    )
    found = Invitation.objects.filter(Q(patient__in=patients) | Q(caregiver__in=caregivers))
    invitations = found.annotate(has_bounced=Exists(failed)).order_by("pk")
    return {(Patient, one.patient_id) if one.patient_id else (Caregiver, one.caregiver_id): one for one in invitations}


def _state(person, invitation):
    if person.user_id:
        return State("joined")
    if invitation is None:
        return State("none")
    if invitation.has_bounced:
        return State("bounced", invitation.sent_at)
    if invitation.valid_until <= timezone.now() or invitation.failed_tries >= MOST_INVITATION_TRIES:
        return State("ended", invitation.valid_until)
    return State("sent" if invitation.token_digest else "printed", invitation.sent_at)
