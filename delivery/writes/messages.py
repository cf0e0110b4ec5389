"""The messages about an order. Each is queued inside the caller's transaction."""

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.writes.messages import Message, email_of, message_to
from delivery.models import Order
from notifications.actions import queue


def notify_orderer(
    order: Order,
    kind: str,
    *,
    by: User | None,
    reason: str = "",
    about: int | None = None,
    assignment: CaregiverAssignment | None = None,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Queue one mail of a kind for each window that the order was in, or a call to a reader without an address.

    `reason` is why a day was closed or an order came back, as orderers read it. `about` is the key of a shortage, of
    which each gets its own mail. `assignment` is the patient's open one where it has been read already. `figures` are
    times and cents for the mail's words.
    """
    context = {**(figures or {}), **({"reason": reason} if reason else {})}
    context |= {"shortage": about} if about is not None else {}
    message = message_to_orderer(order, kind, context=context, about=about, assignment=assignment)
    queue(**message, by=by)


def message_to_orderer(
    order: Order,
    kind: str,
    *,
    context: Mapping[str, Any] | None = None,
    about: int | None = None,
    assignment: CaregiverAssignment | None = None,
) -> Message:
    """Return the message that `notify_orderer` queues."""
    key = f"{order.pk}:{order.moves}" if order.moves else str(order.pk)
    message = message_to(
        _reader(order, assignment),
        kind,
        context={"order": order.pk, **(context or {})},
        key=key if about is None else f"{order.pk}:shortage:{about}",
    )
    if order.assisted_by_id is None:
        message |= {"recipient": order.placed_by.email, "channel": "email"}
    return message


def is_told_by_phone(order: Order) -> bool:
    """Return whether the messages about the order are calls, because it was ordered by phone without an address."""
    return order.assisted_by_id is not None and not email_of(_reader(order, None))


def _reader(order: Order, assignment: CaregiverAssignment | None) -> Patient | Caregiver:
    """Return who reads the mail: the patient who ordered or called, or else the patient's caregiver."""
    patient = order.patient
    is_by_phone = order.assisted_by_id is not None
    if patient.user_id == order.placed_by_id or (is_by_phone and email_of(patient)):
        return patient
    assignment = assignment or patient.current_assignment
    return assignment.caregiver if assignment else patient
