"""The rules of this app."""

from dispensing.rules.errors import DispensingError, PaperNameError, RecallError
from dispensing.rules.names import check_paper_name
from dispensing.rules.recalls import (
    MOST_INSTRUCTIONS,
    MOST_REASON,
    PATIENTS_SAY,
    check_is_as_previewed,
    check_is_not_being_recalled,
    check_lot_number_fits_one,
    check_may_answer,
    check_may_end,
    check_recall_words,
    check_what_was_said,
    lots_called,
    recalled_for,
)
from dispensing.rules.tracing import Holder, Trace, TracedUnit, caregiver_to_tell, holders_of, trace

__all__ = [
    "MOST_INSTRUCTIONS",
    "MOST_REASON",
    "PATIENTS_SAY",
    "DispensingError",
    "Holder",
    "PaperNameError",
    "RecallError",
    "Trace",
    "TracedUnit",
    "caregiver_to_tell",
    "check_is_as_previewed",
    "check_is_not_being_recalled",
    "check_lot_number_fits_one",
    "check_may_answer",
    "check_may_end",
    "check_paper_name",
    "check_recall_words",
    "check_what_was_said",
    "holders_of",
    "lots_called",
    "recalled_for",
    "trace",
]
