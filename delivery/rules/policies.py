"""Which terms of delivery can be set, and how windows change under new terms."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import pairwise

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from delivery.models import AffectedOrder, DeliveryPolicy, DeliveryWindow, Order
from delivery.rules.errors import PolicyError
from ui.zip_codes import place_of

MOST_LEAD_HOURS = 14 * 24


@dataclass(frozen=True)
class WindowChange:
    """A window under new terms: `capacity` is its number of places, or None when the window is deleted."""

    window: DeliveryWindow
    capacity: int | None


def check_policy(policy: DeliveryPolicy, *, today: date) -> None:
    """The terms begin after today and can be kept: their windows, places, hours ahead, days and radius make sense.

    A radius needs a ZIP code in Connecticut. Raises PolicyError.
    """
    check_begins_later(policy.effective_date, today=today)
    check_hours(policy.windows)
    if policy.capacity < 1:
        raise PolicyError(_("Enter 1 place or more a window."), field="capacity")
    if policy.lead_hours > MOST_LEAD_HOURS:
        raise PolicyError(_("Enter %(most)d hours or less.") % {"most": MOST_LEAD_HOURS}, field="lead_hours")
    if policy.allotment_days < 1:
        raise PolicyError(_("Enter 1 day or more."), field="allotment_days")
    _check_radius(policy)


def check_begins_later(effective_date: date, *, today: date) -> None:
    """The terms begin after today, as terms in force never change; raises PolicyError."""
    if effective_date <= today:
        raise PolicyError(_("Terms begin tomorrow or later. Enter a later day."), field="effective_date")


def check_hours(windows: list[list[str]]) -> None:
    """The windows are in order and do not overlap; a window may begin when the one before ends. Raises PolicyError."""
    if not windows:
        raise PolicyError(_("Enter at least one window, like 9:30 am to 1:30 pm."), field="windows")
    hours = [(time.fromisoformat(starts), time.fromisoformat(ends)) for starts, ends in windows]
    if any(starts >= ends for starts, ends in hours):
        raise PolicyError(_("Each window has to end after it starts."), field="windows")
    if any(later[0] < earlier[1] for earlier, later in pairwise(hours)):
        raise PolicyError(_("The windows overlap, or are not in order. Enter one after the other."), field="windows")


def _check_radius(policy: DeliveryPolicy) -> None:
    if policy.radius_miles is None:
        return
    if policy.radius_miles < 1:
        raise PolicyError(_("Enter 1 mile or more, or nothing for the whole of Connecticut."), field="radius_miles")
    origin = place_of(policy.origin_zip)
    if origin is None or origin["state"] != "CT":
        raise PolicyError(_("Enter the ZIP code in Connecticut that the radius is around."), field="origin_zip")


def windows_under(policy: DeliveryPolicy, *, after: date) -> list[WindowChange]:
    """Return how the windows of the days later than `after` change under these terms.

    A window with the same hours gets the places of the terms, never fewer than are booked. A window with other hours is
    deleted; where an order refers to it, it keeps only the places that are booked, so that nobody else can order for
    it. Windows that staff added by hand do not change.
    """
    refers = Exists(Order.objects.filter(window=OuterRef("pk"))) | Exists(
        AffectedOrder.objects.filter(window=OuterRef("pk"))
    )
    first = max(policy.effective_date, after + timedelta(days=1))
    made = DeliveryWindow.objects.filter(date__gte=first, is_extra=False)
    following = DeliveryPolicy.objects.filter(effective_date__gt=policy.effective_date).last()
    if following:
        made = made.filter(date__lt=following.effective_date)
    changes = (
        _change(window, policy, is_kept=window.is_referred_to) for window in made.annotate(is_referred_to=refers)
    )
    return [change for change in changes if change.capacity != change.window.capacity]


def _change(window: DeliveryWindow, policy: DeliveryPolicy, *, is_kept: bool) -> WindowChange:
    planned = {(time.fromisoformat(starts), time.fromisoformat(ends)) for starts, ends in policy.windows}
    if policy.delivers_on(window.date) and (window.starts, window.ends) in planned:
        return WindowChange(window, max(policy.capacity, window.booked))
    return WindowChange(window, window.booked if is_kept else None)
