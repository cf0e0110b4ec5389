"""The rules of this app."""

from dispensing.rules.assessments import (
    MOST_OTHER,
    MOST_WORDS,
    READ,
    ask_about_patients,
    check_assessment_answers,
    check_may_assess,
    check_question_is_open,
    first_deliveries_to_ask_about,
    has_open_question,
    is_asked_at_reorder,
    why_not_assess,
)
from dispensing.rules.errors import AssessmentError, DispensingError, PaperNameError
from dispensing.rules.names import check_paper_name

__all__ = [
    "AssessmentError",
    "DispensingError",
    "MOST_OTHER",
    "MOST_WORDS",
    "PaperNameError",
    "READ",
    "ask_about_patients",
    "check_assessment_answers",
    "check_may_assess",
    "check_paper_name",
    "check_question_is_open",
    "first_deliveries_to_ask_about",
    "has_open_question",
    "is_asked_at_reorder",
    "why_not_assess",
]
