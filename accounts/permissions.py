"""Who counts as staff right now: the one answer for every page and action that gives staff more than others."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from accounts.rules import factors_of


def is_staff_in_good_standing(user: User | AnonymousUser) -> bool:
    """Whether the account could open the admin now: active, staff, and with the second factors that are required.

    A page without sign-in is not asked for a second factor by the middleware, so it has to ask here.
    """
    if not (user.is_active and user.is_staff):
        return False
    return not settings.REQUIRE_MFA or _factors(user).has_two_ways


def may_as_staff(user: User | AnonymousUser, permission: str) -> bool:
    """Whether the account is staff in good standing and its groups hold `permission` ("app.codename")."""
    return is_staff_in_good_standing(user) and user.has_perm(permission)


def _factors(user):
    return user.factors if hasattr(user, "factors") else factors_of(user)
