"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.assessments import ask_assessments, ask_at_reorder, record_assessment, skip_assessment
from dispensing.actions.destructions import propose_destruction, withdraw_destruction, witness_destruction
from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.labels import PrintedLabels, print_labels, write_directions
from dispensing.actions.log import enter_in_log, note_swapped, note_taken_back
from dispensing.actions.names import enter_paper_name
from dispensing.actions.papers import ask_paper, delete_old_papers, make_papers

__all__ = [
    "PrintedLabels",
    "ask_assessments",
    "ask_at_reorder",
    "ask_paper",
    "delete_old_papers",
    "enter_in_log",
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "make_papers",
    "note_swapped",
    "note_taken_back",
    "print_labels",
    "propose_destruction",
    "record_assessment",
    "skip_assessment",
    "withdraw_destruction",
    "witness_destruction",
    "write_directions",
]
