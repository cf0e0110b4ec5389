"""The messages about an order. Each is queued inside the caller's transaction."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.writes.messages import Message, addressee_for, email_of, message_to, phone_of
from delivery.models import Order, WaitingEntry
from notifications.actions import queue, queue_many
from notifications.addressees import Addressee
from notifications.models import Notification
from notifications.ways import Known, known_of, way_to


def notify_orderer(
    order: Order,
    kind: str,
    *,
    by: User | None,
    reason: str = "",
    reason_es: str = "",
    about: tuple[str, int] | None = None,
    assignment: CaregiverAssignment | None = None,
    figures: Mapping[str, Any] | None = None,
    occasion: int = 0,
) -> None:
    """Queue one mail of a kind for each window that the order was in, or a call to a reader without an address.

    `reason` is why a day was closed or an order came back, as orderers read it; `reason_es` says it in Spanish.
    `about` is a row of the order by name and id, like ("shortage", 7): each gets its own mail. `assignment` is the
    patient's open one where it has been read already. `figures` are times and cents for the mail's words. `occasion`
    counts what may be told several times, from 1: each is a mail.
    """
    why = {name: text for name, text in (("reason", reason), ("reason_es", reason_es)) if text}
    context = {**(figures or {}), **why}
    message = message_to_orderer(order, kind, context=context, about=about, assignment=assignment, occasion=occasion)
    queue(**message, by=by)


def notify_orderers(orders: Iterable[Order], kind: str, *, by: User | None) -> None:
    """Queue what `notify_orderer` queues, for many orders in one statement."""
    queue_many(messages=messages_to_orderers(orders, kind), by=by)


def messages_to_orderers(orders: Iterable[Order], kind: str) -> list[Message]:
    """Return the messages of a kind about many orders; the ways to all their readers are read at once."""
    read = [(order, _reader(order, None)) for order in orders]
    known = known_of((_email_of(order, reader), phone_of(reader)) for order, reader in read)
    return [message_to_orderer(order, kind, known=known) for order, _reader_of_it in read]


def message_to_orderer(
    order: Order,
    kind: str,
    *,
    context: Mapping[str, Any] | None = None,
    about: tuple[str, int] | None = None,
    assignment: CaregiverAssignment | None = None,
    known: Known | None = None,
    occasion: int = 0,
) -> Message:
    """Return the message that `notify_orderer` queues."""
    reader = _reader(order, assignment)
    named = {} if about is None else dict([about])
    key = message_key(order.pk, order.moves) if about is None else f"{order.pk}:{about[0]}:{about[1]}"
    return message_to(
        reader,
        kind,
        context={"order": order.pk, **named, **(context or {})},
        key=f"{key}:{occasion}" if occasion else key,
        email=_email_of(order, reader),
        # A caregiver who ordered may have been replaced meanwhile: texts go to whoever ordered alone.
        may_be_text=order.assisted_by_id is not None or reader.user_id == order.placed_by_id,
        known=known,
    )


def message_key(order: int, moves: int) -> str:
    """Return the key of the messages about an order after so many moves; the kind stands before it."""
    return f"{order}:{moves}" if moves else str(order)


def is_told_by_phone(order: Order) -> bool:
    """Return whether the messages about the order are calls: it was ordered by phone, or mail to the reader bounces."""
    reader = _reader(order, None)
    return way_to(email=_email_of(order, reader), phone=phone_of(reader)).channel == Notification.Channel.PHONE


def _email_of(order: Order, reader: Patient | Caregiver) -> str:
    """Return the reader's address; who ordered with an account gets the mail at the address of the account."""
    return email_of(reader) if order.assisted_by_id else order.placed_by.email


def addressee_of_order(order: Order) -> Addressee:
    """Return whom the messages about an order are for."""
    reader = _reader(order, None)
    return addressee_for(reader, email=_email_of(order, reader))


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
