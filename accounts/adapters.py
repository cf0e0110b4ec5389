import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import get_pending_stage
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.actions import send_account_mail
from accounts.cooldown import next_try_at
from accounts.models import User
from ui.encryption import decrypt, encrypt
from ui.templatetags.portal import clock

CONFIRMING = "confirming"  # session key: the address whose confirmation is waited for, and its account or None


TOO_MANY = _("Too many tries did not match. Try again at %(time)s Eastern, or call us.")


class SigningInRequest(HttpRequest):
    """The request of a person who signs in, with the address whose confirmation is waited for and its account."""

    confirming: list[Any]


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "Email address and password do not match. Compare both, or set a new password. If you have just made the "
            "account, open the link in our mail first."
        ),
        "incorrect_code": _("This code does not match. Type the one that your app shows now."),
        "incorrect_password": _("This password does not match. Type it again, or set a new one."),
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    _tried = ""  # the name under which allauth counts the address that was typed

    def clean_email(self, email: str) -> str:
        return super().clean_email(email).lower()

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address of the client, and an IPv4 address as such where a socket gives it as ::ffff:192.0.2.1.

        The limits count IPv6 addresses by their first half, which is the same for all of those.
        """
        address = ip_address(super().get_client_ip(request))
        return str(getattr(address, "ipv4_mapped", None) or address)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        by = self.request.user if self.request.user.is_authenticated else None
        send_account_mail(prefix=template_prefix, recipient=email, context=context, by=by)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._tried = self._get_login_attempts_cache_key(request, **credentials)
        super().pre_authenticate(request, **credentials)

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return the error in our words. A lock says when it opens."""
        if self.error_messages[code] is not TOO_MANY:
            return super().validation_error(code, *args)
        opens_at = next_try_at(self.request, action="login_failed", key=self._tried or self._second_factor_tried())
        return ValidationError(TOO_MANY % {"time": clock(opens_at)}, code=code)

    def _second_factor_tried(self) -> str | None:
        """Return the name under which allauth counts wrong codes of the person who signs in, if it is known who."""
        stage = get_pending_stage(self.request)
        user = stage.login.user if stage else self.request.user
        return f"mfa-auth-user-{user.pk}" if user.pk else None

    def pre_login(self, request: SigningInRequest, user: User, *, email: str, **kwargs: Any) -> HttpResponse | None:
        request.confirming = [email or user.email, user.pk]
        return super().pre_login(request, user, email=email, **kwargs)

    def respond_email_verification_sent(self, request: SigningInRequest, user: User | None) -> HttpResponse:
        """Answer with the page that names the address. Without a `user` the sign-up form has stored the address."""
        if user:
            request.session[CONFIRMING] = request.confirming
        return super().respond_email_verification_sent(request, user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return False when a person who has just signed in sets up a second factor. Signing a draft always asks."""
        if app == "allauth.mfa" and self._signed_in_just_now():
            return False
        return super().is_reauthentication_required(app=app, **kwargs)

    def _signed_in_just_now(self) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        return any(time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Return whether `password` is that of `user`. The session goes on where that has renewed an old hash.

        A session is bound to the hash of the password, so that a change of the password ends it.
        """
        proved: bool = super().reauthenticate(user, password)
        if proved and identify_hasher(user.password).algorithm != get_hasher().algorithm:
            user.refresh_from_db(fields=["password"])
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return proved

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return the ways to prove oneself again, described in our words."""
        names = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code from your app, or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [{**method, "description": names.get(method["id"], method["description"])} for method in methods]


class MFAAdapter(DefaultMFAAdapter):
    """TOTP seeds and recovery codes are encrypted at rest; passkeys are made for the host of SITE_URL."""

    def encrypt(self, text: str) -> str:
        return encrypt(text, context="mfa_authenticator.data")

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, context="mfa_authenticator.data")

    def get_public_key_credential_rp_entity(self) -> dict[str, Any]:
        return {"id": urlsplit(settings.SITE_URL).hostname, "name": settings.DISPENSARY_NAME}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """Return the name that a new passkey has until its owner changes it."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Passkey %(number)d") % {"number": count + 1}
