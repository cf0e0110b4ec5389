from django.utils import timezone

from delivery.models import DeliveryWindow, Order, Product, WaitingEntry
from delivery.rules import closes_at, policy_on
from notifications import kinds


def order_words(*statuses):
    def context_for(notification):
        """No lines and no name: a mail says when, where and how much. Nothing of a patient who left the program."""
        orders = Order.objects.select_related("window", "policy").filter(status__in=statuses, patient__closed_at=None)
        order = orders.filter(pk=notification.context["order"]).first()
        reason = notification.context.get("reason", "")
        return order and {"order": order, "closes_at": closes_at(order.window, order.policy), "reason": reason}

    return context_for


def place_open(notification):
    """The window, while it still has room and can be ordered for; nothing once it was ordered, left or missed."""
    entry = WaitingEntry.objects.live().select_related("window").filter(pk=notification.context["entry"]).first()
    now = timezone.now()
    policy = policy_on(timezone.localdate(now))
    if entry is None or entry.told_at is None or now > (closes := closes_at(entry.window, policy)):
        return None
    if not DeliveryWindow.objects.with_room().filter(pk=entry.window_id).exists():
        return None
    return {"window": entry.window, "closes_at": closes}


def differences(notification):
    """What the nightly check found and is still there to be looked at, by SKU and by window."""
    context = notification.context
    return {
        "skus": list(Product.objects.filter(pk__in=context["products"]).values_list("sku", flat=True)),
        "windows": [window.code for window in DeliveryWindow.objects.filter(pk__in=context["windows"])],
    }


def register_kinds():
    status = Order.Status
    kinds.register("order_placed", context_for=order_words(status.PLACED, status.CONFIRMED))
    kinds.register("order_confirmed", context_for=order_words(status.CONFIRMED))
    kinds.register("order_moved", context_for=order_words(status.PLACED, status.CONFIRMED))
    kinds.register("order_refused", context_for=order_words(status.REFUSED))
    kinds.register("order_cancelled", context_for=order_words(status.CANCELLED, status.LAPSED))
    kinds.register("place_open", context_for=place_open)
    kinds.register("counts_differ", context_for=differences)
