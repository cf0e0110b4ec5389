"""How an invited person joins and affirms."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.models import Caregiver, CaregiverAssignment, Invitation, Patient
from certification.statements import STATEMENT_VERSION
from notifications.actions import queue_many
from ui.text import readable_code, token_digest

CODE_LENGTH = 10  # of 32 characters: 50 bits, with five tries an invitation and few a visitor
RESEND_AFTER = timedelta(minutes=1)


@audited("invitation.send", subject="person")
def invite(*, person: Patient | Caregiver, by: User | None) -> Invitation | None:
    """Mail a link with which the person joins, valid INVITATION_VALID_DAYS; an earlier one ends.

    Asked again within RESEND_AFTER, the one that was just sent stands. None for who has no e-mail, has joined, or
    has left the program.
    """
    person = type(person).objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.email or person.user_id or (isinstance(person, Patient) and person.closed_at):
        return None
    now = timezone.now()
    if just_sent := person.invitations.filter(
        used_at=None, token_digest__isnull=False, valid_until__gt=now, sent_at__gt=now - RESEND_AFTER
    ).first():
        return just_sent
    end_invitations(person, now=now)
    invitation, message = write_invitation(person, now=now, by=by)
    queue_many(messages=[message], by=by)
    return invitation


def end_invitations(person: Patient | Caregiver, *, now: datetime) -> None:
    """No link and no code that is still open joins the person from now on."""
    person.invitations.filter(used_at__isnull=True, valid_until__gt=now, sent_at__lt=now).update(valid_until=now)


def write_invitation(person: Patient | Caregiver, *, now: datetime, by: User | None) -> tuple[Invitation, dict]:
    """An invitation by mail, and the message that carries its link; for a new person, none has to end before."""
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        **_for(person), token_digest=token_digest(token), sent_at=now, valid_until=_valid_until(now)
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


def _for(person: Patient | Caregiver) -> dict[str, Patient | Caregiver]:
    return {"patient" if isinstance(person, Patient) else "caregiver": person}


def _valid_until(now: datetime) -> datetime:
    return now + timedelta(days=settings.INVITATION_VALID_DAYS)


@audited("invitation.print_code", subject="person")
def print_code(*, person: Patient | Caregiver, by: User | None) -> tuple[Invitation, str]:
    """A code to be handed over on paper, valid INVITATION_VALID_DAYS like a link; the code before it ends.

    It joins an invitation that is still open, whose link in the mail stays good; else it is an invitation of its own.
    Raises InvitationError for who has joined.
    """
    person = type(person).objects.select_for_update(no_key=True).get(pk=person.pk)
    rules.check_may_be_invited(person)
    now, code = timezone.now(), readable_code(CODE_LENGTH)
    still_open = {"used_at": None, "valid_until__gt": now, "failed_tries__lt": rules.MOST_INVITATION_TRIES}
    invitation = person.invitations.filter(**still_open).order_by("pk").last()
    invitation = invitation or Invitation(**_for(person), sent_at=now)
    invitation.code_digest = rules.code_digest(code)
    invitation.valid_until = _valid_until(now)
    invitation.save()
    record(by=by, subject=invitation)
    return invitation, code


@audited("invitation.accept_code", atomic=False)
def accept_code(*, code: str, birth_date: date, by: User) -> Patient | Caregiver:
    """Join by a code of CODE_LENGTH characters, as by a link. Raises CodeError where no invitation has it."""
    invitation = Invitation.objects.filter(code_digest=rules.code_digest(code)).first()
    if invitation is None:
        raise rules.CodeError(
            _("No invitation has this code. Compare it with the paper, or ask the office to print a new one."),
            field="code",
        )
    return accept_invitation(invitation=invitation, birth_date=birth_date, by=by)


@audited("invitation.accept", subject="invitation", atomic=False)
def accept_invitation(*, invitation: Invitation, birth_date: date, by: User) -> Patient | Caregiver:
    """Join the account and the invited person when the birth date matches.

    A wrong birth date is committed as a try before BirthDateError is raised; five end the invitation. Who has joined
    by it already gets the same person again.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        person = type(invitation.person).objects.select_for_update(no_key=True).get(pk=invitation.person.pk)
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if invitation.used_at and person.user_id == by.pk:
            return person
        rules.check_invitation_is_open(invitation, now=timezone.now())
        rules.check_may_join(invitation, user=by)
        matched = person.birth_date == birth_date
        if matched:
            invitation.used_at = timezone.now()
            person.user = by
            person.save(update_fields=["user"])
            record(by=by, subject=invitation)
        else:
            invitation.failed_tries += 1
        invitation.save(update_fields=["used_at", "failed_tries"])
    if not matched:
        raise rules.BirthDateError(invitation)
    return person


@audited("person.affirm", subject="role")
def affirm(*, role: Patient | CaregiverAssignment, affirmed: Iterable[str], by: User) -> None:
    """Keep that a patient, or a caregiver for one patient, affirmed every sentence (names from `statements`)."""
    rules.check_affirmations(role, list(affirmed))
    role.affirmed_at = timezone.now()
    role.save(update_fields=["affirmed_at"])
    record(by=by, subject=role, reason=STATEMENT_VERSION)
