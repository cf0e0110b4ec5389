"""The tables of this app; each noun has its own module."""

from dispensing.models.units import DispensedUnit, UnitMove

__all__ = ["DispensedUnit", "UnitMove"]
