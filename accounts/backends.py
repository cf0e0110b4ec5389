"""Who is signed in: the account of a request."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import BigAutoField, DateField, QuerySet
from django.utils import timezone

from accounts.models import Person, User
from accounts.models.person import ROLES, role_annotations
from ui.prepared import prepared


@prepared(key=BigAutoField(), day=DateField())
def account_on(key: Any, day: Any) -> QuerySet[User]:
    """Return the account, with its physician and the roles that it has on `day`."""
    return User.objects.select_related("physician").annotate(**role_annotations(day)).filter(pk=key)


class PortalBackend(AuthenticationBackend):
    """Reads the account of a request, and what it is to the portal, in one query."""

    def get_user(self, user_id: int) -> User | None:
        user = account_on.first(key=user_id, day=timezone.localdate())
        if user is None or not self.user_can_authenticate(user):
            return None
        roles = {name: vars(user).pop(name) for name in ROLES}  # no annotation stays on the row
        user.person = Person(getattr(user, "physician", None), user.is_staff, **roles)
        return user
