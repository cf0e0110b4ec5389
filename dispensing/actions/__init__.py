"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.assessments import ask_assessments, ask_at_reorder, record_assessment, skip_assessment
from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.names import enter_paper_name

__all__ = [
    "ask_assessments",
    "ask_at_reorder",
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "record_assessment",
    "skip_assessment",
]
