from accounts.actions import activate_delegations, sync_staff_groups
from accounts.models import User
from audit.actions import record


def on_migrated(**_):
    sync_staff_groups(by=None)


def on_signed_in(user, **_):
    record(action="user.sign_in", by=user, subject=user)


def on_account_signed_in(user, **_):
    """allauth's own signal: sent once the second factor was given, too."""
    activate_delegations(user=user, by=user)


def on_signed_out(user, **_):
    if user:
        record(action="user.sign_out", by=user, subject=user)


def on_sign_in_failed(credentials, **_):
    """The account tried stands as the subject, so that an attack on it shows; the address typed is not kept."""
    email = User.objects.normalize_email(credentials.get("email"))
    record(action="user.sign_in", by=None, subject=User.objects.filter(email=email).first(), outcome="refused")


def on_second_factor_failed(user, **_):
    record(action="user.second_factor", by=user, subject=user, outcome="refused")


def on_second_factor_added(user, authenticator, **_):
    record(action="user.second_factor_add", by=user, subject=user, reason=authenticator.type)


def on_second_factor_removed(user, authenticator, **_):
    record(action="user.second_factor_remove", by=user, subject=user, reason=authenticator.type)


def on_second_factor_reset(user, authenticator, **_):
    record(action="user.second_factor_reset", by=user, subject=user, reason=authenticator.type)


def on_password_changed(user, **_):
    record(action="user.password_change", by=user, subject=user)


def on_email_changed(user, **_):
    record(action="user.email_change", by=user, subject=user)


def on_signed_up(user, **_):
    record(action="user.sign_up", by=user, subject=user)


def on_email_confirmed(email_address, **_):
    record(action="user.email_confirm", by=email_address.user, subject=email_address.user)


def on_email_added(user, **_):
    record(action="user.email_add", by=user, subject=user)


def on_sign_on_connected(request, sociallogin, **_):
    record(action="user.sign_on_connect", by=sociallogin.user, subject=sociallogin.user)


def on_sign_on_disconnected(request, socialaccount, **_):
    record(action="user.sign_on_disconnect", by=request.user, subject=socialaccount.user)


def on_email_removed(user, **_):
    record(action="user.email_remove", by=user, subject=user)
