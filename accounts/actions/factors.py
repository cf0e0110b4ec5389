"""Second factors, beyond what allauth writes itself."""

from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts import rules
from accounts.models import User
from accounts.models.factors import KEPT_AT
from audit.actions import audited, record


@audited("user.recovery_codes_keep")
def keep_recovery_codes(*, by: User) -> None:
    """Enter that `by` has kept the recovery codes, which count as a second way from now on. Raises FactorError."""
    mine = Authenticator.objects.select_for_update().filter(user=by, type=Authenticator.Type.RECOVERY_CODES)
    codes = mine.first()
    rules.check_codes_were_seen(codes)
    assert codes
    if KEPT_AT in codes.data:
        return
    codes.data[KEPT_AT] = timezone.now().isoformat()
    codes.save(update_fields=["data"])
    record(by=by, subject=by)
