"""What several actions do to an order. Each write runs inside the caller's transaction, with all rows locked."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import record
from certification.models import Caregiver, Certification, Patient
from delivery import rules, signals
from delivery.models import DeliveryWindow, Order, OrderLine, Shortage
from delivery.writes.holds import release_hold
from delivery.writes.locks import lock_order, lock_orders
from delivery.writes.messages import notify_orderer
from delivery.writes.runs import leave_run
from ui.agreement import Effect, check_agreed
from ui.templatetags.portal import grams, long_date

# The kind of mail that tells the orderer about the end of an order, by the verb that ended it.
MAILS = {"refuse": "order_refused", "cancel": "order_cancelled", "lapse": "order_cancelled"}


def put_into_window(
    order: Order,
    window: DeliveryWindow,
    certification: Certification | None,
    *,
    by: User,
    reason: str = "",
    reason_es: str = "",
) -> None:
    """Release the order's place in its window and take one in `window`; the caller has checked that it fits.

    A packed order is unpacked: it is packed again for its new day, from lots that are good on that day.
    """
    assert order.window_id
    DeliveryWindow.objects.filter(pk=order.window_id).update(booked=F("booked") - 1)
    DeliveryWindow.objects.filter(pk=window.pk).update(booked=F("booked") + 1)
    order.window, order.certification, order.moves = window, certification, order.moves + 1
    order.save(update_fields=["window", "certification", "moves", *leave_run(order)])
    if order.status == Order.Status.PACKED:
        unpack(order, by=by)
    record(action="order.move", by=by, subject=order, reason=reason)
    notify_orderer(order, "order_moved", by=by, reason=reason, reason_es=reason_es)


def unpack(order: Order, *, by: User | None) -> None:
    """Make a packed order confirmed again; it keeps its place, stock, lots and allotment. Raises TransitionError."""
    rules.check_move("unpack", order)
    order.status, order.packed_at = rules.MOVES["unpack"].to, None
    order.save(update_fields=["status", "packed_at"])
    record(action="order.unpack", by=by, subject=order)
    signals.order_unpacked.send(sender=Order, order=order, by=by)


def tell_repacked(order: Order, *, by: User | None) -> None:
    """Tell the apps above that the bag of a packed order holds something else now."""
    if order.status == Order.Status.PACKED:
        signals.order_repacked.send(sender=Order, order=order, by=by)


def end_order(
    order: Order, verb: str, *, by: User | None, reason: str = "", reason_es: str = "", is_public: bool = False
) -> Order:
    """End the order by a verb of `rules.MOVES`, release its hold and notify the orderer; returns the order.

    A public reason is named in the mail; any other reason is shown on the page of the order alone. `reason_es` is the
    reason for readers of Spanish. Raises TransitionError.
    """
    rules.check_move(verb, order)
    was_packed = order.status == Order.Status.PACKED
    status = rules.MOVES[verb].to
    order.status, order.ended_at = status, timezone.now()
    order.ended_reason, order.ended_reason_es = reason, reason_es
    order.save(update_fields=["status", "ended_at", "ended_reason", "ended_reason_es", *leave_run(order)])
    order.shortages.unanswered().update(
        answer=Shortage.Answer.DROPPED, how=Shortage.How.NOBODY, answered_at=order.ended_at
    )
    release_hold(order, by=by)
    record(action=f"order.{status}", by=by, subject=order, reason=reason)
    public, public_es = (reason, reason_es) if is_public else ("", "")
    notify_orderer(order, MAILS[verb], by=by, reason=public, reason_es=public_es)
    if was_packed:
        signals.order_unpacked.send(sender=Order, order=order, by=by)
    return order


def write_days(lines: Collection[OrderLine], days: Mapping[int, int], *, by: User) -> None:
    """Write how many days one item of each line lasts, by line id, as the pharmacist `by` states. Raises QuantityError.

    What stays as it was stated keeps its pharmacist.
    """
    changed = [line for line in lines if line.pk in days and days[line.pk] != line.days]
    for line in changed:
        rules.check_days(days[line.pk])
        line.days, line.days_by = days[line.pk], by
    OrderLine.objects.bulk_update(changed, ["days", "days_by"])


def cancel_uncovered_orders(patient: Patient, *, from_day: date, too_little: str, by: User | None) -> int:
    """Cancel the patient's open orders from `from_day` on that no certification covers; returns how many.

    An order that has left is stopped at the door, where the certification is looked at again.
    An order that exceeds what is left of the allotment is not covered either: `too_little` is the reason that its
    orderer reads. The latest orders go first, so that an earlier order stays. Raises AgreementNeeded.
    """
    policy = rules.policy_on(timezone.localdate())
    open_orders = Order.objects.before_departure().filter(patient=patient, window__date__gte=from_day)
    lock_orders(open_orders)
    cancelled = []
    for order in open_orders.select_related("window", "placed_by").order_by("-window__date", "-pk"):
        assert order.window
        day = order.window.date
        certification = patient.certification_on(day)
        left_mg = rules.allotment_left_mg(
            patient=patient, day=day, certification=certification, days=policy.allotment_days, without=order
        )
        if order.amount_mg > left_mg:
            reason = rules.why_uncovered(order, certification, too_little=too_little)
            cancelled.append(end_order(lock_order(order), "cancel", reason=reason, by=by))
    check_agreed([effect_of(order) for order in cancelled])
    return len(cancelled)


def cancel_orders_of_caregiver(patient: Patient, caregiver: Caregiver, *, by: User | None) -> int:
    """Cancel the open orders that a caregiver placed whose assignment has ended; returns how many.

    Raises AgreementNeeded.
    """
    orders_of_caregiver = Order.objects.before_departure().filter(patient=patient, placed_by__caregiver=caregiver)
    lock_orders(orders_of_caregiver)
    reason = rules.CAREGIVER_ENDED
    orders = orders_of_caregiver.order_by("-pk")
    cancelled = [end_order(lock_order(order), "cancel", reason=reason, by=by) for order in list(orders)]
    check_agreed([effect_of(order) for order in cancelled])
    return len(cancelled)


def effect_of(order: Order) -> Effect:
    """Return the cancelled order as a person is asked about it."""
    assert order.window
    words = {"number": order.number, "day": long_date(order.window.date), "amount": grams(order.amount_mg)}
    sentence = _("Order %(number)s for %(day)s, %(amount)s") % words
    return Effect(rules.agreement_key(order), sentence, order.ended_reason)
