"""The pages of staff in the admin; each noun has its own module."""

from dispensing.admin import recalled_people, recalls, units

__all__ = ["recalled_people", "recalls", "units"]
