"""The calendar file of an order: when we come and what to have ready. It names no product."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from delivery.models import Order
from ui.templatetags.portal import money

EVENT_STATUS: dict[str, str] = {
    Order.Status.PLACED: "TENTATIVE",
    Order.Status.CONFIRMED: "CONFIRMED",
    Order.Status.PACKED: "CONFIRMED",
    Order.Status.OUT_FOR_DELIVERY: "CONFIRMED",
    Order.Status.DELIVERED: "CONFIRMED",
}


def calendar_of(order: Order) -> bytes:
    """Return the .ics file of a placed order.

    Its UID stays the same when the order is moved, confirmed or cancelled, so that a calendar changes its entry. It is
    tentative until staff have confirmed the order.
    """
    from icalendar import Calendar, Event  # heavy: docs/adr/0018

    assert order.window is not None  # anything but a cart has one
    event = Event()
    event.add("uid", f"{order.number}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", order.moves + (order.confirmed_at is not None) + (order.ended_at is not None))
    event.add("dtstamp", _last_changed(order).astimezone(UTC))
    event.add("dtstart", order.window.starts_at)
    event.add("dtend", order.window.ends_at)
    event.add("summary", _("Delivery, order %(number)s") % {"number": order.number})
    event.add("location", f"{order.street_address}, {order.town}")
    event.add("description", _ready(order))
    event.add("url", settings.SITE_URL + reverse("delivery:order-detail", args=[order.number]))
    event.add("status", EVENT_STATUS.get(order.status, "CANCELLED"))
    calendar = Calendar()
    calendar.add("prodid", "-//mmp-portal//delivery//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _last_changed(order: Order) -> datetime:
    changed = order.ended_at or order.confirmed_at or order.placed_at
    assert changed is not None  # a placed order has a time
    return changed


def _ready(order: Order) -> str:
    if order.status == Order.Status.DELIVERED:
        return _("This order was delivered.")
    if not order.is_open:
        return _("This order is not delivered. Nothing is charged.")
    total = money(order.subtotal_cents)
    if order.payment_method == Order.PaymentMethod.CASH:
        return _("Have ready: your card, a photo ID, exactly %(total)s in cash.") % {"total": total}
    return _("Have ready: your card, a photo ID, a debit card for %(total)s.") % {"total": total}
