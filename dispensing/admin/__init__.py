"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import units

__all__ = ["units"]
