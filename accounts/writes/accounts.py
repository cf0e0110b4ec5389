"""Write accounts. Each function runs inside the caller's transaction."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group

from accounts.models import User
from audit.actions import record


def make_account(
    *, email: str, password: str | None, groups: Collection[str], by: User | None, **fields: bool | str
) -> User:
    """Make an account with a verified e-mail address, and return it.

    `fields` are is_staff, is_superuser, is_active and first_name. Without a password the person sets one by the link
    "Forgot password".
    """
    user = _confirmed(email, password, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    record(action="user.create", by=by, subject=user)
    return user


def make_invited_account(*, email: str, password: str) -> User:
    """Make the account of a person who proved that mail to this address reaches them, and return it."""
    user = _confirmed(email, password)
    record(action="user.email_confirm", by=user, subject=user)
    return user


def _confirmed(email: str, password: str | None, **fields: bool | str) -> User:
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
