"""Every write of delivery. Lock order: patient, certification, order, window, products by id."""

from delivery.actions.allotment import record_allotment_entry
from delivery.actions.cart import reorder, set_line
from delivery.actions.moving import decline_order, move_order
from delivery.actions.phone import answer_call
from delivery.actions.placing import place_order
from delivery.actions.review import confirm_order
from delivery.actions.stock import receive_stock, save_product
from delivery.actions.undoing import (
    cancel_order,
    lapse_orders,
    refuse_order,
    undo_orders_of_caregiver,
    undo_uncovered_orders,
)
from delivery.actions.windows import make_windows, set_policy, sync_policies

__all__ = [
    "answer_call",
    "cancel_order",
    "confirm_order",
    "decline_order",
    "lapse_orders",
    "make_windows",
    "move_order",
    "place_order",
    "receive_stock",
    "record_allotment_entry",
    "refuse_order",
    "reorder",
    "save_product",
    "set_line",
    "set_policy",
    "sync_policies",
    "undo_orders_of_caregiver",
    "undo_uncovered_orders",
]
