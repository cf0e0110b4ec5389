"""A state's sign-on by OpenID Connect: what the portal believes of it."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.base.provider import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class StateProvider(OpenIDConnectProvider):
    """Asks for the address alone, and stores nothing but the subject."""

    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["openid", "email"]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return the subject. The ID token, whose audience is the portal, and the userinfo must agree on it."""
        subjects = {part.get("sub") for part in (data.get("id_token"), data.get("userinfo")) if part}
        subject = subjects.pop() if len(subjects) == 1 else None
        if not isinstance(subject, str) or not subject or len(subject) > 191 or "\0" in subject:
            raise ProviderException("The provider names no subject, or two.")
        return subject

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return addresses; one is confirmed when the provider says true. The text "false" is not true."""
        addresses = super().extract_email_addresses(data)
        for address in addresses:
            address.verified = address.verified is True
        return addresses


class SignOnAdapter(DefaultSocialAccountAdapter):
    """Connects the state's sign-on with accounts. An address that the state names never takes an account over.

    Signing in by a matching address would make the state's word as good as the password. So the owner, signed in here,
    connects the sign-on. Everybody else gets a new account when the state has confirmed the address and no account has
    it.
    """

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Set a password first: it is the only way into your account that would be left."),
        "no_verified_email": _("Confirm an email address first: without one you could not set a new password."),
        "disconnect_last": _("Set a password first: it is the only way into your account that would be left."),
    }

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> StateProvider:
        return StateProvider(request, app=super().get_provider(request, provider, client_id).app)

    def list_providers(self, request: HttpRequest) -> list[StateProvider]:
        if not settings.OIDC_SERVER_URL:
            return []
        return [StateProvider(request, app=provider.app) for provider in super().list_providers(request)]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.is_existing or sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        confirmed = [address.email.lower() for address in sociallogin.email_addresses if address.verified]
        if not confirmed:
            self._refuse(request, sociallogin, "no_address")
        elif self._is_taken(confirmed):
            self._refuse(request, sociallogin, "has_account")

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Lead a person who cancelled back to a page of ours. Some providers leave out the state then."""
        if request.GET.get("error") == "access_denied":
            raise ImmediateHttpResponse(redirect("socialaccount_login_cancelled"))

    def _is_taken(self, addresses: list[str]) -> bool:
        known = EmailAddress.objects.filter(email__in=addresses).exists()
        return known or User.objects.filter(email__in=addresses).exists()

    def _refuse(self, request: HttpRequest, sociallogin: SocialLogin, why: str) -> None:
        context = {"why": why, "provider": sociallogin.provider}
        raise ImmediateHttpResponse(render(request, "socialaccount/refused.html", context, status=403))
