"""Read the account of a request."""

from datetime import date
from functools import lru_cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Decision, Delegate, PhysicianApplication, User

_WAITING = PhysicianApplication.objects.filter(status=Decision.PENDING)


def _is_true(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


@lru_cache(maxsize=2)
def _accounts_on(day: date) -> QuerySet[User]:
    """Return accounts with what they are on `day`.

    The query is built once a day: each request asks it, and building it takes longer than asking.
    """
    what_it_is: dict[str, Any] = {
        "is_delegate": Exists(Delegate.objects.current(day).filter(user=OuterRef("pk"))),
        "is_applicant": _is_true(Q(Exists(_WAITING.filter(user=OuterRef("pk"))), physician__isnull=True)),
        "is_patient": _is_true(Q(patient__isnull=False)),
        "is_caregiver": _is_true(Q(caregiver__isnull=False)),
    }
    return User.objects.select_related("physician").annotate(**what_it_is)


class PortalBackend(AuthenticationBackend):
    """Reads the account of a request, and what it is to the portal, in one query."""

    def get_user(self, user_id: int) -> User | None:
        user = _accounts_on(timezone.localdate()).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
