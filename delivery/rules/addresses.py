"""Where deliveries are made: homes in Connecticut. Each `check_` raises an AddressError."""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any

import usaddress
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from delivery.models import DeliveryPolicy, Order
from delivery.rules.errors import AddressError
from ui.addresses import door_of, names_po_box
from ui.text import search_name
from ui.zip_codes import has_homes, place_of

BUSINESS_WORDS = re.compile(
    r"\b(llc|inc|corp|office|suite|ste|dorm|dormitory|residence hall|hotel|motel|store|shop|salon|clinic|church)\b",
    re.IGNORECASE,
)

AddressKey = tuple[str, str, str]


def zip_is_served(zip_code: str, policy: DeliveryPolicy) -> bool:
    """Return whether the ZIP code is of homes in Connecticut, within the radius where one is set.

    06390 begins like Connecticut's ZIP codes and is in New York. Codes of boxes, of one organization and retired ones
    have no homes.
    """
    place = place_of(zip_code)
    if place is None or place["state"] != "CT" or not has_homes(zip_code):
        return False
    if policy.radius_miles is None:
        return True
    origin = place_of(policy.origin_zip)
    assert origin is not None
    return _miles_between(origin, place) <= policy.radius_miles


def _miles_between(start: Mapping[str, Any], end: Mapping[str, Any]) -> float:
    lat1, lat2 = radians(float(start["lat"])), radians(float(end["lat"]))  # coordinates, neither money nor amounts
    half_lat, half_long = (lat2 - lat1) / 2, radians(float(end["long"]) - float(start["long"])) / 2
    return 2 * 3958.8 * asin(sqrt(sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_long) ** 2))


def miles_between(zip_code: str, other: str) -> float:
    """Return the miles between the points of two ZIP codes as the crow flies; 0 where one of them is not known."""
    start, end = place_of(zip_code), place_of(other)
    return _miles_between(start, end) if start and end else 0.0


@lru_cache(maxsize=1_000)  # most people order to the same home again, and to read an address takes a while
def looks_like_business(street: str, unit: str = "") -> bool:
    """Return whether an address reads like a business, a dorm or a workplace.

    Such an address is asked about, and never refused for that alone. The name of the street does not count: people live
    on Church Street.
    """
    parts = usaddress.parse(street)  # tag() raises an error for a floor with a side: 2nd Fl Front
    labels = {label for _text, label in parts}
    words = " ".join(text for text, label in parts if label != "StreetName")
    return bool(BUSINESS_WORDS.search(f"{words} {unit}")) or (
        "BuildingName" in labels and "AddressNumber" not in labels
    )


def address_key(*, street: str, unit: str, city: str, zip_code: str) -> AddressKey:
    """Return door, town and ZIP code of an address in one spelling, to compare it with other addresses."""
    return door_of(street, unit), search_name(city), zip_code


def orders_of_same_stop(order: Order) -> QuerySet[Order]:
    """Return the other open orders to the same door in the same window: one stop, with a hand-over for each order."""
    others = Order.objects.open().filter(window=order.window_id, zip_code=order.zip_code).exclude(pk=order.pk)
    door = door_of(order.street, order.unit)
    pairs = others.values_list("pk", "street", "unit")
    same_door = [pk for pk, street, unit in pairs if door_of(street, unit) == door]
    return Order.objects.filter(pk__in=same_door).order_by("pk")


def check_address(*, street: str, unit: str, zip_code: str, is_residence: bool, policy: DeliveryPolicy) -> None:
    """The address is a home in Connecticut, no PO box, within the radius where one is set [docs/domain.md#delivery].

    Raises AddressError.
    """
    if names_po_box(street, unit):
        raise AddressError(_("We cannot deliver to a PO box. Enter the street address of a home."), field="street")
    place = place_of(zip_code)
    if place is not None and place["state"] == "CT" and not has_homes(zip_code):
        raise AddressError(
            _("This ZIP code is of PO boxes or of one organization. Enter the ZIP code of the home."), field="zip_code"
        )
    if not zip_is_served(zip_code, policy):
        raise AddressError(
            _("We deliver to street addresses in Connecticut only. Please check the ZIP code."), field="zip_code"
        )
    if not is_residence:
        raise AddressError(
            _("We deliver to homes only, never to a business. Tick the box if this is a home."), field="is_residence"
        )
