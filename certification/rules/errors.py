"""The expected refusals of this app."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.models import Invitation
from ui.errors import PortalError

MOST_INVITATION_TRIES = 5


class CertificationError(PortalError):
    """An expected refusal of this app."""


class TransitionError(CertificationError):
    """The status of the certification does not allow this."""


class IncompleteError(CertificationError):
    """A step or an attestation is missing."""


class AddressError(CertificationError):
    """The address is not in Connecticut, or is not a home."""


class ConditionError(CertificationError):
    """A condition does not fit the patient's age or the day."""


class ExamDateError(CertificationError):
    """The exam or the review of the monitoring program is not recent."""


class AllotmentError(CertificationError):
    """The monthly allotment is not within the limit."""


class CaregiverError(CertificationError):
    """The caregiver cannot act for this patient."""


class OwnPatientError(CertificationError):
    """A physician cannot certify themselves."""


class SignatureError(CertificationError):
    """The typed name is not the physician's."""


class ChangedError(CertificationError):
    """The draft is not what the physician looked at."""


class DuplicateError(IncompleteError):
    """The patient may be one of the physician's own."""


class ElsewhereError(CertificationError):
    """The patient may be certified by another physician."""


class TakeOverError(CertificationError):
    """The patient cannot be taken over in this way."""


class EndingError(CertificationError):
    """The certification cannot end in this way, or on this day."""


class AmendmentError(CertificationError):
    """The certification cannot be amended in this way."""


class RequestError(CertificationError):
    """The request cannot be made, confirmed or refused in this way."""


class ClosedError(CertificationError):
    """The patient has left the program."""


class ReinstatementError(CertificationError):
    """The ended certification cannot run again."""


class LetterError(CertificationError):
    """The letter or its file is refused."""


class SlowLetterError(LetterError):
    """The file of the letter takes too long to read, which keeps others waiting."""


class RenewalNotOpen(CertificationError):
    """It is too early, or too late, to renew."""


class InvitationError(CertificationError):
    """The invitation cannot be used."""


class HasAccountError(InvitationError):
    """The address to which the invitation was mailed has an account already, whose owner signs in with it."""


class CodeError(InvitationError):
    """No invitation has this code."""


class CardError(CertificationError):
    """The person may have no card."""


class BirthDateError(InvitationError):
    """The typed date is not the birth date of the invited person; the error says how many tries are left."""

    def __init__(self, invitation: Invitation):
        left = MOST_INVITATION_TRIES - invitation.failed_tries
        words = ngettext(
            "The birth date does not match our records. Compare it with the photo ID; %(left)d try is left.",
            "The birth date does not match our records. Compare it with the photo ID; %(left)d tries are left.",
            left,
        )
        ended = _("The birth date did not match five times. Ask your physician’s office to send a new invitation.")
        super().__init__(words % {"left": left} if left > 0 else ended, field="birth_date")
