"""What follows in this app from what happens to orders. Each receiver calls an action."""

from collections.abc import Collection
from typing import Any

from accounts.models import User
from delivery import signals
from delivery.models import HandOver, HandOverCorrection, Order, ReturnDecision, ReturnedItem
from dispensing import actions
from dispensing.emails import RECALLS
from notifications.models import Notification
from notifications.signals import reached


def on_contents_changed(order: Order, by: User | None, **_: Any) -> None:
    actions.follow_contents(order=order, by=by)


def on_order_left(order: Order, by: User, **_: Any) -> None:
    actions.follow_departure(order=order, by=by)


def on_handed_over(order: Order, hand_over: HandOver, by: User, **_: Any) -> None:
    units = actions.follow_hand_over(order=order, hand_over=hand_over, by=by)
    actions.follow_recalls(order=order, units=units, by=by)


def on_taken_in(order: Order, items: Collection[ReturnedItem], by: User, **_: Any) -> None:
    actions.follow_take_in(order=order, items=items, by=by)


def on_decided(decision: ReturnDecision, by: User, **_: Any) -> None:
    actions.follow_decision(decision=decision, by=by)


def on_corrected(hand_over: HandOver, corrections: Collection[HandOverCorrection], by: User, **_: Any) -> None:
    actions.follow_correction(hand_over=hand_over, corrections=corrections, by=by)


def on_reached(notification: Notification, note: str, by: User | None, **_: Any) -> None:
    if notification.kind in RECALLS:
        actions.follow_call(person_id=notification.context["person"], note=note, by=by)


def connect() -> None:
    reached.connect(on_reached)
    for contents in (signals.order_packed, signals.order_unpacked, signals.order_repacked):
        contents.connect(on_contents_changed)
    signals.order_left.connect(on_order_left)
    signals.order_handed_over.connect(on_handed_over)
    signals.order_taken_in.connect(on_taken_in)
    signals.returned_item_decided.connect(on_decided)
    signals.hand_over_corrected.connect(on_corrected)
