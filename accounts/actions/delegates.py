"""Who of a physician's office may prepare for her."""

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts import rules
from accounts.models import Delegate, Physician, User
from audit.actions import audited, record
from notifications.actions import queue


@audited("delegate.name", subject="physician")
def name_delegate(*, physician: Physician, email: str, by: User | None) -> Delegate:
    """Whoever owns `email` may prepare certifications for `physician`, once an account with it has signed in.

    The address is told by mail what to do. Named again while nobody took it up, the days count anew and the mail goes
    again (once a day); named again later, nothing changes. Raises DelegateError.
    """
    email = User.objects.normalize_email(email)
    today = timezone.localdate()
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=physician.pk)
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
    """`user` has signed in: what waits for one of its verified addresses is its own; returns how many there were.

    Where the same physician named the same person under two addresses, the second naming ends.
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
    """Ends today: from now on the delegate sees nothing of the physician's. Ended again, the first day stands."""
    delegate = Delegate.objects.select_for_update(no_key=True, of=("self",)).get(pk=delegate.pk)
    today = timezone.localdate()
    if delegate.ended_date and delegate.ended_date <= today:
        return
    delegate.ended_date = today
    delegate.save(update_fields=["ended_date"])
    record(by=by, subject=delegate)
