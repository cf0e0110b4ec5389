"""The expected refusals of this app."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.models import Invitation
from ui.errors import PortalError

MOST_INVITATION_TRIES = 5


class CertificationError(PortalError):
    """An expected refusal of this app."""


class TransitionError(CertificationError):
    """The certification is not in a state that allows this."""


class IncompleteError(CertificationError):
    """A step or an attestation is missing."""


class AddressError(CertificationError):
    """The home is not in Connecticut, or no home."""


class ConditionError(CertificationError):
    """A condition does not fit the patient's age or the day."""


class ExamDateError(CertificationError):
    """The exam or the review of the monitoring program is not recent."""


class AllotmentError(CertificationError):
    """The monthly allotment is not within the limit."""


class CaregiverError(CertificationError):
    """The caregiver cannot act for this patient."""


class OwnPatientError(CertificationError):
    """A physician cannot certify herself."""


class SignatureError(CertificationError):
    """The typed name is not the physician's."""


class ChangedError(CertificationError):
    """The draft is not what the physician looked at."""


class DuplicateError(IncompleteError):
    """The patient may be one of the physician's own."""


class ElsewhereError(CertificationError):
    """The patient may be certified by another physician."""


class TakeOverError(CertificationError):
    """The patient cannot be taken over like this."""


class EndingError(CertificationError):
    """It cannot end like this."""


class AmendmentError(CertificationError):
    """It cannot be amended like this."""


class RequestError(CertificationError):
    """It cannot be asked, reported or answered like this."""


class ClosedError(CertificationError):
    """The patient has left the program."""


class ReinstatementError(CertificationError):
    """What ended cannot come back."""


class LetterError(CertificationError):
    """The letter, or its file, cannot be taken."""


class RenewalNotOpen(CertificationError):
    """It is too early, or too late, to renew."""


class InvitationError(CertificationError):
    """The invitation cannot be used."""


class CodeError(InvitationError):
    """No invitation has this code."""


class CardError(CertificationError):
    """There is no card to show."""


class BirthDateError(InvitationError):
    """The typed date is not that of the person invited; says how many tries are left."""

    def __init__(self, invitation: Invitation):
        left = MOST_INVITATION_TRIES - invitation.failed_tries
        words = ngettext(
            "The birth date does not match our records. Compare it with the photo ID; %(left)d try is left.",
            "The birth date does not match our records. Compare it with the photo ID; %(left)d tries are left.",
            left,
        )
        ended = _("The birth date did not match five times. Ask your physician’s office to send a new invitation.")
        super().__init__(words % {"left": left} if left > 0 else ended, field="birth_date")
