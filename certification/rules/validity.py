"""What "running", "valid" and "ending soon" mean, for one certification and as a filter.

The functions stand in `certification/models/validity.py`, because the methods of the tables ask the same questions.
"""

from certification.models.validity import (
    ending_soon,
    expiring,
    is_ending_soon,
    is_expiring,
    is_valid_on,
    running_on,
    runs_on,
    valid_on,
)

__all__ = [
    "ending_soon",
    "expiring",
    "is_ending_soon",
    "is_expiring",
    "is_valid_on",
    "running_on",
    "runs_on",
    "valid_on",
]
