"""What is left of a patient's allotment, for the record that the physician reads.

Deliveries belong to an app above. It registers the function that reads them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from certification.models import Certification


@dataclass(frozen=True)
class Left:
    """The amount left on the next delivery day, and the whole allotment, in milligrams of flower equivalent."""

    day: date
    left_mg: int
    of_mg: int


class Read(Protocol):
    def __call__(self, certification: Certification, *, now: datetime) -> Left: ...


_readers: list[Read] = []


def register(read: Read) -> None:
    """Register `read`, which returns what is left of a certification's allotment for the next delivery day."""
    _readers[:] = [read]


def left_of(certification: Certification, *, now: datetime) -> Left | None:
    """Return what is left, or None where no app registered that it counts deliveries."""
    return next((read(certification, now=now) for read in _readers), None)
