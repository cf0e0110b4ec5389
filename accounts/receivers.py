from typing import Any

from allauth.account.internal.flows.email_verification import verify_email_indirectly
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.http import HttpRequest

from accounts.actions import activate_delegations, sync_staff_groups
from accounts.models import User
from accounts.requests import SignedInRequest
from audit.actions import record


def on_migrated(**_: Any) -> None:
    sync_staff_groups(by=None)


def on_signed_in(user: User, **_: Any) -> None:
    record(action="user.sign_in", by=user, subject=user)


def on_account_signed_in(user: User, **_: Any) -> None:
    """Follow allauth's own signal, which is sent after the second factor."""
    activate_delegations(user=user, by=user)


def on_signed_out(user: User | None, **_: Any) -> None:
    if user:
        record(action="user.sign_out", by=user, subject=user)


def on_sign_in_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Record the account as the subject, so that an attack on it shows. The address typed is not stored."""
    email = User.objects.normalize_email(credentials.get("email"))
    record(action="user.sign_in", by=None, subject=User.objects.filter(email=email).first(), outcome="refused")


def on_second_factor_failed(user: User, **_: Any) -> None:
    record(action="user.second_factor", by=user, subject=user, outcome="refused")


def on_second_factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    record(action="user.second_factor_add", by=user, subject=user, reason=authenticator.type)


def on_second_factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    record(action="user.second_factor_remove", by=user, subject=user, reason=authenticator.type)


def on_second_factor_reset(user: User, authenticator: Authenticator, **_: Any) -> None:
    record(action="user.second_factor_reset", by=user, subject=user, reason=authenticator.type)


def on_password_changed(user: User, **_: Any) -> None:
    record(action="user.password_change", by=user, subject=user)


def on_password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    """Confirm the main address of an account that has confirmed none: the link that was opened came to it."""
    on_password_changed(user)
    if not EmailAddress.objects.filter(user=user, verified=True).exists():
        sync_user_email_address(user)
        verify_email_indirectly(request, user, user.email)


def on_email_changed(user: User, **_: Any) -> None:
    record(action="user.email_change", by=user, subject=user)


def on_signed_up(user: User, **_: Any) -> None:
    record(action="user.sign_up", by=user, subject=user)


def on_email_confirmed(email_address: EmailAddress, **_: Any) -> None:
    record(action="user.email_confirm", by=email_address.user, subject=email_address.user)


def on_email_added(user: User, **_: Any) -> None:
    record(action="user.email_add", by=user, subject=user)


def on_sign_on_connected(request: HttpRequest, sociallogin: SocialLogin, **_: Any) -> None:
    record(action="user.sign_on_connect", by=sociallogin.user, subject=sociallogin.user)


def on_sign_on_disconnected(request: SignedInRequest, socialaccount: SocialAccount, **_: Any) -> None:
    record(action="user.sign_on_disconnect", by=request.user, subject=socialaccount.user)


def on_email_removed(user: User, **_: Any) -> None:
    record(action="user.email_remove", by=user, subject=user)
