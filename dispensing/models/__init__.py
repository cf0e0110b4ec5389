"""The tables of this app; each noun has its own module."""

from dispensing.models.names import PaperName, full_names
from dispensing.models.reports import (
    DUE_AFTER,
    LATE_BEFORE_DUE,
    ReportAnswer,
    ReportAttempt,
    ReportEntry,
    ReportFile,
    ReportRecord,
)
from dispensing.models.units import DispensedUnit, UnitMove

__all__ = [
    "DUE_AFTER",
    "LATE_BEFORE_DUE",
    "DispensedUnit",
    "PaperName",
    "ReportAnswer",
    "ReportAttempt",
    "ReportEntry",
    "ReportFile",
    "ReportRecord",
    "UnitMove",
    "full_names",
]
