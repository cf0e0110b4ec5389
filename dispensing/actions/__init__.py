"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.labels import PrintedLabels, print_labels, write_directions
from dispensing.actions.names import enter_paper_name

__all__ = [
    "PrintedLabels",
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "print_labels",
    "write_directions",
]
