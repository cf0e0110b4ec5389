"""Who is signed in: the account of a request."""

from datetime import date

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Person, User
from accounts.models.person import ROLES, role_annotations
from accounts.rules import confirmed_account_of
from ui.prepared import Prepared


def _account_on(*, key: int, day: date) -> QuerySet[User]:
    """Return the account, with its physician and the roles that it has on `day`."""
    return User.objects.select_related("physician").annotate(**role_annotations(day)).filter(pk=key)


_account = Prepared(_account_on)


class PortalBackend(AuthenticationBackend):
    """Reads the account of a request, and what it is to the portal, in one query.

    allauth compares a password with that of every account that has added the address, and shows "check your mail" to
    whoever signs in before it is confirmed. A stranger would learn who is registered: sign up with somebody's address
    and a password, and sign in with both. So only a confirmed address signs in, and has one account.
    """

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        account: User | None = self._check_password(confirmed_account_of(email), password)
        return account

    def get_user(self, user_id: int) -> User | None:
        user: User | None = _account.first(key=user_id, day=timezone.localdate())
        if user is None or not self.user_can_authenticate(user):
            return None
        roles = {name: vars(user).pop(name) for name in ROLES}  # no annotation stays on the row
        user.person = Person(getattr(user, "physician", None), user.is_staff, **roles)
        return user
