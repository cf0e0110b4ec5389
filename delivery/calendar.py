"""The calendar file of an order: when we come and what to have ready, and nothing of what was ordered."""

from datetime import UTC
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from delivery.models import Order
from ui.templatetags.portal import money


def calendar_of(order):
    """The bytes of an .ics. Its UID stays when the order is moved or cancelled: a calendar then changes its entry."""
    event = Event()
    event.add("uid", f"{order.number}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", order.moves + (not order.has_hold))
    event.add("dtstamp", (order.ended_at or order.placed_at).astimezone(UTC))
    event.add("dtstart", order.window.starts_at)
    event.add("dtend", order.window.ends_at)
    event.add("summary", _("Delivery, order %(number)s") % {"number": order.number})
    event.add("description", _ready(order))
    event.add("url", settings.SITE_URL + reverse("delivery:order-detail", args=[order.number]))
    event.add("status", "CONFIRMED" if order.has_hold else "CANCELLED")
    calendar = Calendar()
    calendar.add("prodid", "-//mmp-portal//delivery//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _ready(order):
    total = money(order.subtotal_cents)
    if order.payment_method == Order.PaymentMethod.CASH:
        return _("Have ready: your card, a photo ID, exactly %(total)s in cash.") % {"total": total}
    return _("Have ready: your card, a photo ID, a debit card for %(total)s.") % {"total": total}
