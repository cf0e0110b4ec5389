"""The rules of this app."""

from dispensing.rules.errors import DispensingError, PaperNameError
from dispensing.rules.log import initials, month_supplied
from dispensing.rules.names import check_paper_name

__all__ = ["DispensingError", "PaperNameError", "check_paper_name", "initials", "month_supplied"]
