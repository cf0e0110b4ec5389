"""Second factors, beyond what allauth writes itself."""

from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts import rules
from accounts.models import User
from audit.actions import audited, record


@audited("user.recovery_codes_keep")
def keep_recovery_codes(*, by: User) -> None:
    """`by` has seen the recovery codes and says that they are kept: they count as a second way. Raises FactorError."""
    mine = Authenticator.objects.select_for_update().filter(user=by, type=Authenticator.Type.RECOVERY_CODES)
    codes = mine.first()
    rules.check_codes_were_seen(codes)
    assert codes
    if rules.KEPT_AT in codes.data:
        return
    codes.data[rules.KEPT_AT] = timezone.now().isoformat()
    codes.save(update_fields=["data"])
    record(by=by, subject=by)
