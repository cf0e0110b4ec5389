"""The monitoring report: the file in which every dispensing is reported, and the answers to it.

Pure functions without Django, in the format ASAP 4.2A [docs/domain.md#the-monitoring-report].
Messages of errors hold patients' values: show them to staff, and keep them out of logs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from dispensing.asap_answers import Answer, read_answer
from dispensing.asap_fields import TERMINATOR, day, days_text, quantity_text, segment

__all__ = [
    "Answer",
    "Certifier",
    "Dispenser",
    "Dispensing",
    "PickedUp",
    "Recipient",
    "read_answer",
    "write",
    "write_zero",
]

VERSION = "4.2A"
SENT = "01"  # TH03: a report, no answer
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Dispenser:
    """The dispensary. Source id and pharmacy number come from the agency."""

    source_id: str
    name: str
    pharmacy_number: str
    street: str
    unit: str
    city: str
    state: str
    zip_code: str
    phone: str


@dataclass(frozen=True)
class Recipient:
    """The patient for whom a unit was dispensed; sex is F, M or U. Two are one patient only if all values are equal."""

    last_name: str
    first_name: str
    middle_name: str
    street: str
    unit: str
    city: str
    state: str
    zip_code: str
    phone: str
    birth_date: date
    sex: str


@dataclass(frozen=True)
class Certifier:
    """The physician who certified the patient."""

    dea_number: str
    last_name: str
    first_name: str
    phone: str
    state_license: str = ""


@dataclass(frozen=True)
class PickedUp:
    """The person who took the unit at the door, with the photo ID.

    The kind of ID is 06 for a driver's licence; the relationship is 01 patient, 02 parent or guardian, 04 caregiver.
    """

    state: str
    id_kind: str
    id_number: str
    relationship: str
    last_name: str
    first_name: str


@dataclass(frozen=True)
class Dispensing:
    """A unit that was handed over. Dates are New York's.

    Status: 00 new, 01 revision, 02 void. Unit code: 01 each, 02 mL, 03 g, of which `quantity` is the number. `days` is
    the days of supply, `written_date` the day of the certification, `filled_date` that of the hand-over. A void repeats
    serial, filled date and quantity of the original.
    """

    status: str
    serial: str
    written_date: date
    filled_date: date
    product_code: str
    quantity: Decimal
    days: int
    unit_code: str
    origin_code: str
    recipient: Recipient
    certifier: Certifier
    picked_up: PickedUp | None
    sold_date: date | None


def write(
    dispensings: Iterable[Dispensing],
    *,
    dispenser: Dispenser,
    control_number: str | int,
    written_at: datetime,
    test: bool = False,
) -> str:
    """Return the report of at least one dispensing, one segment a line.

    Patients stand in the order in which they first appear, each once, with all their units in the given order. So two
    records of one serial under two patients may change their order: send them in two reports. `written_at` is aware.
    Raises ValueError with a sentence that names the value, if the format cannot carry one.
    """
    units: dict[Recipient, list[Dispensing]] = {}
    for dispensing in dispensings:
        units.setdefault(dispensing.recipient, []).append(dispensing)
    if not units:
        raise ValueError("A report without a dispensing is a zero report.")
    records = []
    for recipient, given in units.items():
        records.append(_patient(recipient))
        for dispensing in given:
            records += _unit(dispensing)
    return _file(records, "", dispenser, control_number, written_at, test)


def write_zero(
    *,
    dispenser: Dispenser,
    first: date,
    last: date,
    control_number: str | int,
    written_at: datetime,
    test: bool = False,
) -> str:
    """Return the report that nothing was dispensed from `first` through `last`, two days of New York.

    Its filled date is the first day. Raises ValueError like `write`, and if the last day is before the first.
    """
    if day(last) < day(first):
        raise ValueError(f"The zero report ends on {last}, before its first day {first}.")
    records = [
        segment("PAT", {7: "REPORT", 8: "ZERO", 20: "01"}),
        segment("DSP", {5: day(first)}),
        segment("PRE", {}),
        segment("CDI", {}),
        segment("AIR", {}),
    ]
    return _file(records, f"#{day(first)}#-#{day(last)}#", dispenser, control_number, written_at, test)


def _file(
    records: list[str],
    message: str,
    dispenser: Dispenser,
    control_number: str | int,
    written_at: datetime,
    test: bool,
) -> str:
    pharmacy = [_pharmacy(dispenser), *records]
    pharmacy.append(segment("TP", {1: str(len(pharmacy) + 1)}))  # TP01 counts PHA to TP
    source = segment("IS", {1: dispenser.source_id, 2: dispenser.name, 3: message})
    lines = [_header(str(control_number), written_at, test), source, *pharmacy]
    lines.append(segment("TT", {1: str(control_number), 2: str(len(lines) + 1)}))  # TT02 counts TH to TT
    return "".join(f"{line}\n" for line in lines)


def _header(control_number: str, written_at: datetime, test: bool) -> str:
    if written_at.utcoffset() is None:
        raise ValueError(f"The moment {written_at} has no time zone, so its time in New York is not known.")
    local = written_at.astimezone(NEW_YORK)
    elements = {
        1: VERSION,
        2: control_number,
        3: SENT,
        5: day(local.date()),
        6: f"{local.hour:02}{local.minute:02}{local.second:02}",
        7: "T" if test else "P",
        9: TERMINATOR,  # so TH ends with two: the declared character, and the terminator
    }
    return segment("TH", elements)


def _pharmacy(dispenser: Dispenser) -> str:
    elements = {
        3: dispenser.pharmacy_number,
        4: dispenser.name,
        5: dispenser.street,
        6: dispenser.unit,
        7: dispenser.city,
        8: dispenser.state,
        9: dispenser.zip_code,
        10: dispenser.phone,
    }
    return segment("PHA", elements)


def _patient(recipient: Recipient) -> str:
    elements = {
        7: recipient.last_name,
        8: recipient.first_name,
        9: recipient.middle_name,
        12: recipient.street,
        13: recipient.unit,
        14: recipient.city,
        15: recipient.state,
        16: recipient.zip_code,
        17: recipient.phone,
        18: day(recipient.birth_date),
        19: recipient.sex,
        20: "01",  # a human
    }
    return segment("PAT", elements)


def _unit(dispensing: Dispensing) -> list[str]:
    try:
        lines = [_dispensed(dispensing), _certifier(dispensing.certifier)]
        return [*lines, _receiver(dispensing.picked_up)] if dispensing.picked_up else lines
    except ValueError as error:
        raise ValueError(f"Unit {dispensing.serial}: {error}") from error


def _dispensed(dispensing: Dispensing) -> str:
    elements = {
        1: dispensing.status,
        2: dispensing.serial,
        3: day(dispensing.written_date),
        4: "0",  # refills
        5: day(dispensing.filled_date),
        6: "0",  # number of the refill
        7: "01",  # the product code stands where a drug has its NDC
        8: dispensing.product_code,
        9: quantity_text(dispensing.quantity),
        10: days_text(dispensing.days),
        11: dispensing.unit_code,
        12: dispensing.origin_code,
        13: "00",  # not a part
        16: "01",  # cash: no insurance pays
        17: day(dispensing.sold_date) if dispensing.sold_date else "",
    }
    return segment("DSP", elements)


def _certifier(certifier: Certifier) -> str:
    elements = {
        2: certifier.dea_number,
        4: certifier.state_license,
        5: certifier.last_name,
        6: certifier.first_name,
        8: certifier.phone,
    }
    return segment("PRE", elements)


def _receiver(receiver: PickedUp) -> str:
    elements = {
        3: receiver.state,  # 01 and 02 are of the serialised prescription form
        4: receiver.id_kind,
        5: receiver.id_number,
        6: receiver.relationship,
        7: receiver.last_name,
        8: receiver.first_name,
        11: "02",  # picked up, not dropped off
    }
    return segment("AIR", elements)
