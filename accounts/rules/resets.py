"""Lost second factors, and when staff may reset them."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python  # has no types

from accounts.models import MFAReset, User
from accounts.rules.moves import ResetError

RESET_WAITS = timedelta(hours=24)  # without a second person


def numbers_on_file(user: User) -> set[str]:
    """Return the phone numbers (E.164) at which staff call the owner back: their own, or their offices'."""
    people = [getattr(user, name, None) for name in ("physician", "patient", "caregiver")]
    people += [delegation.physician for delegation in user.delegations.select_related("physician")]
    return {person.phone.as_e164 for person in people if person and person.phone}


def addresses_of(user: User) -> list[str]:
    """Return the owner's addresses for messages: each confirmed one of the account, and the one on the roster."""
    addresses = {user.email, *EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)}
    physician = getattr(user, "physician", None)
    return sorted(address.lower() for address in addresses | ({physician.email} if physician else set()))


def check_called_on_file(number: PhoneNumber | str, *, on_file: set[str]) -> None:
    """The number called back is on file for the account, not one that the caller named; raises ResetError.

    For staff no number is on file here; theirs are in the staff list.
    """
    if on_file and to_python(number).as_e164 not in on_file:
        raise ResetError(
            _("This number is not on file for this account. Call one that is, and enter that one."),
            field="called_number",
        )


def check_is_somebody_else(by: User, *others: User | int) -> None:
    """`by` is neither the owner nor the person who asked; raises ResetError."""
    if by.pk in others:
        raise ResetError(_("You cannot do this for yourself, nor confirm what you asked for. Ask another Registrar."))


def check_has_factors(user: User) -> None:
    """The account has second factors to reset; raises ResetError."""
    if not Authenticator.objects.filter(user=user).exists():
        raise ResetError(_("This account has no second factor. Its owner is asked to set one up after signing in."))


def check_no_reset_waits(user: User) -> None:
    """No reset of the account waits; raises ResetError."""
    if user.mfa_resets.filter(status=MFAReset.Status.WAITING).exists():
        raise ResetError(_("A reset of this account waits already. Confirm it, or cancel it."))
