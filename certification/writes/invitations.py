"""Invitations by mail. Each write runs inside the caller's transaction."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from certification import rules
from certification.models import Caregiver, Invitation, Patient
from certification.writes.locks import lock_person
from certification.writes.messages import Message
from notifications.actions import queue_many
from ui.text import token_digest

RESEND_AFTER = timedelta(minutes=1)


def send_invitation(person: Patient | Caregiver, *, by: User | None) -> Invitation | None:
    """Mail a link with which the person joins, valid INVITATION_VALID_DAYS; return the invitation.

    An earlier invitation ends. One that was sent within RESEND_AFTER stays instead, and nothing is sent. Returns None
    for a person who has no e-mail address, has joined, has a guardian, or has left the program.
    """
    person = lock_person(person)
    now = timezone.now()
    if not person.email or not rules.may_be_invited(person, today=timezone.localdate(now)):
        return None
    if just_sent := person.invitations.filter(
        used_at=None, token_digest__isnull=False, valid_until__gt=now, sent_at__gt=now - RESEND_AFTER
    ).first():
        return just_sent
    end_invitations(person, now=now)
    invitation, message = write_invitation(person, now=now, by=by)
    queue_many(messages=[message], by=by)
    return invitation


def send_invitation_anew(patient: Patient, *, by: User) -> None:
    """End the patient's open invitations and send another, unless the patient has joined.

    The earlier ones went to a wrong address, or ask for a wrong birth date.
    """
    if patient.user_id is None:
        end_invitations(patient, now=timezone.now())
        send_invitation(patient, by=by)


def end_invitations(person: Patient | Caregiver, *, now: datetime) -> None:
    """End the person's open invitations: neither the link nor the code joins anybody from now on."""
    person.invitations.filter(used_at__isnull=True, valid_until__gt=now, sent_at__lt=now).update(valid_until=now)


def write_invitation(person: Patient | Caregiver, *, now: datetime, by: User | None) -> tuple[Invitation, Message]:
    """Write an invitation by mail; return it and the message that carries its link. A new person has none to end."""
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        **invited(person),
        token_digest=token_digest(token),
        mailed_to=person.email.lower(),
        sent_at=now,
        valid_until=valid_until(now),
    )
    record(action="invitation.send", by=by, subject=invitation)
    message = {
        "kind": "invitation",
        "recipient": person.email,
        "context": {"invitation": invitation.pk},
        "secret": f"{settings.SITE_URL}/invitation/{token}/",
        "dedupe_key": f"invitation:{invitation.pk}",
        "language": person.language,
        "priority": 1,
    }
    return invitation, message


def invited(person: Patient | Caregiver) -> dict[str, Patient | Caregiver]:
    """Return the column of Invitation that names the person, with the person."""
    return {"patient" if isinstance(person, Patient) else "caregiver": person}


def valid_until(now: datetime) -> datetime:
    """Return the moment until which an invitation that is sent now can be used."""
    return now + timedelta(days=settings.INVITATION_VALID_DAYS)
