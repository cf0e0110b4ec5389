"""The actions of this app. They lock in this order: patient, certification, order, window, products by id."""

from delivery.actions.allotment import record_allotment_entry
from delivery.actions.announcing import announce_deliveries
from delivery.actions.cart import reorder, set_line
from delivery.actions.changing import answer_shortage, change_order
from delivery.actions.checking import report_differences
from delivery.actions.closing import close_date, open_date
from delivery.actions.corrections import correct_hand_over
from delivery.actions.departure import dispatch_order, dispatch_run
from delivery.actions.door import hand_over, return_order, try_later
from delivery.actions.door_checks import compare_id, cut_id_numbers, decide_id_difference
from delivery.actions.favorites import set_favorite
from delivery.actions.lateness import tell_late
from delivery.actions.lots import describe_lot
from delivery.actions.moving import decline_order, move_order
from delivery.actions.packing import pack_order, state_days, unpack_order
from delivery.actions.phone import answer_call
from delivery.actions.picking import change_lot
from delivery.actions.placing import place_order
from delivery.actions.planning import ask_plan, plan_windows
from delivery.actions.printing import tell_packs_ready
from delivery.actions.products import add_product, drop_photo, save_product, set_photo
from delivery.actions.reports import answer_report, report_item
from delivery.actions.returns import decide_returned, take_in
from delivery.actions.review import confirm_order, confirm_orders
from delivery.actions.runs import assign_run, free_orders, make_run, save_run
from delivery.actions.settling import settle_run
from delivery.actions.stock import (
    clear_stock,
    count_stock,
    quarantine_lot,
    quarantine_stock,
    receive_file,
    receive_stock,
    write_off,
)
from delivery.actions.undoing import (
    cancel_order,
    lapse_orders,
    refuse_order,
    undo_orders_of_caregiver,
    undo_uncovered_orders,
)
from delivery.actions.waiting import join_waiting_list, leave_waiting_list, notify_waiting_list
from delivery.actions.windows import add_window, drop_policy, make_windows, set_capacity, set_policy, sync_policies

__all__ = [
    "describe_lot",
    "state_days",
    "dispatch_order",
    "dispatch_run",
    "hand_over",
    "return_order",
    "compare_id",
    "cut_id_numbers",
    "decide_id_difference",
    "take_in",
    "tell_packs_ready",
    "try_later",
    "settle_run",
    "tell_late",
    "add_product",
    "add_window",
    "announce_deliveries",
    "ask_plan",
    "free_orders",
    "answer_call",
    "assign_run",
    "answer_report",
    "answer_shortage",
    "correct_hand_over",
    "cancel_order",
    "change_lot",
    "change_order",
    "clear_stock",
    "close_date",
    "confirm_order",
    "confirm_orders",
    "count_stock",
    "decide_returned",
    "decline_order",
    "drop_photo",
    "drop_policy",
    "join_waiting_list",
    "lapse_orders",
    "leave_waiting_list",
    "make_run",
    "make_windows",
    "move_order",
    "open_date",
    "pack_order",
    "place_order",
    "plan_windows",
    "quarantine_lot",
    "quarantine_stock",
    "receive_file",
    "receive_stock",
    "record_allotment_entry",
    "refuse_order",
    "reorder",
    "report_differences",
    "report_item",
    "save_product",
    "save_run",
    "set_capacity",
    "set_favorite",
    "set_line",
    "set_photo",
    "set_policy",
    "sync_policies",
    "notify_waiting_list",
    "undo_orders_of_caregiver",
    "undo_uncovered_orders",
    "unpack_order",
    "write_off",
]
