"""In which order a driver visits the doors of a run: proposed from ZIP codes alone, without a map service."""

from collections.abc import Iterable

from delivery.models import Order
from delivery.rules.addresses import miles_between
from ui.addresses import door_of

Stop = list[Order]  # the orders of one door


def door_key(order: Order) -> tuple[str, str]:
    """Return what two orders to the same door have in common."""
    return order.zip_code, door_of(order.street, order.unit)


def stops_of(orders: Iterable[Order]) -> list[Stop]:
    """Return the orders grouped by door; a door stands where its first order stands."""
    stops: dict[tuple[str, str], Stop] = {}
    for order in orders:
        stops.setdefault(door_key(order), []).append(order)
    return list(stops.values())


def nearest_next(orders: Iterable[Order], *, start_zip: str) -> list[Order]:
    """Return the orders so that the nearest door not visited yet comes next, beginning near `start_zip`.

    Without a start the first order stays first. Doors in the same ZIP code are equally near: they keep their order.
    """
    waiting, route, here = stops_of(orders), list[Order](), start_zip
    while waiting:
        stop = min(waiting, key=lambda stop: miles_between(here, stop[0].zip_code))
        waiting.remove(stop)
        route += stop
        here = stop[0].zip_code
    return route


def with_new_stops(route: list[Order], new: Iterable[Order], *, start_zip: str) -> list[Order]:
    """Return the route with further orders: each beside the same door, and new doors nearest next at the end.

    The order of what was in the route stays, because people may have changed it by hand.
    """
    here = route[-1].zip_code if route else start_zip
    added = nearest_next(new, start_zip=here)
    return [order for stop in stops_of([*route, *added]) for order in stop]
