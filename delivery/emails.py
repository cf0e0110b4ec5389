from delivery.models import Order
from delivery.rules import closes_at
from notifications import kinds


def order_words(*statuses):
    def context_for(notification):
        """No lines and no name: a mail says when, where and how much."""
        orders = Order.objects.select_related("window", "policy").filter(status__in=statuses)
        order = orders.filter(pk=notification.context["order"]).first()
        return order and {"order": order, "closes_at": closes_at(order.window, order.policy)}

    return context_for


def register_kinds():
    status = Order.Status
    kinds.register("order_placed", context_for=order_words(status.PLACED, status.CONFIRMED))
    kinds.register("order_confirmed", context_for=order_words(status.CONFIRMED))
    kinds.register("order_moved", context_for=order_words(status.PLACED, status.CONFIRMED))
    kinds.register("order_refused", context_for=order_words(status.REFUSED))
    kinds.register("order_cancelled", context_for=order_words(status.CANCELLED, status.LAPSED))
