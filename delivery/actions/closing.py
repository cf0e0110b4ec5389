"""Closing a day with its orders, and opening it again."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Patient
from delivery import rules
from delivery.models import AffectedOrder, Closure, DeliveryWindow, Order
from delivery.writes.locks import lock_calendar, lock_order, lock_orders
from delivery.writes.orders import effect_of, end_order, put_into_window
from ui.agreement import check_agreed


@audited("date.close")
def close_date(*, day: date, reason: str, reason_es: str = "", is_moving: bool, by: User) -> Closure:
    """Close a day: its windows close, and its open orders are moved or cancelled, all together or none.

    Orders that have left are not touched: the driver brings them or comes back with them.

    With `is_moving` each order that fits goes to the next day with deliveries, in the order in which they were placed;
    the other orders are cancelled. The orderers get mails, and the closure lists what became of each order. The same
    call again changes nothing. Raises WindowError, AgreementNeeded.
    """
    lock_calendar()
    now = timezone.now()
    rules.check_may_be_closed(day, today=timezone.localdate(now))
    rules.check_closing_reason(reason)
    words = {"reason": reason, "reason_es": reason_es}
    closure, _is_new = Closure.objects.update_or_create(date=day, defaults={**words, "lifted_at": None})
    windows, free = rules.windows_to_close(day, now=now), rules.next_windows(day)
    orders = _locked_orders(windows, free)
    closing = DeliveryWindow.objects.filter(pk__in=[window.pk for window in windows])
    closing.update(is_open=False, closed_reason=reason, closed_reason_es=reason_es)
    record(by=by, subject=closure, reason=reason)
    outcomes = rules.outcomes_of_closing(orders, rules.next_windows(day) if is_moving else [], now=now)
    changed = [_move_or_cancel(outcome, closure, by=by) for outcome in outcomes]
    check_agreed([effect_of(order) for order in changed if not order.has_hold])
    return closure


def _locked_orders(windows: list[DeliveryWindow], free: list[DeliveryWindow]) -> list[Order]:
    """Lock the open orders of `windows` with their patients and products, and `free`; return the orders as placed.

    Every action locks patients before windows. When an order comes in between the two, the locking begins again.
    """
    orders = Order.objects.before_departure().filter(window__in=windows)
    while True:
        savepoint = transaction.savepoint()
        patients = Patient.objects.filter(pk__in=orders.values("patient"))
        list(patients.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        held = lock_orders(orders, windows=[*windows, *free])
        if held.issuperset(orders.values_list("pk", flat=True)):
            return list(orders.select_related("patient", "window", "policy", "placed_by").order_by("placed_at", "pk"))
        transaction.savepoint_rollback(savepoint)


def _move_or_cancel(outcome: rules.Outcome, closure: Closure, *, by: User) -> Order:
    order, window = lock_order(outcome.order), outcome.window
    words = {"reason": closure.reason, "reason_es": closure.reason_es}
    if window:
        put_into_window(order, window, order.patient.certification_on(window.date), by=by, **words)
    else:
        end_order(order, "cancel", by=by, is_public=True, **words)
    AffectedOrder.objects.create(closure=closure, order=order, window=window, why=outcome.why)
    return order


@audited("date.open", subject="closure")
def open_date(*, closure: Closure, by: User) -> Closure:
    """Open a closed day again with its windows. Orders that were moved or cancelled stay so.

    The same call again changes nothing.
    """
    lock_calendar()
    closure = Closure.objects.select_for_update(no_key=True).get(pk=closure.pk)
    if closure.is_in_force:
        closure.lifted_at = timezone.now()
        closure.save(update_fields=["lifted_at"])
        DeliveryWindow.objects.filter(date=closure.date).update(is_open=True, closed_reason="", closed_reason_es="")
        record(by=by, subject=closure)
    return closure
