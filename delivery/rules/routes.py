"""In which order a driver visits the doors of a run, and when: from ZIP codes alone, without a map service."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from delivery.models import Order
from delivery.rules.addresses import miles_between
from ui.addresses import door_of

Stop = list[Order]  # the orders of one door

# Road times without a map service: the road is longer than the straight line by this factor, and driven at this speed
# [docs/domain.md#delivery].
ROAD_FACTOR = 1.4
KM_AN_HOUR = 45
KM_A_MILE = 1.609344
LEAST_SECONDS = 2 * 60  # between two doors: those of one ZIP code have the same point, but nobody drives in no time
STOP_SECONDS = 5 * 60  # at a door
MORE_SECONDS = 2 * 60  # at the same door, for each further order


def road_seconds(zip_code: str, other: str) -> int:
    """Return the whole seconds of the drive between doors of two ZIP codes, rounded up."""
    hours = miles_between(zip_code, other) * KM_A_MILE * ROAD_FACTOR / KM_AN_HOUR
    return max(ceil(hours * 3600), LEAST_SECONDS)


def seconds_at_door(orders: int) -> int:
    """Return the seconds that the hand-overs of so many orders take at one door."""
    return STOP_SECONDS + MORE_SECONDS * (orders - 1)


def arrivals(stops: Iterable[tuple[str, int]], *, start_zip: str) -> list[int]:
    """Return the seconds from setting out until the arrival at each stop, a ZIP code with its number of orders.

    Without a `start_zip` the driver sets out at the first door.
    """
    clock, here, reached = 0, start_zip, list[int]()
    for zip_code, orders in stops:
        clock += road_seconds(here, zip_code) if here else 0
        reached.append(clock)
        clock, here = clock + seconds_at_door(orders), zip_code
    return reached


def planned_times(route: Iterable[Order], *, start_zip: str, starts_at: datetime) -> dict[int, datetime]:
    """Return when the driver comes to the door of each order, by its id, who sets out at `starts_at`."""
    stops = stops_of(route)
    reached = arrivals([(stop[0].zip_code, len(stop)) for stop in stops], start_zip=start_zip)
    return {
        order.pk: starts_at + timedelta(seconds=seconds)
        for stop, seconds in zip(stops, reached, strict=True)
        for order in stop
    }


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
