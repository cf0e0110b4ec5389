"""The messages on the evening before a delivery."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch
from django.utils.timezone import localdate

from accounts.models import User
from certification.models import CaregiverAssignment
from delivery import rules
from delivery.models import DeliveryWindow, Order
from delivery.writes.messages import messages_to_orderers
from notifications.actions import queue_many


@transaction.atomic
def announce_deliveries(*, now: datetime, by: User | None) -> int:
    """Queue tomorrow's delivery for each orderer, once an order and window; return for how many orders.

    They are the open orders of the windows for which `rules.is_time_to_announce`. A second run queues nothing more.
    """
    near = DeliveryWindow.objects.filter(date__range=(localdate(now), localdate(now) + timedelta(days=1)))
    windows = [window for window in near if rules.is_time_to_announce(window, now=now)]
    if not windows:
        return 0
    assigned = CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver__user")
    orders = (
        Order.objects.open()
        .filter(window__in=windows)
        .select_related("placed_by", "patient__user")
        .prefetch_related(Prefetch("patient__assignments", assigned.defer("need", "ended_reason")))
    )
    messages = messages_to_orderers(orders, "order_tomorrow")
    queue_many(messages=messages, by=by)
    return len(messages)
