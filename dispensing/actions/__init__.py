"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.names import enter_paper_name
from dispensing.actions.recalls import (
    REMIND_AFTER,
    answer_recall,
    end_recall,
    enter_reached,
    follow_call,
    follow_recalls,
    remind_recalled,
    start_recall,
)

__all__ = [
    "REMIND_AFTER",
    "answer_recall",
    "end_recall",
    "enter_reached",
    "follow_call",
    "follow_recalls",
    "remind_recalled",
    "start_recall",
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
]
