"""Which second factors protect an account. What counts as a second way is in accounts/models/factors.py."""

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from accounts.rules.errors import AccountsError


class FactorError(AccountsError):
    """A second factor that cannot be counted as it stands."""


def check_codes_were_seen(codes: Authenticator | None) -> None:
    """The recovery codes were shown, so they can have been kept; raises FactorError."""
    if codes is None or "viewed_at" not in codes.data:
        raise FactorError(_("Open your recovery codes first, and print them or write them down."))
