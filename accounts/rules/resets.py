"""Lost second factors, and when staff may reset them."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber, to_python  # type: ignore[import-untyped] # has no types

from accounts.models import MFAReset, User
from accounts.rules.moves import ResetError

RESET_WAITS = timedelta(hours=24)  # without a second person


def numbers_on_file(user: User) -> set[str]:
    """The phone numbers (E.164) at which the owner is called back: her own, or those of the office she works for."""
    people = [getattr(user, name, None) for name in ("physician", "patient", "caregiver")]
    people += [delegation.physician for delegation in user.delegations.select_related("physician")]
    return {person.phone.as_e164 for person in people if person and person.phone}


def addresses_of(user: User) -> list[str]:
    """Where the owner is told: each confirmed address of the account, and the one on the roster."""
    addresses = {user.email, *EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)}
    physician = getattr(user, "physician", None)
    return sorted(address.lower() for address in addresses | ({physician.email} if physician else set()))


def check_called_on_file(number: PhoneNumber | str, *, on_file: set[str]) -> None:
    """Who calls us is called back at a number on file, never at one she names; raises ResetError.

    Of staff no number is on file here: there, it is one of the staff list.
    """
    if on_file and to_python(number).as_e164 not in on_file:
        raise ResetError(
            _("This number is not on file for this account. Call one that is, and enter that one."),
            field="called_number",
        )


def check_is_somebody_else(by: User, *others: User | int) -> None:
    """Nobody resets her own, and who asked does not confirm; raises ResetError."""
    if by.pk in others:
        raise ResetError(_("You cannot do this for yourself, nor confirm what you asked for. Ask another Registrar."))


def check_has_factors(user: User) -> None:
    """There is something to reset; raises ResetError."""
    if not Authenticator.objects.filter(user=user).exists():
        raise ResetError(_("This account has no second factor. Its owner is asked to set one up after signing in."))


def check_no_reset_waits(user: User) -> None:
    """One at a time; raises ResetError."""
    if user.mfa_resets.filter(status=MFAReset.Status.WAITING).exists():
        raise ResetError(_("A reset of this account waits already. Confirm it, or cancel it."))
