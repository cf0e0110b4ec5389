"""What the mails of this app say. A mail is rendered when it is sent: each function looks whether it still holds."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from certification.writes.messages import addressee_for
from delivery.models import DeliveryWindow, Order, Product, Shortage, WaitingEntry
from delivery.models.questions import BEFORE_DEPARTURE, OPEN
from delivery.presenters.shortages import question_about
from delivery.rules import closes_at, policy_on, still_waits
from delivery.writes.messages import addressee_of_order, waiting_reader
from notifications import addressees, kinds
from notifications.addressees import Addressee
from notifications.models import Notification

Words = dict[str, Any] | None  # for the templates, or None when the message no longer holds


def order_words(*statuses: str) -> Callable[[Notification], Words]:
    """Return the function that gives the words for mails about an order that has one of these statuses."""

    def context_for(notification: Notification) -> Words:
        """Return when, where and how much; no products and no name, and nothing of a patient whose record is closed."""
        orders = Order.objects.select_related("window", "policy").filter(status__in=statuses, patient__closed_at=None)
        order = orders.filter(pk=notification.context["order"]).first()
        if order is None:
            return None
        assert order.window is not None and order.policy is not None  # anything but a cart has both
        if order.is_open and timezone.now() >= order.window.ends_at:
            return None  # nobody has to be told any more when we come
        why = {name: notification.context.get(name, "") for name in ("reason", "reason_es")}
        return {"order": order, "closes_at": closes_at(order.window, order.policy), **why}

    return context_for


def order_tomorrow(notification: Notification) -> Words:
    """Return the words while the order is open and its window has not ended; the mail may leave on the day itself."""
    words = order_words(*OPEN)(notification)
    return words and {**words, "is_today": words["order"].window.date <= timezone.localdate()}


def order_delivered(notification: Notification) -> Words:
    """Return the words of the receipt of a delivered order."""
    words = order_words("delivered")(notification)
    return words and {**words, **receipt_of(notification.context)}


def receipt_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return when an order was handed over, what was paid in cash and by debit card, and how much of it was a tip.

    The context has `handed_over_at` (ISO 8601), `due_cents`, `cash_cents`, `debit_cents` and `tip_cents`; a receipt
    leaves out what is missing. `due_cents` is less than the total of the order where a part was refused.
    """
    at = context.get("handed_over_at")
    cents = {name: context.get(name) for name in ("due_cents", "cash_cents", "debit_cents", "tip_cents")}
    return {**cents, "handed_over_at": datetime.fromisoformat(at) if at else None}


def hand_over_corrected(notification: Notification) -> Words:
    """Return what was given back in cents and how, and whether something was exchanged."""
    words, context = order_words("delivered")(notification), notification.context
    figures = {"refund_cents": context.get("refund_cents", 0), "method": context.get("method", "")}
    return words and {**words, **figures, "exchanged": context.get("exchanged", False)}


def order_late(notification: Notification) -> Words:
    """Return the words for a driver who is late, while the order is on its way, also after its window has ended."""
    orders = Order.objects.select_related("window", "policy").filter(status="out_for_delivery", patient__closed_at=None)
    order = orders.filter(pk=notification.context["order"]).first()
    if order is None:
        return None
    assert order.window is not None and order.policy is not None
    minutes = notification.context["minutes"]
    return {"order": order, "closes_at": closes_at(order.window, order.policy), "minutes": minutes}


def short_words(notification: Notification) -> Words:
    """Return the words of the question about what is short, while nobody has answered it and the order is with us."""
    words = order_words(*BEFORE_DEPARTURE)(notification)
    shortage = Shortage.objects.unanswered().filter(pk=notification.context["shortage"]).first()
    if words is None or shortage is None:
        return None
    question = question_about(shortage, words["order"])
    return {**words, "question": question}


def place_open(notification: Notification) -> Words:
    """Return the window while the account can take a place in it; None when the wait has ended or the place is gone."""
    waiting = WaitingEntry.objects.shown().select_related("window", "patient", "orderer")
    entry = waiting.filter(pk=notification.context["entry"]).first()
    if entry is None or entry.told_at is None or not entry.window.has_room:
        return None
    now = timezone.now()
    window, policy = entry.window, policy_on(timezone.localdate(now))
    if not still_waits(window, patient=entry.patient, policy=policy, user=entry.orderer, now=now):
        return None
    return {"window": window, "closes_at": closes_at(window, policy)}


def pack_ready(notification: Notification) -> Words:
    """Return the window and its open orders by what is missing, or None when it is over or nothing is to be brought."""
    window = DeliveryWindow.objects.filter(pk=notification.context["window"]).first()
    if window is None or timezone.now() >= window.ends_at:
        return None
    status, orders = Order.Status, Order.objects.open().filter(window=window)
    words = orders.aggregate(
        orders=Count("pk"),
        to_review=Count("pk", filter=Q(status=status.PLACED)),
        without_run=Count("pk", filter=Q(run__isnull=True)),
    )
    return {"window": window, **words} if words["orders"] else None


def addressee(notification: Notification, words: dict[str, Any]) -> Addressee | None:
    """Return whom a message about an order, or about a place that is free, is for."""
    if "order" in words:
        return addressee_of_order(words["order"])
    if notification.kind != "place_open":
        return None
    entry = WaitingEntry.objects.select_related("patient", "orderer").get(pk=notification.context["entry"])
    return addressee_for(waiting_reader(entry), email=entry.orderer.email)


def differences(notification: Notification) -> Words:
    """Return what the nightly check found, by SKU and by window, as far as it still exists."""
    context = notification.context
    return {
        "skus": list(Product.objects.filter(pk__in=context["products"]).values_list("sku", flat=True)),
        "windows": [window.code for window in DeliveryWindow.objects.filter(pk__in=context["windows"])],
    }


def register_kinds() -> None:
    """Tell the outbox about the messages of this app, and whom they are for."""
    addressees.register(addressee)
    status = Order.Status
    kinds.register("order_placed", context_for=order_words(*BEFORE_DEPARTURE))
    kinds.register("order_confirmed", context_for=order_words(status.CONFIRMED, status.PACKED))
    kinds.register("order_moved", context_for=order_words(*BEFORE_DEPARTURE))
    kinds.register("order_short", context_for=short_words)
    kinds.register("order_changed", context_for=order_words(*OPEN))
    kinds.register("order_refused", context_for=order_words(status.REFUSED))
    kinds.register("order_cancelled", context_for=order_words(status.CANCELLED, status.LAPSED))
    kinds.register("order_tomorrow", context_for=order_tomorrow)
    kinds.register("order_out_for_delivery", context_for=order_words("out_for_delivery"))
    kinds.register("order_late", context_for=order_late)
    kinds.register("order_delivered", context_for=order_delivered)
    kinds.register("order_returned", context_for=order_words("returned"))
    kinds.register("hand_over_corrected", context_for=hand_over_corrected)
    kinds.register("report_answered", context_for=order_words("delivered"))
    kinds.register("place_open", context_for=place_open)
    kinds.register("counts_differ", context_for=differences)
    kinds.register("pack_ready", context_for=pack_ready)
