"""What follows in this app from what happens to orders. Each receiver calls an action."""

from collections.abc import Collection, Sequence
from typing import Any

from accounts.models import User
from certification.models import PatientToday
from delivery import signals
from delivery.models import HandOver, HandOverCorrection, Order, ReturnDecision, ReturnedItem
from dispensing import actions
from dispensing.emails import RECALLS
from dispensing.models import DispensedUnit
from dispensing.signals import units_swapped
from notifications.models import Notification
from notifications.signals import reached


def on_placed(order: Order, patient: PatientToday, by: User, **_: Any) -> None:
    actions.ask_at_reorder(order=order, patient=patient, by=by)


def on_contents_changed(order: Order, by: User | None, **_: Any) -> None:
    actions.follow_contents(order=order, by=by)


def on_order_left(order: Order, by: User, **_: Any) -> None:
    actions.follow_departure(order=order, by=by)


def on_handed_over(order: Order, hand_over: HandOver, by: User, **_: Any) -> None:
    given = actions.follow_hand_over(order=order, hand_over=hand_over, by=by)
    actions.enter_in_log(hand_over=hand_over, units=given, by=by)
    actions.follow_recalls(order=order, units=given, by=by)


def on_taken_in(order: Order, items: Collection[ReturnedItem], scans: Sequence[str], by: User, **_: Any) -> None:
    actions.follow_take_in(order=order, items=items, scans=scans, by=by)


def on_decided(decision: ReturnDecision, by: User, **_: Any) -> None:
    actions.follow_decision(decision=decision, by=by)


def on_corrected(
    hand_over: HandOver,
    corrections: Sequence[HandOverCorrection],
    serials: Sequence[Sequence[str]],
    by: User,
    **_: Any,
) -> None:
    undone, given = actions.follow_correction(hand_over=hand_over, corrections=corrections, serials=serials, by=by)
    actions.note_taken_back(units=undone, by=by)
    actions.enter_in_log(hand_over=hand_over, units=given, by=by)


def on_swapped(
    came_back: Collection[DispensedUnit], given: Collection[DispensedUnit], hand_over: HandOver, by: User, **_: Any
) -> None:
    actions.note_swapped(came_back=came_back, given=given, hand_over=hand_over, by=by)


def on_reached(notification: Notification, note: str, by: User | None, **_: Any) -> None:
    if notification.kind in RECALLS:
        actions.follow_call(person_id=notification.context["person"], note=note, by=by)


def connect() -> None:
    signals.order_placed.connect(on_placed)
    reached.connect(on_reached)
    for contents in (signals.order_packed, signals.order_unpacked, signals.order_repacked):
        contents.connect(on_contents_changed)
    signals.order_left.connect(on_order_left)
    signals.order_handed_over.connect(on_handed_over)
    signals.order_taken_in.connect(on_taken_in)
    signals.returned_item_decided.connect(on_decided)
    signals.hand_over_corrected.connect(on_corrected)
    units_swapped.connect(on_swapped)
