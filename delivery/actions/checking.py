"""The mail about differences that the nightly checks found."""

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
    """Mail the Managers, once a day, which products and windows have wrong counts; no mail when all counts agree."""
    if not products and not windows:
        return
    context = {"products": [product.pk for product in products], "windows": [window.pk for window in windows]}
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
