"""Read the account of a request."""

from datetime import date
from functools import lru_cache

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Person, User
from accounts.models.person import role_annotations


@lru_cache(maxsize=2)
def _accounts_on(day: date) -> QuerySet[User]:
    """Return accounts with the roles that they have on `day`.

    The query is built once a day: each request asks it, and building it takes longer than asking.
    """
    return User.objects.select_related("physician").annotate(**role_annotations(day))


class PortalBackend(AuthenticationBackend):
    """Reads the account of a request, and what it is to the portal, in one query."""

    def get_user(self, user_id: int) -> User | None:
        today = timezone.localdate()
        user = _accounts_on(today).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        roles = {name: vars(user).pop(name) for name in role_annotations(today)}  # no annotation stays on the row
        user.person = Person(getattr(user, "physician", None), user.is_staff, **roles)
        return user
