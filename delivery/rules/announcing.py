"""When orderers are told about tomorrow's delivery, and staff about the print pack."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.timezone import localdate

from delivery.models import DeliveryWindow, Order
from delivery.rules.windows import closes_at, policy_on

ANNOUNCED_FROM = time(17)  # in New York, on the evening before


def announced_at(window: DeliveryWindow) -> datetime:
    """Return the instant from which the orders of a window are announced: 5 p.m. on the evening before."""
    evening = window.date - timedelta(days=1)
    return datetime.combine(evening, ANNOUNCED_FROM, tzinfo=ZoneInfo(settings.TIME_ZONE))


def is_time_to_announce(window: DeliveryWindow, *, now: datetime) -> bool:
    """Return whether the evening before has come and the window has not begun; a late run still tells in time."""
    return announced_at(window) <= now < window.starts_at


def windows_to_print(*, now: datetime) -> list[DeliveryWindow]:
    """Return the windows that have open orders, whose cut-off has passed and which are not over."""
    open_orders = Order.objects.open().filter(window__date__gte=localdate(now)).values("window")
    windows = list(DeliveryWindow.objects.filter(pk__in=open_orders))
    policy = policy_on(localdate(now)) if windows else None
    return [window for window in windows if policy and closes_at(window, policy) < now < window.ends_at]
