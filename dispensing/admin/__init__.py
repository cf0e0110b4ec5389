"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import destructions, units

__all__ = ["destructions", "units"]
