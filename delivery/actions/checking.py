"""What the nightly checks found, told to those who can mend it."""

from collections.abc import Collection
from datetime import date

from accounts.models import User
from audit.actions import audited
from delivery.models import DeliveryWindow, Product
from notifications.actions import queue_many


@audited("counts.report")
def report_differences(
    *, products: Collection[Product], windows: Collection[DeliveryWindow], today: date, by: User | None
) -> None:
    """Mail the Managers, once a day, whose stock or places are not what the books say; nothing when all agree."""
    if not products and not windows:
        return
    context = {"products": [one.pk for one in products], "windows": [one.pk for one in windows]}
    managers = User.objects.filter(groups__name="Manager", is_active=True)
    queue_many(
        messages=[
            {
                "kind": "counts_differ",
                "recipient": manager.email,
                "context": context,
                "dedupe_key": f"counts_differ:{manager.pk}:{today:%Y-%m-%d}",
            }
            for manager in managers
        ],
        by=by,
    )
