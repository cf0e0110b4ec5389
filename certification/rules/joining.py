"""Who may join by an invitation, and what is affirmed then. Each `check_` raises a CertificationError."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.rules import has_account
from certification.models import Caregiver, CaregiverAssignment, Certification, Invitation, Patient
from certification.rules.errors import (
    MOST_INVITATION_TRIES,
    CertificationError,
    HasAccountError,
    IncompleteError,
    InvitationError,
)
from certification.rules.people import check_is_not_closed, is_guarded
from certification.statements import CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS

if TYPE_CHECKING:
    from accounts.models import User


def still_to_affirm(person: Patient | Caregiver) -> list[Patient | CaregiverAssignment]:
    """Return what a person who joined has not affirmed yet: the patient, or each open assignment of the caregiver."""
    if isinstance(person, Patient):
        return [] if person.affirmed_at else [person]
    assignments = person.assignments.all()
    return [
        assignment for assignment in assignments if assignment.ended_date is None and assignment.affirmed_at is None
    ]


def code_digest(code: str) -> str:
    """Return the HMAC-SHA-256 of a code in hex, keyed by SECRET_KEY: a plain digest of so few characters is guessed."""
    return salted_hmac("certification.invitation", code, algorithm="sha256").hexdigest()


def check_may_be_invited(person: Patient | Caregiver, *, today: date) -> None:
    """The person is in the program, decides alone, and has no account yet; raises InvitationError, ClosedError.

    For a minor, and for a patient without legal capacity, the guardian orders and receives, so the guardian joins.
    """
    if isinstance(person, Patient):
        check_is_not_closed(person)
        if is_guarded(person, today=today):
            raise InvitationError(
                _("%(name)s has a guardian, who makes the account and orders.") % {"name": person.name}
            )
    if person.user_id is not None:
        raise InvitationError(_("%(name)s has joined already and needs no code.") % {"name": person.name})


def may_be_invited(person: Patient | Caregiver, *, today: date) -> bool:
    """Return whether the office is offered a link or a code for the person: `check_may_be_invited` passes."""
    try:
        check_may_be_invited(person, today=today)
    except CertificationError:
        return False
    return True


def is_open(invitation: Invitation, *, now: datetime) -> bool:
    """Return whether somebody can still join by the invitation."""
    try:
        check_invitation_is_open(invitation, now=now)
    except InvitationError:
        return False
    return True


def check_invitation_is_open(invitation: Invitation, *, now: datetime) -> None:
    """The invitation is not used, not past its last day, and not tried too often; raises InvitationError."""
    if invitation.used_at is not None:
        raise InvitationError(_("This invitation was used already. Sign in with the account you made."))
    if now >= invitation.valid_until:
        raise InvitationError(_("This invitation has ended. Ask your physician’s office to send a new one."))
    if invitation.failed_tries >= MOST_INVITATION_TRIES:
        raise InvitationError(
            _("The birth date did not match five times. Ask your physician’s office to send a new invitation.")
        )


def check_may_join(invitation: Invitation, *, user: "User") -> None:
    """The account is free, the person has no account yet, and is not the certifier; raises InvitationError."""
    person = invitation.person
    field = "patient" if invitation.patient_id else "caregiver"
    if person.user_id is not None or hasattr(user, field):
        raise InvitationError(_("This account, or this person, is joined already. Please call us, and we will help."))
    if isinstance(person, Patient):
        patients = [person]
    else:
        patients = [assignment.patient for assignment in person.assignments.all()]
    if Certification.objects.active().filter(patient__in=patients, physician__user=user).exists():
        raise InvitationError(_("The certifying physician cannot accept this invitation. Use another account."))


def check_can_make_account(invitation: Invitation) -> None:
    """The invitation was mailed to an address that has no account; raises InvitationError, HasAccountError."""
    if not invitation.mailed_to:
        raise InvitationError(_("Make an account first, and confirm its address. Then open the invitation again."))
    if has_account(invitation.mailed_to):
        raise HasAccountError(_("This address has an account already. Sign in with it."))


def check_affirmations(role: Patient | CaregiverAssignment, affirmed: Iterable[str]) -> None:
    """Each sentence of patient or caregiver was ticked; raises IncompleteError naming the first that was not."""
    sentences = PATIENT_AFFIRMATIONS if isinstance(role, Patient) else CAREGIVER_AFFIRMATIONS
    for name, sentence in sentences.items():
        if name not in affirmed:
            raise IncompleteError(_("Not affirmed: “%(point)s”") % {"point": sentence}, field=name)
