"""The tables of this app; each noun has its own module."""

from dispensing.models.assessments import SelfAssessment
from dispensing.models.names import PaperName, full_names
from dispensing.models.units import DispensedUnit, UnitMove

__all__ = ["DispensedUnit", "PaperName", "SelfAssessment", "UnitMove", "full_names"]
