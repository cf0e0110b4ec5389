"""The addresses that were used before, as the checkout offers them."""

from collections.abc import Iterable
from datetime import time
from typing import Any, NamedTuple

from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from phonenumber_field.phonenumber import PhoneNumber, to_python

from certification.models import Patient
from delivery.models import Order
from ui.addresses import door_of
from ui.prepared import Prepared

SAVED_ADDRESSES = 4
ORDERS_READ = 50


class EarlierOrder(NamedTuple):
    """The columns of a placed order that the checkout reads; fifty rows of the model would parse fifty phones."""

    number: str
    street: str
    unit: str
    city: str
    zip_code: str
    phone_text: str
    payment_method: str
    status: str
    placed_by: int | None
    starts: time | None  # of its window

    @property
    def phone(self) -> PhoneNumber | str | None:
        return to_python(self.phone_text)

    @property
    def street_address(self) -> str:
        return " ".join(part for part in (self.street, self.unit) if part)


COLUMNS = (
    "number", "street", "unit", "city", "zip_code", Cast("phone", CharField()), "payment_method", "status", "placed_by",
    "window__starts",
)  # fmt: skip


def latest_orders(patient: Patient) -> list[EarlierOrder]:
    """Return the patient's placed orders, the latest first, at most ORDERS_READ of them."""
    return [EarlierOrder(*row) for row in _latest.rows(patient=patient.pk)]


def _latest_of(*, patient: int) -> QuerySet[Order, Any]:
    orders = Order.objects.placed().filter(patient=patient).values_list(*COLUMNS)
    return orders.order_by("-placed_at", "-pk")[:ORDERS_READ]


_latest = Prepared(_latest_of)


def addresses_of(patient: Patient, orders: Iterable[EarlierOrder]) -> list[EarlierOrder]:
    """Return the first of the orders to each door other than the patient's own home, at most SAVED_ADDRESSES."""
    spelled: dict[tuple[str, str, str], EarlierOrder] = {}  # to find the door takes longer than to compare the spelling
    for order in orders:
        spelled.setdefault((order.street, order.unit, order.zip_code), order)
    latest: dict[tuple[str, str], EarlierOrder] = {}
    for order in spelled.values():
        latest.setdefault(_door(order), order)
    latest.pop(_door(patient), None)
    return list(latest.values())[:SAVED_ADDRESSES]


def _door(place: EarlierOrder | Patient) -> tuple[str, str]:
    return door_of(place.street, place.unit), place.zip_code
