"""Why the portal cancels an order that nobody asked to cancel: the orderer reads it on the page of the order."""

from datetime import datetime

from django.utils.timezone import localdate
from django.utils.translation import gettext_noop

from certification.models import Certification
from delivery.models import DoorAttempt, Order

ENTERED = gettext_noop("What our pharmacists entered leaves too little of the monthly allotment for this order.")
LOWERED = gettext_noop("The monthly allotment was lowered, and too little of it is left for this order.")
CAREGIVER_ENDED = gettext_noop("The person who placed this order is no longer the patient’s caregiver.")
NOT_CERTIFIED = gettext_noop("No certification is valid on the day of this delivery.")
NOT_CONFIRMED = gettext_noop("The delivery window passed before our staff had confirmed this order. We are sorry.")
NOT_BROUGHT = gettext_noop("The delivery window passed before our driver had left with this order. We are sorry.")
NOTHING_LEFT = gettext_noop("Nothing of this order is left to deliver: what was short was left out. We are sorry.")
BY_END: dict[str, str] = {
    Certification.Status.WITHDRAWN: gettext_noop("The physician withdrew the certification before this delivery."),
    Certification.Status.REVOKED: gettext_noop("The program revoked the certification before this delivery."),
    Certification.Status.CLOSED: gettext_noop("The patient’s record was closed before this delivery."),
}

BY_OUTCOME: dict[str, str] = {
    DoorAttempt.Outcome.NOBODY_HOME: gettext_noop("Nobody was home."),
    DoorAttempt.Outcome.ID_DIFFERS: gettext_noop("The photo ID at the door did not match."),
    DoorAttempt.Outcome.NO_CARD: gettext_noop("There was no medical marijuana card at the door."),
    DoorAttempt.Outcome.SHORT_OF_MONEY: gettext_noop("The money at the door was less than the total."),
    DoorAttempt.Outcome.REFUSED: gettext_noop("The order was refused at the door."),
    DoorAttempt.Outcome.NOT_CERTIFIED: NOT_CERTIFIED,
    DoorAttempt.Outcome.RECALLED: gettext_noop("What was in this order was recalled, so our driver kept it."),
}


def agreement_key(order: Order) -> str:
    """Return the key of an order among those that a person agrees to cancel."""
    return f"order:{order.pk}"


def is_lost(order: Order, *, now: datetime) -> bool:
    """Return whether an order that has not left will not be delivered any more.

    Without a confirmation that is so when its window has passed. A confirmed or packed order has until the end of its
    day: the driver may be late. An order that was confirmed before the portal knew which orders leave was most likely
    delivered: it stays as it is.
    """
    assert order.window is not None  # anything but a cart has one
    if order.status == Order.Status.PLACED:
        return order.window.ends_at <= now
    if order.status == Order.Status.CONFIRMED and order.predates_review:
        return False
    return order.window.date < localdate(now)


def why_lapsed(order: Order) -> str:
    """Return why an order lapses that did not leave before its window had passed."""
    return NOT_CONFIRMED if order.status == Order.Status.PLACED else NOT_BROUGHT


def why_uncovered(order: Order, certification: Certification | None, *, too_little: str) -> str:
    """Return why an open order is not covered: `too_little` where a certification is valid on its day, else its end."""
    if certification is not None:
        return too_little
    latest = order.patient.certifications.order_by("-certified_at").values_list("status", flat=True).first()
    return BY_END.get(latest or "", NOT_CERTIFIED)
