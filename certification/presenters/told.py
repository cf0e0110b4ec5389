"""What patients told about how well it works, for staff and physicians.

The self-assessments belong to an app above. It registers the function that reads them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from certification.models import Patient


@dataclass(frozen=True)
class Told:
    """One self-assessment: when and by whom, how well it works, and the side effects; `words` is empty if not shown."""

    at: datetime
    by: str
    works: str
    effects: str
    words: str


class Read(Protocol):
    def __call__(self, patient: Patient, *, since: datetime | None, most: int, with_words: bool) -> list[Told]: ...


_readers: list[Read] = []


def register(read: Read) -> None:
    """Register `read`, which returns the `most` latest of a patient, since that moment if one is given."""
    if read not in _readers:
        _readers.append(read)


def told_by(patient: Patient, *, since: datetime | None = None, most: int, with_words: bool) -> list[Told]:
    """Return what was told about the patient, the latest first; what people wrote themselves only `with_words`."""
    return [told for read in _readers for told in read(patient, since=since, most=most, with_words=with_words)]
