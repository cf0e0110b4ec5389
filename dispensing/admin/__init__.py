"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import reports, units

__all__ = ["reports", "units"]
