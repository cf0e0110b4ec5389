"""What staff enter about a lot from its label."""

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from delivery import rules
from delivery.models import Lot
from delivery.writes.lots import write_details


@audited("lot.describe", subject="lot")
def describe_lot(*, lot: Lot, details: rules.LotDetails, by: User | None) -> Lot:
    """Enter or correct what the label of a lot says; units that were packed keep what they had. Raises StockError."""
    rules.check_lot_details(details)
    rules.check_end_is_likely(details, today=timezone.localdate())
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
    write_details(lot, details)
    record(by=by, subject=lot)
    return lot
