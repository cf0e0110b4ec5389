"""A physician's office: who can be named as a delegate, and on which day a physician can leave practice."""

from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from accounts.models import Physician
from accounts.rules.errors import AccountsError

LEAVE_ANNOUNCED_AHEAD = timedelta(days=365)  # a certification that is signed today has ended by then


class DelegateError(AccountsError):
    """This person cannot be named as a delegate."""


class LeaveError(AccountsError):
    """The day does not fit, or the physician has left already."""


def check_may_name_delegates(physician: Physician, *, today: date) -> None:
    """The physician is verified and has not left; raises DelegateError."""
    if physician.status != Physician.Status.VERIFIED or physician.has_left_on(today):
        raise DelegateError(_("Your account is not open for naming delegates at the moment. Please call the program."))


def check_delegate_is_somebody_else(physician: Physician, email: str) -> None:
    """The address is not the physician's own, on the roster or of the account; raises DelegateError.

    Another physician's account may be a delegate, because colleagues of one practice cover for each other. It
    identifies as itself, prepares, and signs nothing but its own drafts.
    """
    own = {physician.email, *EmailAddress.objects.filter(user=physician.user_id).values_list("email", flat=True)}
    if physician.user:
        own.add(physician.user.email)
    if email in {address.lower() for address in own}:
        raise DelegateError(
            _("This is your own address. Enter the address of the person who prepares for you."), field="email"
        )


def check_leave_date(physician: Physician, *, day: date, today: date) -> None:
    """The physician has not left, and the day is at most LEAVE_ANNOUNCED_AHEAD from today; raises LeaveError."""
    if physician.status == Physician.Status.LEFT or physician.has_left_on(today):
        raise LeaveError(_("This physician has left practice already."))
    if day < today:
        raise LeaveError(_("Choose today or a later day: what was signed until now stays as it is."), field="date")
    if day > today + LEAVE_ANNOUNCED_AHEAD:
        raise LeaveError(_("Choose a day within the next 365 days: patients are notified at once."), field="date")
