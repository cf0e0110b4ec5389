"""The rules of this app."""

from dispensing.rules.errors import DispensingError, LabelError, PaperNameError
from dispensing.rules.labels import (
    PRINT,
    WRITE_DIRECTIONS,
    Label,
    cautions_for,
    check_directions,
    check_directions_can_change,
    check_dispensary_is_known,
    check_has_label,
    check_may_print,
    check_may_write_directions,
    check_pharmacists_are_named,
    check_print_kind,
    check_print_reason,
    check_some_to_print,
    directions_for,
    dispensed_date_of,
    quantity_in_words,
)
from dispensing.rules.names import check_may_enter_name, check_paper_name

__all__ = [
    "PRINT",
    "WRITE_DIRECTIONS",
    "DispensingError",
    "Label",
    "LabelError",
    "PaperNameError",
    "cautions_for",
    "check_directions",
    "check_directions_can_change",
    "check_dispensary_is_known",
    "check_has_label",
    "check_may_enter_name",
    "check_may_print",
    "check_may_write_directions",
    "check_paper_name",
    "check_pharmacists_are_named",
    "check_print_kind",
    "check_print_reason",
    "check_some_to_print",
    "directions_for",
    "dispensed_date_of",
    "quantity_in_words",
]
