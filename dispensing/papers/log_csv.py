"""The dispensing log for a spreadsheet."""

from collections.abc import Iterator
from datetime import date

from dispensing.presenters.log import Pharmacists, log_lines
from ui.spreadsheets import csv_parts

HEADER = (
    "serial", "day dispensed", "time dispensed", "product", "producer", "lot", "quantity", "lasts",
    "full or partial month", "patient", "address of the patient", "taken by the caregiver",
    "address of the caregiver", "certifier", "address of the certifier", "pharmacist", "initials of the pharmacist",
    "no longer dispensed",
)  # fmt: skip


def log_csv(first: date, last: date) -> Iterator[bytes]:
    """Yield the log of the days from `first` through `last` as a CSV in UTF-8."""
    lines = log_lines(first, last, Pharmacists())
    return (part.encode() for part in csv_parts(HEADER, (line.texts for line in lines)))
