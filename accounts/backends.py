from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.factors import HAS_MFA, HAS_TWO_WAYS
from accounts.models import Decision, Delegate, PhysicianApplication, User

_WAITING = PhysicianApplication.objects.filter(status=Decision.PENDING)


class PortalBackend(AuthenticationBackend):
    """Reads an account with what each request asks of it, in one query."""

    def get_user(self, user_id):
        user = (
            User.objects.select_related("physician")
            .annotate(
                is_delegate=Exists(Delegate.objects.current(timezone.localdate()).filter(user=OuterRef("pk"))),
                is_applicant=Exists(_WAITING.filter(user=OuterRef("pk"), user__physician=None)),
                has_mfa=HAS_MFA,
                has_two_ways=HAS_TWO_WAYS,
            )
            .filter(pk=user_id)
            .first()
        )
        return user if user and self.user_can_authenticate(user) else None
