"""The messages about an order. Each is queued inside the caller's transaction."""

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.writes.messages import email_of, message_to, phone_of
from delivery.models import Order
from notifications.actions import queue
from notifications.models import Notification
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
        email=_email_of(order, reader),
    )
    queue(**message, by=by)


def is_told_by_phone(order: Order) -> bool:
    """Return whether the messages about the order are calls: it was ordered by phone, or mail to the reader bounces."""
    reader = _reader(order, None)
    return way_to(email=_email_of(order, reader), phone=phone_of(reader)).channel == Notification.Channel.PHONE


def _email_of(order: Order, reader: Patient | Caregiver) -> str:
    """Return the reader's address; who ordered with an account gets the mail at the address of the account."""
    return email_of(reader) if order.assisted_by_id else order.placed_by.email


def _reader(order: Order, assignment: CaregiverAssignment | None) -> Patient | Caregiver:
    """Return who reads the mail: the patient who ordered or called, or else the patient's caregiver."""
    patient = order.patient
    is_by_phone = order.assisted_by_id is not None
    if patient.user_id == order.placed_by_id or (is_by_phone and email_of(patient)):
        return patient
    assignment = assignment or patient.current_assignment
    return assignment.caregiver if assignment else patient
