"""The rules of this app."""

from dispensing.rules.destructions import (
    MOST_UNITS,
    Expected,
    check_is_another_person,
    check_method,
    check_place,
    check_something_is_destroyed,
    check_stock_can_be_destroyed,
    check_units_can_be_destroyed,
    check_waits_for_witness,
    check_weight,
    check_weight_fits,
    check_withdrawal,
    expected_weight,
)
from dispensing.rules.errors import DestructionError, DispensingError, PaperError, PaperNameError, TakeInError
from dispensing.rules.log import initials, month_supplied
from dispensing.rules.names import check_paper_name
from dispensing.rules.papers import check_paper_days
from dispensing.rules.take_in import (
    check_all_are_scanned,
    check_is_scanned_once,
    check_scan,
    check_unit_is_out,
    units_scanned,
)
from dispensing.rules.waste import LotPart, stock_to_destroy, units_to_destroy

__all__ = [
    "MOST_UNITS",
    "DestructionError",
    "DispensingError",
    "Expected",
    "LotPart",
    "PaperError",
    "PaperNameError",
    "TakeInError",
    "check_all_are_scanned",
    "check_is_another_person",
    "check_is_scanned_once",
    "check_method",
    "check_paper_days",
    "check_paper_name",
    "check_place",
    "check_scan",
    "check_something_is_destroyed",
    "check_stock_can_be_destroyed",
    "check_unit_is_out",
    "check_units_can_be_destroyed",
    "check_waits_for_witness",
    "check_weight",
    "check_weight_fits",
    "check_withdrawal",
    "expected_weight",
    "initials",
    "month_supplied",
    "stock_to_destroy",
    "units_scanned",
    "units_to_destroy",
]
