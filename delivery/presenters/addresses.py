"""The addresses that were used before, as the checkout offers them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from certification.models import Patient
from delivery.models import Order
from ui.addresses import door_of
from ui.prepared import Prepared

SAVED_ADDRESSES = 4
ORDERS_READ = 50


def latest_orders(patient: Patient) -> list[Order]:
    """Return the patient's placed orders with their windows, the latest first, at most ORDERS_READ of them."""
    return _latest.rows(patient=patient.pk)


def _latest_of(*, patient: int) -> QuerySet[Order]:
    orders = Order.objects.placed().filter(patient=patient).select_related("window")
    return orders.order_by("-placed_at", "-pk")[:ORDERS_READ]


_latest = Prepared(_latest_of)


def addresses_of(patient: Patient, orders: Iterable[Order]) -> list[Order]:
    """Return the first of the orders to each door other than the patient's own home, at most SAVED_ADDRESSES."""
    latest: dict[tuple[str, str], Order] = {}
    for order in orders:
        latest.setdefault(_door(order), order)
    latest.pop(_door(patient), None)
    return list(latest.values())[:SAVED_ADDRESSES]


def _door(place: Order | Patient) -> tuple[str, str]:
    return door_of(place.street, place.unit), place.zip_code
