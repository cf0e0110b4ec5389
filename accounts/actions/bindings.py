"""Which account is a physician's: bound with a mail to the address on record, and given up by the link in it."""

import secrets

from django.conf import settings
from django.utils import timezone

from accounts.actions.delegates import end_delegate
from accounts.actions.registrars import tell_registrars
from accounts.models import AccountBinding, Physician, User
from audit.actions import audited, record
from notifications.actions import queue
from ui.text import token_digest


def bind(*, physician: Physician, user: User, by: User | None) -> AccountBinding:
    """`physician`, locked by the caller, is `user`'s from now on; the address on record gets a link to undo it."""
    physician.user = user
    physician.save(update_fields=["user"])
    token = secrets.token_urlsafe(24)
    binding = AccountBinding.objects.create(physician=physician, user=user, token_digest=token_digest(token))
    queue(
        kind="physician_bound",
        recipient=physician.email,
        context={"physician": physician.pk},
        secret=f"{settings.SITE_URL}/accounts/not-me/{token}/",
        dedupe_key=f"physician_bound:{binding.pk}",
        priority=1,
        by=by,
    )
    return binding


@audited("binding.disown", subject="binding")
def disown_binding(*, binding: AccountBinding, by: User | None) -> None:
    """The physician says that the bound account is not hers: she is suspended at once, and the account loses her.

    Delegates named since then end as well, and the Registrars are told. Asked again, nothing more happens; an account
    that was let go meanwhile suspends nobody.
    """
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=binding.physician_id)
    binding = AccountBinding.objects.select_for_update(no_key=True).get(pk=binding.pk)
    if binding.disowned_at:
        return
    binding.disowned_at = timezone.now()
    binding.save(update_fields=["disowned_at"])
    if physician.user_id == binding.user_id:
        physician.user = None
        if physician.status == Physician.Status.VERIFIED:
            physician.status = Physician.Status.SUSPENDED
        physician.save(update_fields=["user", "status"])
        for delegate in physician.delegates.filter(ended_date=None, created_at__gte=binding.created_at):
            end_delegate(delegate=delegate, by=by)
    record(by=by, subject=physician)
    tell_registrars(kind="binding_disowned", about={"physician": physician.pk}, key=str(binding.pk), by=by)
