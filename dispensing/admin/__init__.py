"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import papers, units

__all__ = ["papers", "units"]
