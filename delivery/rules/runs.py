"""What may be put into a run, and who drives it. Each `check_` raises a DeliveryError."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

from django.utils.translation import gettext as _

from accounts.models import User
from delivery.models import DeliveryWindow, Order, Run
from delivery.rules.errors import RunError
from delivery.rules.orders import check_is_before_departure
from ui.templatetags.portal import clock

DRIVE = "delivery.drive_run"
OF_DRIVERS = frozenset({DRIVE, "certification.check_card"})  # all that the group Driver may do
LATE_MINUTES = (15, 30, 60)
ON_TIME_WITHIN = timedelta(minutes=15)  # the least that a driver can tell the people of the stops
LATE_AGAIN_AFTER = timedelta(minutes=15)
MOST_LATE_MESSAGES = 4  # of a run
KEPT_AFTER_WINDOW = timedelta(hours=4)  # a late last stop, the way back and the counting
LAST_POSITION = 9_999


def drives_runs(user: User) -> bool:
    """Return whether the account may drive: it is active staff whose group holds `drive_run`."""
    return user.is_active and user.is_staff and user.has_perm(DRIVE)


def only_drives(user: User) -> bool:
    """Return whether the account may drive and nothing more: the lists of the admin are all closed to it."""
    return drives_runs(user) and user.get_all_permissions() <= OF_DRIVERS


def check_can_drive(driver: User | None, window: DeliveryWindow, *, run: Run | None = None) -> None:
    """The account drives, and has no other open run in the window; None passes. Raises RunError."""
    if driver is None:
        return
    if not drives_runs(driver):
        raise RunError(_("This account is not a driver’s."), field="driver")
    others = Run.objects.open().filter(window=window, driver=driver)
    if any(other != run for other in others):
        words = _("%(driver)s has another run in this window. Choose another driver.")
        raise RunError(words % {"driver": driver.first_name or driver.email}, field="driver")


def check_crews(drivers: Sequence[User], window: DeliveryWindow) -> None:
    """There is a driver to plan for, each of them drives, and none is on the way in this window; raises RunError."""
    if not drivers:
        raise RunError(_("Tick at least one driver."))
    if not all(drives_runs(driver) for driver in drivers):
        raise RunError(_("This account is not a driver’s."))
    left = Run.objects.open().filter(window=window, driver__in=drivers, opened_at__isnull=False)
    for run in left.select_related("driver"):
        assert run.driver
        words = _("%(driver)s is on the way already. Plan for the others.")
        raise RunError(words % {"driver": run.driver.first_name or run.driver.email})


def signed_in_until(run: Run) -> datetime:
    """Return until when a driver stays signed in on the sheet of a run, and a phone keeps it."""
    return run.window.ends_at + KEPT_AFTER_WINDOW


def check_run_is_open(run: Run) -> None:
    """The money of the run has not been counted yet; raises RunError."""
    if run.is_closed:
        raise RunError(_("This run is settled. Nothing about it can be changed any more."))


def check_keeps_driver(run: Run, driver: User | None) -> None:
    """A run that has left has a driver; raises RunError."""
    if run.opened_at is not None and driver is None:
        raise RunError(_("This run is on its way: it needs a driver."), field="driver")


def check_can_change_run(order: Order) -> None:
    """The order is open and has not left with a driver, so its run can be changed; raises TransitionError."""
    check_is_before_departure(order)


def check_fits_run(order: Order, run: Run) -> None:
    """The order can go with the run: it is open, has not left yet, and both have one window.

    Raises TransitionError or RunError.
    """
    check_run_is_open(run)
    check_can_change_run(order)
    if order.window_id != run.window_id:
        words = _("Order %(number)s is for another window. Move it to this window first.")
        raise RunError(words % {"number": order.number})


def sorted_by_hand(route: Sequence[Order], positions: Mapping[int, int]) -> list[Order]:
    """Return the route after somebody typed new positions, by the id of an order; what was not typed keeps its own.

    Two orders may have the same position then: an order that moved up comes before the one that was there, and an order
    that moved down after it.
    """

    def key(order: Order) -> tuple[int, int, int]:
        old = order.position or 0
        new = positions.get(order.pk, old)
        return new, (new > old) - (new < old), old

    return sorted(route, key=key)


def check_can_tell_late(run: Run, minutes: int, *, now: datetime) -> None:
    """The run is under way, and its people have not been told just before, nor too often. Raises RunError."""
    check_run_is_open(run)
    if minutes not in LATE_MINUTES:
        raise RunError(_("Choose how late you are."))
    if run.opened_at is None:
        raise RunError(_("This run has not left yet. Call the people, or ask a Manager to move the orders."))
    if run.late_told_count >= MOST_LATE_MESSAGES:
        words = _("They were told %(count)d times already. Call the people who still wait.")
        raise RunError(words % {"count": run.late_told_count})
    if run.late_told_at is not None and now < run.late_told_at + LATE_AGAIN_AFTER:
        words = _(
            "They were told at %(at)s that you are %(minutes)d minutes late. You can tell them again from %(again)s."
        )
        at, again = run.late_told_at, run.late_told_at + LATE_AGAIN_AFTER
        raise RunError(words % {"at": clock(at), "minutes": run.late_minutes, "again": clock(again)})


def expected_by(order: Order, window: DeliveryWindow) -> datetime:
    """Return when the driver is expected at the door: at the planned time, and never after the end of the window."""
    return min(order.planned_at or window.ends_at, window.ends_at)


def late_from(order: Order, window: DeliveryWindow) -> datetime:
    """Return from when on a stop that is still to come makes its driver late. No stop is on time after the window."""
    return min(expected_by(order, window) + ON_TIME_WITHIN, window.ends_at)


def minutes_late(order: Order, window: DeliveryWindow, *, now: datetime) -> int:
    """Return by how many minutes, begun ones counted, the driver is late whose next stop this is; 0 for on time."""
    if now <= late_from(order, window):
        return 0
    return ceil((now - expected_by(order, window)) / timedelta(minutes=1))


def check_has_remaining(orders: Sequence[Order]) -> None:
    """An order is still with the driver; raises RunError."""
    if not orders:
        raise RunError(_("No stop remains: nobody has to be told."))
