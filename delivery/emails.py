from delivery.models import Order
from notifications import kinds


def order_words(*statuses):
    def context_for(notification):
        order = Order.objects.with_lines().filter(pk=notification.context["order"], status__in=statuses).first()
        return order and {"order": order}

    return context_for


def register_kinds():
    status = Order.Status
    kinds.register("order_placed", context_for=order_words(status.PLACED, status.CONFIRMED))
    kinds.register("order_confirmed", context_for=order_words(status.CONFIRMED))
    kinds.register("order_refused", context_for=order_words(status.REFUSED))
    kinds.register("order_cancelled", context_for=order_words(status.CANCELLED, status.LAPSED))
