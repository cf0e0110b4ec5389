"""The tables of this app; each noun has its own module."""

from dispensing.models.assessments import SelfAssessment
from dispensing.models.destructions import DestroyedItem, Destruction
from dispensing.models.labels import LabelPrint, LineDirections
from dispensing.models.log import LogEntry
from dispensing.models.names import PaperName, full_names
from dispensing.models.papers import Paper, PaperPart, seal_of_part
from dispensing.models.recalls import Recall, RecalledLot, RecalledPerson
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
    "DestroyedItem",
    "Destruction",
    "DispensedUnit",
    "LabelPrint",
    "LineDirections",
    "LogEntry",
    "Paper",
    "PaperName",
    "PaperPart",
    "Recall",
    "RecalledLot",
    "RecalledPerson",
    "ReportAnswer",
    "ReportAttempt",
    "ReportEntry",
    "ReportFile",
    "ReportRecord",
    "SelfAssessment",
    "UnitMove",
    "full_names",
    "seal_of_part",
]
