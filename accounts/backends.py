from functools import lru_cache, partial

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import Decision, Delegate, PhysicianApplication, User
from accounts.rules import factors_of

_WAITING = PhysicianApplication.objects.filter(status=Decision.PENDING)


@lru_cache(maxsize=2)
def _accounts_on(day):
    """Built once a day: each request asks it, and building it takes longer than asking."""
    return User.objects.select_related("physician").annotate(
        is_delegate=Exists(Delegate.objects.current(day).filter(user=OuterRef("pk"))),
        is_applicant=Exists(_WAITING.filter(user=OuterRef("pk"))),
    )


class PortalBackend(AuthenticationBackend):
    """Reads an account with what each request asks of it, in one query; `factors` are read when somebody asks."""

    def get_user(self, user_id):
        user = _accounts_on(timezone.localdate()).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.is_applicant = user.is_applicant and not hasattr(user, "physician")
        user.factors = SimpleLazyObject(partial(factors_of, user))
        return user
