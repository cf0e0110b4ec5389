"""What "running", "valid", "ending soon", "expired" and "stopping" mean, for one certification and as a filter.

The functions stand in `certification/models/validity.py`, because the methods of the tables ask the same questions.
"""

from certification.models.validity import (
    ending_soon,
    expired,
    expiring,
    is_ending_soon,
    is_expired,
    is_expiring,
    is_stopping,
    is_valid_on,
    running_on,
    runs_on,
    stopping,
    valid_on,
)

__all__ = [
    "ending_soon",
    "expired",
    "expiring",
    "is_ending_soon",
    "is_expired",
    "is_expiring",
    "is_stopping",
    "is_valid_on",
    "running_on",
    "runs_on",
    "stopping",
    "valid_on",
]
