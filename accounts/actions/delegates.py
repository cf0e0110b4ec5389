"""Who of a physician's office may prepare for her."""

from django.utils import timezone

from accounts.models import Delegate, Physician, User
from audit.actions import audited, record


@audited("delegate.name")
def name_delegate(*, physician: Physician, user: User, by: User | None) -> Delegate:
    """`user` may prepare certifications for `physician` from today on."""
    delegate, _created = Delegate.objects.get_or_create(
        physician=physician, user=user, ended_date=None, defaults={"started_date": timezone.localdate()}
    )
    record(action="delegate.name", by=by, subject=delegate)
    return delegate


@audited("delegate.end")
def end_delegate(*, delegate: Delegate, by: User | None) -> None:
    """Ends today: from now on the delegate sees nothing of the physician's."""
    delegate.ended_date = timezone.localdate()
    delegate.save(update_fields=["ended_date"])
    record(action="delegate.end", by=by, subject=delegate)
