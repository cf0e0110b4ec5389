"""The messages about an order. Each is queued inside the caller's transaction."""

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.writes.messages import addressee_for, email_of, message_to, phone_of
from delivery.models import Order, WaitingEntry
from notifications.actions import queue
from notifications.addressees import Addressee
from notifications.ways import way_to


def notify_orderer(
    order: Order, kind: str, *, by: User | None, reason: str = "", assignment: CaregiverAssignment | None = None
) -> None:
    """Queue one mail of a kind for each window that the order was in, or a call to a reader without an address.

    `reason` is why a day was closed, as orderers read it. `assignment` is the patient's open one where it has been read
    already.
    """
    reader = _reader(order, assignment)
    message = message_to(
        reader,
        kind,
        context={"order": order.pk} | ({"reason": reason} if reason else {}),
        key=f"{order.pk}:{order.moves}" if order.moves else str(order.pk),
    )
    if order.assisted_by_id is None:
        # A caregiver who ordered may have been replaced meanwhile: texts go to whoever ordered alone.
        as_text = kind if reader.user_id == order.placed_by_id else ""
        way = way_to(email=order.placed_by.email, phone=phone_of(reader), kind=as_text)
        message |= {"recipient": way.recipient, "channel": way.channel}
    queue(**message, by=by)


def is_told_by_phone(order: Order) -> bool:
    """Return whether the messages about the order are calls, because it was ordered by phone without an address."""
    return order.assisted_by_id is not None and not email_of(_reader(order, None))


def addressee_of_order(order: Order) -> Addressee:
    """Return whom the messages about an order are for."""
    email = order.placed_by.email if order.assisted_by_id is None else None
    return addressee_for(_reader(order, None), email=email)


def _reader(order: Order, assignment: CaregiverAssignment | None) -> Patient | Caregiver:
    """Return who reads the mail: the patient who ordered or called, or else the patient's caregiver."""
    patient = order.patient
    is_by_phone = order.assisted_by_id is not None
    if patient.user_id == order.placed_by_id or (is_by_phone and email_of(patient)):
        return patient
    assignment = assignment or patient.current_assignment
    return assignment.caregiver if assignment else patient


def waiting_reader(entry: WaitingEntry) -> Patient | Caregiver:
    """Return who reads the message about a free place: the patient, or the caregiver who waits for one."""
    return entry.patient if entry.patient.user_id == entry.orderer_id else entry.orderer.caregiver
