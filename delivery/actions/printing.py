"""The message that the print pack of a window can be printed."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from delivery import rules
from notifications.actions import queue_many
from notifications.models import Notification


@transaction.atomic
def tell_packs_ready(*, now: datetime, by: User | None) -> int:
    """Tell the staff who print packs, once a window and account, that its cut-off has passed; return how many are told.

    A late run tells until the window ends; a second run tells nobody again.
    """
    windows = rules.windows_to_print(now=now)
    readers = User.objects.filter(is_active=True, is_staff=True, groups__permissions__codename="print_pack").distinct()
    messages = {
        f"pack_ready:{window.pk}:{reader.pk}": {
            "kind": "pack_ready",
            "recipient": reader.email,
            "context": {"window": window.pk},
        }
        for window in windows
        for reader in readers
    }
    told = set(Notification.objects.filter(dedupe_key__in=messages).values_list("dedupe_key", flat=True))
    new = [{**message, "dedupe_key": key} for key, message in messages.items() if key not in told]
    if new:
        queue_many(messages=new, by=by)
    return len(new)
