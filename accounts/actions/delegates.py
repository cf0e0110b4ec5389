"""Delegates of a physician: named, begun, ended."""

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import rules
from accounts.models import Delegate, Physician, User
from accounts.writes.delegates import end_delegation
from accounts.writes.locks import lock
from audit.actions import audited, record
from notifications.actions import queue


@audited("delegate.name", subject="physician")
def name_delegate(*, physician: Physician, email: str, by: User | None) -> Delegate:
    """Name the owner of `email` as a delegate of `physician`, and return the delegate.

    The delegate begins once an account with this address signs in; a message says how. When a delegate who has not
    begun is named again, the days to begin count anew and the message is sent again, at most once a day. A delegate
    who has begun stays as they are. Raises DelegateError.
    """
    email = User.objects.normalize_email(email)
    today = timezone.localdate()
    physician = lock(physician)
    rules.check_may_name_delegates(physician, today=today)
    rules.check_delegate_is_somebody_else(physician, email)
    delegate, is_new = Delegate.objects.get_or_create(
        physician=physician, email=email, ended_date=None, defaults={"started_date": today}
    )
    if not is_new and (delegate.user_id or delegate.started_date == today):
        return delegate
    delegate.started_date = today
    delegate.save(update_fields=["started_date"])
    queue(
        kind="delegate_named",
        recipient=email,
        context={"delegate": delegate.pk},
        dedupe_key=f"delegate_named:{delegate.pk}:{today}",
        by=by,
    )
    record(by=by, subject=delegate)
    return delegate


@audited("delegate.activate", subject="user")
def activate_delegations(*, user: User, by: User | None) -> int:
    """Give `user`, who has signed in, the delegations that wait for a verified address of theirs; return how many.

    When one physician has named the same person under two addresses, the second delegation ends.
    """
    today = timezone.localdate()
    verified = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    addresses = [User.objects.normalize_email(address) for address in verified]
    waiting = Delegate.objects.waiting(today).filter(email__in=addresses).exclude(physician__user=user)
    count = 0
    for delegate in waiting.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        if Delegate.objects.filter(physician=delegate.physician_id, user=user, ended_date=None).exists():
            delegate.ended_date = today
        else:
            delegate.user = user
            count += 1
        delegate.save(update_fields=["user", "ended_date"])
        record(by=by, subject=delegate)
    return count


@audited("delegate.end", subject="delegate")
def end_delegate(*, delegate: Delegate, by: User | None) -> None:
    """End a delegate today: they see nothing of the physician's from now on. A second call changes nothing."""
    end_delegation(delegate=delegate, by=by)
