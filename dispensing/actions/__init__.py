"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.log import enter_in_log, note_taken_back
from dispensing.actions.names import enter_paper_name

__all__ = [
    "enter_in_log",
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "note_taken_back",
]
