"""The tables of this app; each noun has its own module."""

from dispensing.models.names import PaperName, full_names
from dispensing.models.recalls import Recall, RecalledLot, RecalledPerson
from dispensing.models.units import DispensedUnit, UnitMove

__all__ = ["DispensedUnit", "PaperName", "Recall", "RecalledLot", "RecalledPerson", "UnitMove", "full_names"]
