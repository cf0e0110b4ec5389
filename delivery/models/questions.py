"""Questions that both Python and the database answer. Each is here once, as a `Q` and as a function."""

from typing import TYPE_CHECKING

from django.db.models import F, Q

from certification.models.validity import WITHDRAWN

if TYPE_CHECKING:
    from delivery.models import Closure, DeliveryWindow, Order, Product

BEFORE_DEPARTURE = ("placed", "confirmed", "packed")
OPEN = (*BEFORE_DEPARTURE, "out_for_delivery")  # the statuses of an open order

IS_BEFORE_DEPARTURE = Q(status__in=BEFORE_DEPARTURE)


def is_before_departure(order: "Order") -> bool:
    """Return whether the order is still with us: it can be changed, moved and cancelled."""
    return order.status in BEFORE_DEPARTURE


IS_OPEN = Q(status__in=OPEN)


def is_open(order: "Order") -> bool:
    """Return whether the order is still to be delivered."""
    return order.status in OPEN


HAS_HOLD = IS_OPEN | Q(status="returned", taken_in_at__isnull=True)


def has_hold(order: "Order") -> bool:
    """Return whether the order takes up a place, stock and allotment: it is open, or returned and not taken in yet."""
    return order.status in OPEN or (order.status == "returned" and order.taken_in_at is None)


def counts_under(path: str) -> Q:
    """Return `COUNTS` for rows that lead to their orders by `path`, for example "orders__"."""
    is_returned = Q((f"{path}status", "returned"), (f"{path}taken_in_at__isnull", True))
    return Q((f"{path}status__in", (*OPEN, "delivered"))) | is_returned


COUNTS = counts_under("")


def counts(order: "Order") -> bool:
    """Return whether the order takes up a place and allotment: it has a hold, or it was delivered."""
    return order.status == "delivered" or has_hold(order)


HAS_ROOM = Q(is_open=True, booked__lt=F("capacity"))


def has_room(window: "DeliveryWindow") -> bool:
    """Return whether an order can take a place: the window is open and not every place is booked."""
    return window.is_open and window.booked < window.capacity


IS_IN_FORCE = Q(lifted_at__isnull=True)


def is_in_force(closure: "Closure") -> bool:
    """Return whether nothing is delivered on the day: staff did not open it again."""
    return closure.lifted_at is None


ENDS_BEFORE_DELIVERY = Q(certification__expires_date__lte=F("window__date")) | Q(
    certification__status=WITHDRAWN, certification__deliveries_stop_date__lt=F("window__date")
)


def ends_before_delivery(order: "Order") -> bool:
    """Return whether the certification of a placed order is over, or withdrawn for good, on the day of delivery."""
    assert order.window and order.certification  # a cart has neither
    day, certification = order.window.date, order.certification
    stops = certification.deliveries_stop_date
    is_stopped = certification.status == WITHDRAWN and stops is not None and stops < day
    return certification.expires_date <= day or is_stopped


IS_LOW = Q(stock__lte=F("low_stock_at"))


def is_low(product: "Product") -> bool:
    """Return whether so few are left that staff should receive more."""
    return product.stock <= product.low_stock_at
