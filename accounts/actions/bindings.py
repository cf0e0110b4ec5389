"""A physician gives up an account by the link in the message about it."""

from django.utils import timezone

from accounts import rules
from accounts.models import AccountBinding, Physician, User
from accounts.writes.delegates import end_delegation
from accounts.writes.locks import lock, lock_by_pk
from accounts.writes.messages import notify_registrars
from audit.actions import audited, record


@audited("binding.disown", subject="binding")
def disown_binding(*, binding: AccountBinding, by: User | None) -> None:
    """Take the account from a physician who says that it is not theirs, and suspend the physician at once.

    Delegates named since the binding end as well, and the Registrars are notified. A second call changes nothing. When
    the account was bound to nobody any more, nobody is suspended.
    """
    physician = lock_by_pk(Physician, binding.physician_id)
    binding = lock(binding)
    if binding.disowned_at:
        return
    binding.disowned_at = timezone.now()
    binding.save(update_fields=["disowned_at"])
    if physician.user_id == binding.user_id:
        physician.user = None
        disown = rules.PHYSICIAN_MOVES["disown"]
        if rules.may_move(disown, physician):
            physician.status = disown.to
        physician.save(update_fields=["user", "status"])
        for delegate in physician.delegates.filter(ended_date=None, created_at__gte=binding.created_at):
            end_delegation(delegate=delegate, by=by)
    record(by=by, subject=physician)
    notify_registrars(kind="binding_disowned", about={"physician": physician.pk}, key=str(binding.pk), by=by)
