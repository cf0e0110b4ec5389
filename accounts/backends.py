from functools import lru_cache

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.factors import HAS_MFA, HAS_TWO_WAYS
from accounts.models import Decision, Delegate, PhysicianApplication, User

_WAITING = PhysicianApplication.objects.filter(status=Decision.PENDING)


@lru_cache(maxsize=2)
def _accounts_on(day):
    """Built once a day: each request asks it, and building it takes longer than asking."""
    return User.objects.select_related("physician").annotate(
        is_delegate=Exists(Delegate.objects.current(day).filter(user=OuterRef("pk"))),
        is_applicant=Exists(_WAITING.filter(user=OuterRef("pk"), user__physician=None)),
        has_mfa=HAS_MFA,
        has_two_ways=HAS_TWO_WAYS,
    )


class PortalBackend(AuthenticationBackend):
    """Reads an account with what each request asks of it, in one query."""

    def get_user(self, user_id):
        user = _accounts_on(timezone.localdate()).filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
