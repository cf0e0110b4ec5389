"""From one window to another, and the word that nobody will take the delivery."""

from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited, record
from certification.models import Certification, Patient
from delivery import rules
from delivery.actions.holding import locked, tell
from delivery.models import DeliveryWindow, Order


@audited("order.move", subject="order")
def move_order(*, order: Order, window: DeliveryWindow, by: User) -> Order:
    """The orderer until the cut-off, or staff: its place is given back and one of `window` taken; stock stays.

    The order's own terms hold (`policy`), and its prices. The same window again changes nothing. Raises
    TransitionError, WindowError, OrdererError, CertificationNotValid, ProductError or AllotmentError.
    """
    now = timezone.now()
    Patient.objects.select_for_update(no_key=True).get(orders=order)
    valid = Certification.objects.valid_on(window.date).select_for_update(no_key=True)
    certification = valid.filter(patient=order.patient_id).first()
    order = locked(order)
    if order.window_id == window.pk:
        return order
    by_staff = may_as_staff(by, "delivery.change_order")
    if not by_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_move(order, by_staff=by_staff, now=now)
    assert order.window_id
    both = DeliveryWindow.objects.select_for_update(no_key=True).filter(pk__in={order.window_id, window.pk})
    windows = {one.pk: one for one in both.order_by("pk")}
    target = windows.get(window.pk)
    rules.check_window_has_room(target)
    assert target
    rules.check_fits(order, target, certification, now=now)
    put_into(order, target, certification, by=by)
    return order


def put_into(
    order: Order, window: DeliveryWindow, certification: Certification | None, *, by: User, reason: str = ""
) -> None:
    """What was checked: the place of one window is given back and one of the other taken. All is locked already."""
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") - 1)
    DeliveryWindow.objects.filter(pk=window.pk).update(booked=F("booked") + 1)
    order.window, order.certification, order.moves = window, certification, order.moves + 1
    order.save(update_fields=["window", "certification", "moves"])
    record(action="order.move", by=by, subject=order, reason=reason)
    tell(order, "order_moved", by=by, reason=reason)


@audited("order.decline", subject="order")
def decline_order(*, order: Order, by: User) -> Order:
    """After the cut-off the orderer says that nobody can take it: marked for staff. Again changes nothing."""
    now = timezone.now()
    order = locked(order)
    if order.declined_at is not None:
        return order
    rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_decline(order, now=now)
    order.declined_at = now
    order.save(update_fields=["declined_at"])
    record(by=by, subject=order)
    return order
