"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import PhysicianApplication
from delivery.models import Order, Product
from notifications import kinds
from notifications.models import Notification
from pages.staff_start import CALLS
from pages.start_days import Figure, list_url

NUMBER = "M-2345-6789"


def _waits(is_evening: bool) -> dict[str, Any]:
    figures = [
        Figure(3, "orders to review", list_url(Order, status="placed")),
        Figure(2, "applications", list_url(PhysicianApplication, status__exact="pending")),
        Figure(5, "calls to make", list_url(Notification, **CALLS)),
        Figure(4, "products run low", list_url(Product, stock="low")),
    ]
    return {"figures": figures, "is_evening": is_evening, "delivery_day": date(2027, 3, 3)}


def _answer(*, is_further: bool) -> dict[str, Any]:
    return {
        "number": NUMBER,
        "received_at": datetime(2027, 3, 1, 15, 4, tzinfo=UTC),
        "text": "Hello Rosa,\n\nthe second door is right: ring at Delgado.",
        "is_further": is_further,
        "contact_url": settings.SITE_URL + reverse("pages:contact"),
    }


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    kinds.describe(
        "staff_summary",
        readers="Each Registrar, Pharmacist, Technician and Manager",
        when="On weekdays at 7 a.m., and at 5 p.m. before a delivery day, when something waits for the reader.",
        samples=lambda: {"morning": _waits(False), "evening": _waits(True)},
        is_in_english=True,
    )
    kinds.describe(
        "contact_receipt",
        readers="Who used the contact form",
        when="The message came in.",
        samples=lambda: {"": {"number": NUMBER, "contact_url": settings.SITE_URL + reverse("pages:contact")}},
    )
    kinds.describe(
        "contact_answer",
        readers="Who used the contact form",
        when="Staff answered the message by email.",
        samples=lambda: {"first": _answer(is_further=False), "further": _answer(is_further=True)},
    )
    kinds.describe(
        "contact_message",
        readers="DISPENSARY_EMAIL",
        when="A message of the contact form came in.",
        samples=lambda: {
            "": {
                "number": NUMBER,
                "received_at": datetime(2027, 3, 1, 15, 4, tzinfo=UTC),
                "message_url": settings.SITE_URL + reverse("admin:pages_contactmessage_change", args=[1]),
            }
        },
        is_in_english=True,
    )
