"""The tables of this app; each noun has its own module."""

from dispensing.models.labels import LabelPrint, LineDirections
from dispensing.models.names import PaperName, full_names
from dispensing.models.units import DispensedUnit, UnitMove

__all__ = ["DispensedUnit", "LabelPrint", "LineDirections", "PaperName", "UnitMove", "full_names"]
