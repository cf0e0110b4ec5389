"""The entries of the dispensing log in words: English for every reader, names in full, no code and no symbol.

A long log is read AT_ONCE entries at a time, each time by the serial of the last, so that memory holds no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from delivery.models import HandOverCorrection, Product
from dispensing import rules
from dispensing.models import LogEntry, full_names

AT_ONCE = 2_000
UNITS = {
    Product.ReportUnit.EACH: ("piece", "pieces"),
    Product.ReportUnit.MILLILITERS: ("milliliter", "milliliters"),
    Product.ReportUnit.GRAMS: ("gram", "grams"),
}
MONTHS = {LogEntry.Month.FULL: "full month", LogEntry.Month.PARTIAL: "partial month"}
NOT_ENTERED = "full name not entered"
COLUMNS = (
    "unit_id", "dispensed_at", "unit__pharmacist", "product_name", "unit__producer", "unit__lot_number",
    "unit__quantity", "unit__unit_code", "unit__days", "month", "patient_name", "patient_address", "caregiver_name",
    "caregiver_address", "certifier_name", "certifier_address", "taken_back_at", "taken_back__goods",
    "given_instead_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry in words. The caregiver is "" where the patient took it, and `undone` while it is dispensed."""

    serial: str
    day: str
    time: str
    product: str
    producer: str
    lot: str
    quantity: str
    days: str
    month: str
    patient: str
    patient_address: str
    caregiver: str
    caregiver_address: str
    certifier: str
    certifier_address: str
    pharmacist: str
    initials: str
    undone: str

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in TEXTS)


TEXTS = tuple(each.name for each in fields(LogLine))


class Pharmacists(dict[int, tuple[str, str]]):
    """The name and the initials of each pharmacist by account id, looked up once.

    Where the full name is not entered, the first name of the account stands for it, and `missing` names it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.missing: list[str] = []

    def __missing__(self, account: int) -> tuple[str, str]:
        name = full_names([account]).get(account, "")
        if name:
            self[account] = name, rules.initials(name)
        else:
            user = User.objects.get(pk=account)
            first = user.first_name or user.email
            self.missing.append(first)
            self[account] = f"{first} ({NOT_ENTERED})", rules.initials(user.first_name)
        return self[account]


def entries_of(first: date, last: date) -> QuerySet[LogEntry]:
    """Return the entries of the days from `first` through `last`, in New York."""
    return LogEntry.objects.filter(within("dispensed_at", first, last))


def within(column: str, first: date, last: date) -> Q:
    """Return what finds the moments of a column on the days from `first` through `last`, in New York."""
    begin, end = span_of(first, last)
    return Q(**{f"{column}__gte": begin, f"{column}__lt": end})


def span_of(first: date, last: date) -> tuple[datetime, datetime]:
    """Return when the day `first` begins and the day `last` ends, in New York."""
    begin, end = (
        timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
        for day in (first, last + timedelta(days=1))
    )
    return begin, end


def log_lines(first: date, last: date, pharmacists: Pharmacists) -> Iterator[LogLine]:
    """Yield the entries of these days in words, in the order of their serials."""
    found = entries_of(first, last).order_by("pk").values_list(*COLUMNS)
    after = 0
    while part := list(found.filter(pk__gt=after)[:AT_ONCE]):
        for row in part:
            yield _line(row, pharmacists)
        after = part[-1][0]


def _line(row: tuple, pharmacists: Pharmacists) -> LogLine:
    (
        serial, at, account, product, producer, lot, quantity, unit, days, month, patient, patient_address, caregiver,
        caregiver_address, certifier, certifier_address, undone_at, goods,
        instead,
    ) = row  # fmt: skip
    local = timezone.localtime(at, timezone.get_default_timezone())
    pharmacist, initials = pharmacists[account]
    return LogLine(
        serial=f"{serial:06d}",
        day=in_words(local.date()),
        time=clock(local),
        product=product,
        producer=producer,
        lot=lot,
        quantity=measured(quantity, unit),
        days="1 day" if days == 1 else f"{days} days",
        month=MONTHS[month],
        patient=patient,
        patient_address=patient_address,
        caregiver=caregiver,
        caregiver_address=caregiver_address,
        certifier=certifier,
        certifier_address=certifier_address,
        pharmacist=pharmacist,
        initials=initials,
        undone=_undone(undone_at, goods, instead) if undone_at else "",
    )


def _undone(at: datetime, goods: str, instead: int | None) -> str:
    day = in_words(timezone.localtime(at, timezone.get_default_timezone()).date())
    if instead:
        return f"Was refused and came back; {instead:06d} was handed over, as its serial showed on {day}"
    if goods == HandOverCorrection.Goods.MISSING:
        return f"Never reached the patient, as was found on {day}"
    return f"Came back on {day}"


@lru_cache(maxsize=4096)
def in_words(day: date) -> str:
    """Return a day in English: November 25, 2026. No process of the portal sets another locale."""
    return f"{day:%B} {day.day}, {day.year}"


def days_in_words(first: date, last: date) -> str:
    return in_words(first) if first == last else f"{in_words(first)} to {in_words(last)}"


def clock(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'a.m.' if at.hour < 12 else 'p.m.'}"


@lru_cache(maxsize=1024)
def measured(quantity: Decimal, unit: str) -> str:
    """Return a quantity with its unit in words and without trailing zeros: 3.5 grams, 1 piece."""
    one, several = UNITS[Product.ReportUnit(unit)]
    number = f"{quantity.normalize():f}"
    return f"{number} {one if quantity == 1 else several}"
