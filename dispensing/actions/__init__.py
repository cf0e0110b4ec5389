"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.answers import fetch_answers, record_answer, tick_off_answer
from dispensing.actions.following import (
    follow_contents,
    follow_correction,
    follow_decision,
    follow_departure,
    follow_hand_over,
    follow_take_in,
)
from dispensing.actions.names import enter_paper_name
from dispensing.actions.report_corrections import (
    correct_report,
    facts_today,
    revise_report,
    send_file_again,
    settle_report,
)
from dispensing.actions.reporting import (
    alarm_late,
    hand_over_download,
    make_files,
    make_zero_reports,
    send_reports,
)

__all__ = [
    "alarm_late",
    "correct_report",
    "enter_paper_name",
    "facts_today",
    "fetch_answers",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_take_in",
    "hand_over_download",
    "make_files",
    "make_zero_reports",
    "record_answer",
    "revise_report",
    "send_file_again",
    "send_reports",
    "settle_report",
    "tick_off_answer",
]
