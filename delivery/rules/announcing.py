"""When orderers are told about tomorrow's delivery."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from delivery.models import DeliveryWindow

ANNOUNCED_FROM = time(17)  # in New York, on the evening before


def announced_at(window: DeliveryWindow) -> datetime:
    """Return the instant from which the orders of a window are announced: 5 p.m. on the evening before."""
    evening = window.date - timedelta(days=1)
    return datetime.combine(evening, ANNOUNCED_FROM, tzinfo=ZoneInfo(settings.TIME_ZONE))


def is_time_to_announce(window: DeliveryWindow, *, now: datetime) -> bool:
    """Return whether the evening before has come and the window has not begun; a late run still tells in time."""
    return announced_at(window) <= now < window.starts_at
