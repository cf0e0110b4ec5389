"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.destructions import propose_destruction, withdraw_destruction, witness_destruction
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
    "enter_paper_name",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "propose_destruction",
    "withdraw_destruction",
    "witness_destruction",
]
