"""Which second factors protect an account, and when the loss of one device does not lock its owner out."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.rules.errors import AccountsError

KEPT_AT = "kept_at"  # in the codes' row, so that new codes have to be kept again
ALL_CODES_USED = 2**10 - 1  # allauth marks each of the ten as a bit
_mine = Authenticator.objects.filter(user=OuterRef("pk"))
_apps = _mine.filter(type=Authenticator.Type.TOTP)
_passkeys = _mine.filter(type=Authenticator.Type.WEBAUTHN)
_codes_kept = _mine.filter(
    type=Authenticator.Type.RECOVERY_CODES, data__has_key=KEPT_AT, data__used_mask__lt=ALL_CODES_USED
)
_keys_apart = _passkeys.filter(data__credential__authenticatorAttachment="cross-platform")


# Annotations of User. Codes alone protect nothing: allauth drops them with the last app or passkey.
HAS_MFA = Exists(_mine.exclude(type=Authenticator.Type.RECOVERY_CODES))


# Recovery codes are on paper. A browser adds no second passkey to the device that holds one. The passkey of a phone may
# be lost together with the app on it, so beside an app only a security key, or the passkey of another device, counts.
HAS_TWO_WAYS = ExpressionWrapper(
    (HAS_MFA & Exists(_codes_kept)) | Exists(_passkeys[1:2]) | (Exists(_apps) & Exists(_keys_apart)),
    output_field=BooleanField(),
)


def factors_of(user: User) -> Any:
    """`has_mfa` and `has_two_ways` of the account, as they are now."""
    found = User.objects.filter(pk=user.pk).annotate(has_mfa=HAS_MFA, has_two_ways=HAS_TWO_WAYS)
    return found.values_list("has_mfa", "has_two_ways", named=True).get()


class FactorError(AccountsError):
    """A second factor that cannot be counted as it stands."""


def check_codes_were_seen(codes: Authenticator | None) -> None:
    """Nobody has kept codes that were never shown; raises FactorError."""
    if codes is None or "viewed_at" not in codes.data:
        raise FactorError(_("Open your recovery codes first, and print them or write them down."))
