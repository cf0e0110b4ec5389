"""Which second factors an account has: annotations of User, and the answer for one account."""

from functools import lru_cache
from typing import NamedTuple

from allauth.mfa.models import Authenticator
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef

KEPT_AT = "kept_at"  # in the row of the codes, so that new codes have to be kept again
ALL_CODES_USED = 2**10 - 1  # allauth marks each of the ten as a bit


class Factors(NamedTuple):
    """Whether an account has a second factor, and whether the loss of one device does not lock its owner out."""

    has_mfa: bool
    has_two_ways: bool


@lru_cache(maxsize=1)
def factor_annotations() -> dict[str, Exists | ExpressionWrapper]:
    """Return "mfa" and "two_ways" as annotations of User. (Built once, when the models are loaded.)

    Codes alone protect nothing: allauth drops them with the last app or passkey. As a second way they count because
    they are on paper. A browser adds no second passkey to the device that holds one. The passkey of a phone may be lost
    together with the app on it, so beside an app only a security key, or the passkey of another device, counts.
    """
    own = Authenticator.objects.filter(user=OuterRef("pk"))
    apps = own.filter(type=Authenticator.Type.TOTP)
    passkeys = own.filter(type=Authenticator.Type.WEBAUTHN)
    codes_kept = own.filter(
        type=Authenticator.Type.RECOVERY_CODES, data__has_key=KEPT_AT, data__used_mask__lt=ALL_CODES_USED
    )
    security_keys = passkeys.filter(data__credential__authenticatorAttachment="cross-platform")
    has_mfa = Exists(own.exclude(type=Authenticator.Type.RECOVERY_CODES))
    two_ways = (has_mfa & Exists(codes_kept)) | Exists(passkeys[1:2]) | (Exists(apps) & Exists(security_keys))
    return {"mfa": has_mfa, "two_ways": ExpressionWrapper(two_ways, output_field=BooleanField())}
