"""Moving an order to another window, and declining a delivery after the cut-off."""

from django.utils import timezone

from accounts.models import User
from accounts.permissions import may_as_staff
from audit.actions import audited, record
from certification.models import Certification, Patient
from delivery import rules
from delivery.models import DeliveryWindow, Order
from delivery.writes.locks import lock_order
from delivery.writes.orders import put_into_window


@audited("order.move", subject="order")
def move_order(*, order: Order, window: DeliveryWindow, by: User) -> Order:
    """Move an order to another window: the orderer until the cut-off, staff at any time.

    The order releases its place and takes one in `window`. Its stock, its prices and its own terms (`policy`) stay. The
    same window again changes nothing. Raises TransitionError, WindowError, OrdererError, CertificationNotValid,
    ProductError or AllotmentError.
    """
    now = timezone.now()
    Patient.objects.select_for_update(no_key=True).get(orders=order)
    valid = Certification.objects.valid_on(window.date).select_for_update(no_key=True)
    certification = valid.filter(patient=order.patient_id).first()
    order = lock_order(order)
    if order.window_id == window.pk:
        return order
    by_staff = may_as_staff(by, "delivery.change_order")
    if not by_staff:
        rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_move(order, by_staff=by_staff, now=now)
    assert order.window_id
    both = DeliveryWindow.objects.select_for_update(no_key=True).filter(pk__in={order.window_id, window.pk})
    windows = {locked.pk: locked for locked in both.order_by("pk")}
    target = windows.get(window.pk)
    rules.check_window_has_room(target)
    assert target
    rules.check_fits(order, target, certification, now=now)
    put_into_window(order, target, certification, by=by)
    return order


@audited("order.decline", subject="order")
def decline_order(*, order: Order, by: User) -> Order:
    """Mark for staff, after the cut-off, that nobody can take the delivery. The same call again changes nothing."""
    now = timezone.now()
    order = lock_order(order)
    if order.declined_at is not None:
        return order
    rules.check_orderer(order.patient, user=by, today=timezone.localdate(now))
    rules.check_may_decline(order, now=now)
    order.declined_at = now
    order.save(update_fields=["declined_at"])
    record(by=by, subject=order)
    return order
