"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import destructions, papers, units

__all__ = ["destructions", "papers", "units"]
