"""The rules of this app."""

from dispensing.rules.errors import DispensingError, PaperError, PaperNameError
from dispensing.rules.log import initials, month_supplied
from dispensing.rules.names import check_paper_name
from dispensing.rules.papers import check_paper_days

__all__ = [
    "DispensingError",
    "PaperError",
    "PaperNameError",
    "check_paper_days",
    "check_paper_name",
    "initials",
    "month_supplied",
]
