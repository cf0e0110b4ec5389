"""How a patient or caregiver is invited, joins and affirms."""

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.writes.accounts import make_invited_account
from audit.actions import audited, record
from certification import rules
from certification.models import Caregiver, CaregiverAssignment, Certification, Invitation, Patient
from certification.statements import STATEMENT_VERSION
from certification.writes.invitations import invited, send_invitation, valid_until
from certification.writes.locks import lock_person
from ui.text import readable_code

CODE_LENGTH = 10  # of 32 characters: 50 bits, with five tries an invitation and few a visitor
NO_ROW = 0  # no row has this key
LOOKS_AT_A_PERSON = 4  # queries with which `accept_invitation` finds, locks and compares the invited person


@audited("invitation.send", subject="person")
def invite(*, person: Patient | Caregiver, by: User | None) -> Invitation | None:
    """Mail a link with which the person joins, valid INVITATION_VALID_DAYS; return the invitation.

    An earlier invitation ends. One that was sent within the last minute stays instead, and nothing is sent. Returns
    None for a person who has no e-mail address, has joined, or has left the program.
    """
    return send_invitation(person, by=by)


@audited("invitation.print_code", subject="person")
def print_code(*, person: Patient | Caregiver, by: User | None) -> tuple[Invitation, str]:
    """Return an invitation and its code, to be handed over on paper; it is valid INVITATION_VALID_DAYS, like a link.

    An earlier code ends. The code belongs to an open invitation, whose link in the mail stays good, or else to a new
    one. Raises InvitationError for a person who has joined, or who has a guardian.
    """
    person = lock_person(person)
    rules.check_may_be_invited(person, today=timezone.localdate())
    now, code = timezone.now(), readable_code(CODE_LENGTH)
    still_open = {"used_at": None, "valid_until__gt": now, "failed_tries__lt": rules.MOST_INVITATION_TRIES}
    invitation = person.invitations.filter(**still_open).order_by("pk").last()
    invitation = invitation or Invitation(**invited(person), sent_at=now)
    invitation.code_digest = rules.code_digest(code)
    invitation.valid_until = valid_until(now)
    invitation.save()
    record(by=by, subject=invitation)
    return invitation, code


def accept_code(*, code: str, birth_date: date, by: User) -> Patient | Caregiver:
    """Join by a code of CODE_LENGTH characters, as by a link; return the person who joined.

    Raises CodeError where no invitation has this code. Of the two steps only the one that refuses writes an event.
    """
    return accept_invitation(invitation=_invitation_of(code=code, by=by), birth_date=birth_date, by=by)


@audited("invitation.accept_code", atomic=False)
def _invitation_of(*, code: str, by: User) -> Invitation:
    """Return the invitation with this code; raises CodeError, as late as a wrong birth date is refused."""
    invitation = Invitation.objects.filter(code_digest=rules.code_digest(code)).first()
    if invitation is None:
        _take_as_long_as_a_wrong_birth_date(by)
        raise rules.CodeError(
            _("No invitation has this code. Compare it with the paper, or ask the office to print a new one."),
            field="code",
        )
    return invitation


def _take_as_long_as_a_wrong_birth_date(by: User) -> None:
    """Lock and ask as often as `accept_invitation` does, but for rows that are not there."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        for _look in range(LOOKS_AT_A_PERSON):
            Patient.objects.select_for_update(no_key=True).filter(pk=NO_ROW).first()
        Invitation.objects.select_for_update(no_key=True).filter(pk=NO_ROW).first()
        Certification.objects.active().filter(patient=NO_ROW, physician__user=by).exists()
        Invitation.objects.filter(pk=NO_ROW).update(failed_tries=0)


@audited("invitation.accept", subject="invitation", atomic=False)
def accept_invitation(*, invitation: Invitation, birth_date: date, by: User) -> Patient | Caregiver:
    """Join the account and the invited person when the birth date matches; return the person.

    A wrong birth date is committed as a try before BirthDateError is raised; five tries end the invitation. An account
    that has joined by it already gets the same person again.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        person = lock_person(invitation.person)
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if invitation.used_at and person.user_id == by.pk:
            return person
        rules.check_invitation_is_open(invitation, now=timezone.now())
        rules.check_may_join(invitation, user=by)
        matched = _matches(invitation, person, birth_date)
        if matched:
            _join(invitation, person, by)
    if not matched:
        raise rules.BirthDateError(invitation)
    return person


@audited("invitation.accept", subject="invitation", atomic=False)
def accept_with_new_account(*, invitation: Invitation, birth_date: date, password: str, by: None) -> User:
    """Make an account with the address to which the invitation was mailed, join it to the person, and return it.

    For a visitor who has opened the link in that mail: this confirms the address. A wrong birth date is committed as
    a try, as by `accept_invitation`, and makes no account. Raises HasAccountError where the address has one already.
    """
    with transaction.atomic():
        person = lock_person(invitation.person)
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        rules.check_invitation_is_open(invitation, now=timezone.now())
        rules.check_can_make_account(invitation)
        matched = _matches(invitation, person, birth_date)
        if matched:
            user = _account_of(invitation, password)
            rules.check_may_join(invitation, user=user)
            _join(invitation, person, user)
    if not matched:
        raise rules.BirthDateError(invitation)
    return user


def _matches(invitation: Invitation, person: Patient | Caregiver, birth_date: date) -> bool:
    """Return whether this is the birth date of the invited person; one that is not counts as a try."""
    if person.birth_date == birth_date:
        return True
    invitation.failed_tries += 1
    invitation.save(update_fields=["failed_tries"])
    return False


def _account_of(invitation: Invitation, password: str) -> User:
    """Make the account, unless somebody makes one with the same address at this moment."""
    try:
        with transaction.atomic():
            return make_invited_account(email=invitation.mailed_to, password=password)
    except IntegrityError:
        rules.check_can_make_account(invitation)
        raise


def _join(invitation: Invitation, person: Patient | Caregiver, user: User) -> None:
    invitation.used_at = timezone.now()
    invitation.save(update_fields=["used_at"])
    person.user = user
    person.save(update_fields=["user"])
    record(by=user, subject=invitation)


@audited("person.affirm", subject="role")
def affirm(*, role: Patient | CaregiverAssignment, affirmed: Iterable[str], by: User) -> None:
    """Write that a patient, or a caregiver for one patient, affirmed every sentence (names from `statements`)."""
    rules.check_affirmations(role, list(affirmed))
    role.affirmed_at = timezone.now()
    role.save(update_fields=["affirmed_at"])
    record(by=by, subject=role, reason=STATEMENT_VERSION)
