"""The rules of this app."""

from dispensing.rules.errors import DispensingError, PaperNameError, ReportError
from dispensing.rules.names import check_paper_name
from dispensing.rules.reports import check_is_set_up

__all__ = ["DispensingError", "PaperNameError", "ReportError", "check_is_set_up", "check_paper_name"]
