"""The actions of this app. They lock as those of delivery do, and units last."""

from dispensing.actions.answers import fetch_answers, record_answer, tick_off_answer
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
from dispensing.actions.report_corrections import (
    correct_report,
    facts_today,
    revise_report,
    send_file_again,
    settle_report,
)
from dispensing.actions.reporting import alarm_late, hand_over_download, make_files, make_zero_reports, send_reports

__all__ = [
    "REMIND_AFTER",
    "PrintedLabels",
    "alarm_late",
    "answer_recall",
    "ask_assessments",
    "ask_at_reorder",
    "ask_paper",
    "correct_report",
    "delete_old_papers",
    "end_recall",
    "enter_in_log",
    "enter_paper_name",
    "enter_reached",
    "facts_today",
    "fetch_answers",
    "follow_call",
    "follow_contents",
    "follow_correction",
    "follow_decision",
    "follow_departure",
    "follow_hand_over",
    "follow_recalls",
    "follow_take_in",
    "hand_over_download",
    "make_files",
    "make_papers",
    "make_zero_reports",
    "note_swapped",
    "note_taken_back",
    "print_labels",
    "propose_destruction",
    "record_answer",
    "record_assessment",
    "remind_recalled",
    "revise_report",
    "send_file_again",
    "send_reports",
    "settle_report",
    "skip_assessment",
    "start_recall",
    "tick_off_answer",
    "withdraw_destruction",
    "witness_destruction",
    "write_directions",
]
