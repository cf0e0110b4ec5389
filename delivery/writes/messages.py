"""The messages about an order. Each is queued inside the caller's transaction."""

from accounts.models import User
from certification.models import Caregiver, CaregiverAssignment, Patient
from delivery.models import Order
from notifications.actions import queue


def notify_orderer(
    order: Order, kind: str, *, by: User | None, reason: str = "", assignment: CaregiverAssignment | None = None
) -> None:
    """Queue one mail of a kind for each window that the order was in.

    After an order by phone, a caller without an address gets no mail: staff tell the caller on the phone. `reason` is
    why a day was closed, as orderers read it. `assignment` is the patient's open one where it has been read already.
    """
    reader = _reader(order, assignment)
    recipient = order.placed_by.email if order.assisted_by_id is None else reader.email
    if not recipient:
        return
    queue(
        kind=kind,
        recipient=recipient,
        context={"order": order.pk} | ({"reason": reason} if reason else {}),
        dedupe_key=f"{kind}:{order.pk}:{order.moves}" if order.moves else f"{kind}:{order.pk}",
        language=reader.language,
        by=by,
    )


def _reader(order: Order, assignment: CaregiverAssignment | None) -> Patient | Caregiver:
    """Return who reads the mail: the patient who ordered or called, or else the patient's caregiver."""
    patient = order.patient
    is_from_patient = patient.user_id == order.placed_by_id or (order.assisted_by_id is not None and patient.email)
    if is_from_patient:
        return patient
    assignment = assignment or patient.current_assignment
    return assignment.caregiver if assignment else patient
