"""Which address can be the main one of an account, and what the link says that confirms it."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.core import signing
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.rules.errors import AccountsError

SALT = "main address"
LINK_VALID = timedelta(days=3)


class AddressError(AccountsError):
    """The address cannot be the main one yet."""


def check_may_be_main(address: EmailAddress) -> None:
    """Confirmed by the link in its message; raises AddressError."""
    if not address.verified:
        raise AddressError(_("Confirm this address first: open the link in our mail."))


def confirmed_account_of(email: str) -> User | None:
    """Return the account that has confirmed this address."""
    email = User.objects.normalize_email(email)
    confirmed = EmailAddress.objects.filter(email=email, verified=True).select_related("user").first()
    return confirmed.user if confirmed else None


def account_of(email: str) -> User | None:
    """Return the account that has confirmed this address, or else whose main one it is.

    An account can add any address: until it is confirmed there, it may be that of somebody who knows nothing of it.
    """
    return confirmed_account_of(email) or User.objects.filter(email=User.objects.normalize_email(email)).first()


def has_account(email: str) -> bool:
    """Return whether an account has this address as its main one, or has confirmed it."""
    return account_of(email) is not None


def main_address_token(*, present: EmailAddress, wanted: EmailAddress) -> str:
    """Return the signed token of a link that makes `wanted` the main address in the place of `present`."""
    return signing.dumps([present.pk, wanted.pk], salt=SALT)


def addresses_in(token: str) -> list[int] | None:
    """Return the keys of the present main address and of the wanted one.

    None for a text that we did not sign, or that is older than LINK_VALID.
    """
    try:
        return signing.loads(token, salt=SALT, max_age=LINK_VALID)
    except signing.BadSignature:
        return None


def wanted_address(token: str, *, by: User) -> EmailAddress | None:
    """Return the address that a link of `by` makes the main one.

    None for a link that is too old, was used, or belongs to another account.
    """
    present, wanted = addresses_in(token) or (None, None)
    if not EmailAddress.objects.filter(user=by, pk=present, primary=True).exists():
        return None
    return EmailAddress.objects.filter(user=by, pk=wanted, verified=True).first()
