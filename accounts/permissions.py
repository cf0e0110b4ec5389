"""Who may act as staff right now: the one answer for every page and action that gives staff more than others."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from accounts.models import User


def is_staff_in_good_standing(user: User | AnonymousUser) -> bool:
    """Return whether the account could open the admin now: active, staff, with the second factors that are required.

    The middleware asks for no second factor on a page without sign-in, so that page has to ask here.
    """
    if not (isinstance(user, User) and user.is_active and user.is_staff):
        return False
    return not settings.REQUIRE_MFA or user.factors.has_two_ways


def may_as_staff(user: User | AnonymousUser, permission: str) -> bool:
    """Return whether the account is staff in good standing and its groups hold `permission` ("app.codename")."""
    return is_staff_in_good_standing(user) and user.has_perm(permission)
