"""The addresses that were used before, as the checkout offers them."""

from certification.models import Patient
from delivery.models import Order
from ui.addresses import door_of

SAVED_ADDRESSES = 4
ORDERS_READ = 50


def addresses_of(patient: Patient) -> list[Order]:
    """Return the latest order to each door other than the patient's own home, at most SAVED_ADDRESSES of them."""
    latest: dict[tuple[str, str], Order] = {}
    for order in Order.objects.placed().filter(patient=patient).order_by("-placed_at", "-pk")[:ORDERS_READ]:
        latest.setdefault(_door(order), order)
    latest.pop(_door(patient), None)
    return list(latest.values())[:SAVED_ADDRESSES]


def _door(place: Order | Patient) -> tuple[str, str]:
    return door_of(place.street, place.unit), place.zip_code
