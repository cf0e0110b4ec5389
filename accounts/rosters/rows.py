"""What one row of a roster says. A row goes in; facts or problems come out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts import rules
from accounts.models import Physician, Registration
from accounts.rosters.files import PROGRAM_COLUMNS
from ui.errors import PortalError
from ui.forms import PhoneField, ZipField
from ui.person_names import in_name_case, person_name, without_degrees
from ui.tidy import tidy

# Statuses of data.ct.gov under which a credential counts; any other stops it, whatever the column Active says.
ACTIVE_STATUS = re.compile(r"ACTIVE\b.*|APPROVED|(?:ON )?PROBATION.*")
STOPPED_REASON = re.compile(
    r"LAPSE|FAILED TO RENEW|NON-?RENEWAL|EXPIRED|REVOK|SUSPEN|SURRENDER|RELINQUISH|DECEASED|CEASE"
)
LIMITATION = re.compile(r"LIMIT|RESTRICT|PROBATION|CONDITION|STIPULAT|CONSENT (?:ORDER|AGREEMENT)|MONITORED")
LIMITATION_OVER = re.compile(
    r"\b(?:REMOVED|LIFTED|COMPLETED|RELEASED|WITHOUT|NO|UNLIMITED|UNRESTRICTED|UNCONDITIONAL)\b"
)
EARLIEST_YEAR = 1900  # 12/27/1800 and its like stand for "unknown"
TIME = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*(?:[AP]M|Z)?)?"
DAY = re.compile(
    r"(?:(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"
    rf"|(?P<iso_year>[0-9]{{4}})-(?P<iso_month>[0-9]{{2}})-(?P<iso_day>[0-9]{{2}})){TIME}",
    re.IGNORECASE,
)
SCHEDULE = re.compile(r"[1-5]N?")
ANSWERS = {"": None, "yes": True, "no": False}
TEXTS = {"first_name", "last_name", "practice_name", "practice_street", "practice_city"}


@dataclass(frozen=True)
class RowProblem:
    """Why a row is left out, or why somebody should look at it. It holds nothing of the row."""

    column: str
    reason: str
    is_warning: bool = False


@dataclass(frozen=True)
class ProgramRow:
    """A physician on the program's roster. `ssn_digests` are under each pepper, newest first.

    `has_access` to the monitoring program is None where the row does not say it.
    """

    line: int
    fields: dict[str, str]
    ssn_digests: tuple[str, ...]
    license_number: str
    csp_number: str
    has_access: bool | None


@dataclass(frozen=True)
class RegistrationRow:
    """A registration as a registry has it. `as_of` is the day of the registry's own entry, if it has one."""

    line: int
    number: str
    facts: dict[str, Any]
    as_of: date | None = None


def read_program_row(line: int, cells: list[str]) -> tuple[ProgramRow | None, list[RowProblem]]:
    """Return a row of the program's CSV (cells in our order of columns), or None when it is bad, and its problems.

    The SSN digits are digested here under every pepper, and are nowhere else. License and CSP numbers and the NPI may
    be blank; everything else must be there.
    """
    typed = {name: tidy(cell) for name, cell in zip(PROGRAM_COLUMNS, cells, strict=True)}
    typed |= _named(typed["first_name"], typed["last_name"])
    problems: list[RowProblem] = []
    digits = typed.pop("ssn_last_four")
    clean = {name: _cleaned(name, value, problems) for name, value in typed.items()}
    if not re.fullmatch(r"[0-9]{4}", digits):
        problems.append(RowProblem("ssn_last_four", _("The SSN digits must be four digits, leading zeros included.")))
    if problems:
        return None, problems
    number = clean["dea_number"]
    if not rules.dea_letter_fits(number, clean["last_name"]):
        reason = _("The second letter of the DEA number is not the initial of the last name. Please compare them.")
        problems.append(RowProblem("dea_number", reason, is_warning=True))
    row = ProgramRow(
        line=line,
        license_number=clean.pop("license_number"),
        csp_number=clean.pop("csp_number"),
        has_access=ANSWERS[clean.pop("monitoring_access")],
        fields={**clean, "dea_suffix": rules.split_dea_number(typed["dea_number"])[1]},
        ssn_digests=tuple(rules.ssn_digest(number, digits, pepper) for pepper in settings.SSN_PEPPERS),
    )
    return row, problems


def _named(first: str, last: str) -> dict[str, str]:
    """Return first and last name without degrees and not in capitals; one cell may hold both: `PARK, JUNE DO`."""
    both = last if not first else first if not last else ""
    name = (
        person_name(both)
        if "," in both
        else (in_name_case(without_degrees(first)), in_name_case(without_degrees(last)))
    )
    return {"first_name": name[0], "last_name": name[1]}


def wrong_width(found: int, wanted: int) -> RowProblem:
    return RowProblem("", _("The row has %(found)d columns, not %(wanted)d.") % {"found": found, "wanted": wanted})


def _cleaned(name: str, value: str, problems: list[RowProblem]) -> str:
    try:
        return CLEANERS[name](value)
    except PortalError as error:
        problems.append(RowProblem(name, str(error)))
    except ValidationError as error:
        problems.append(RowProblem(name, " ".join(error.messages)))
    return ""


def _text(name: str) -> Callable[[str], str]:
    column: Any = Physician._meta.get_field(name)
    longest = column.max_length or 0

    def clean(value: str) -> str:
        if not value:
            raise ValidationError(_("This must not be blank."))
        if len(value) > longest:
            raise ValidationError(_("This is longer than %(longest)d characters.") % {"longest": longest})
        return value

    return clean


def _number(normalize: Callable[[str], str], check: Callable[[str], None]) -> Callable[[str], str]:
    """Return a cleaner for a number that may be blank."""

    def clean(value: str) -> str:
        number = normalize(value)
        if number:
            check(number)
        return number

    return clean


def _registration_number(kind: str) -> Callable[[str], str]:
    return _number(partial(rules.normalize_registration_number, kind), partial(rules.check_registration_number, kind))


def _dea_number(value: str) -> str:
    number = rules.normalize_dea_number(value)
    rules.check_dea_number(number)
    return number


def _email(value: str) -> str:
    validate_email(value)
    return value.lower()


def _answer(value: str) -> str:
    if value.casefold() not in ANSWERS:
        raise ValidationError(_("Enter yes or no, or leave it blank."))
    return value.casefold()


def _state(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value.upper()):
        raise ValidationError(_("Enter the state as two letters, like CT."))
    return value.upper()


CLEANERS: dict[str, Callable[[str], str]] = {
    **{name: _text(name) for name in TEXTS},
    "dea_number": _dea_number,
    "npi": _number(lambda value: re.sub(r"\s", "", value), rules.check_npi),
    "license_number": _registration_number(Registration.Kind.MEDICAL_LICENSE),
    "csp_number": _registration_number(Registration.Kind.CONTROLLED_SUBSTANCE),
    "email": _email,
    "phone": lambda value: PhoneField().clean(value),
    "practice_state": _state,
    "practice_zip": lambda value: ZipField().clean(value),
    "monitoring_access": _answer,
}


def read_credential_row(line: int, cells: list[str], number: str) -> tuple[RegistrationRow | None, list[RowProblem]]:
    """Read a row of the state's licenses and credentials about our registration `number` [docs/domain.md#rosters].

    The registration counts when Active is 1, Status is an active one and StatusReason does not contradict it. It is
    limited when Status or StatusReason says so. ExpirationDate is the last good day, `expires_date` the day after.
    Active may disagree with the dates: both are stored, and both must hold for the registration to count. A date before
    1900 is unknown. EffectiveDate is not read: a renewed credential may carry the next period's.
    """
    active = cells[12].strip()
    status, reason = tidy(cells[10]).upper(), tidy(cells[11]).upper()
    if active not in ("0", "1"):
        return None, [RowProblem("Active", _("Active must be 0 or 1."))]
    try:
        last_good_day = _day(cells[15])
    except ValueError:
        return None, [RowProblem("ExpirationDate", _("Enter the date as MM/DD/YYYY."))]
    try:
        as_of = _day(cells[20])
    except ValueError:
        as_of = None
    counts = active == "1" and bool(ACTIVE_STATUS.fullmatch(status)) and not STOPPED_REASON.search(reason)
    if counts and last_good_day is None:
        return None, [RowProblem("ExpirationDate", _("An active credential must say until when it is valid."))]
    facts = {
        "is_active": counts,
        "is_limited": any(LIMITATION.search(text) and not LIMITATION_OVER.search(text) for text in (status, reason)),
        "expires_date": last_good_day and last_good_day + timedelta(days=1),
        "state": "CT",
    }
    return RegistrationRow(line, number, facts, as_of), []


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    """Return the day of a cell, or None for a blank one and for a year that stands for "unknown".

    Raises ValueError. A time of day behind the date, as spreadsheets and the state's API write it, is left out.
    """
    if not text.strip():
        return None
    match = DAY.fullmatch(text.strip())
    if not match:
        raise ValueError
    month, day, year = match["month"] or match["iso_month"], match["day"] or match["iso_day"], match["year"]
    return _known(date(int(year or match["iso_year"]), int(month), int(day)))


def _known(day: date) -> date | None:
    return day if EARLIEST_YEAR <= day.year < 9999 else None


def read_dea_line(line: int, text: str) -> tuple[RegistrationRow | None, list[RowProblem]]:
    """Read a line of the DEA's extract [docs/domain.md#rosters].

    Characters: number 1-9, activity 10, schedules 11-26, last good day 27-34 as CCYYMMDD, state 228-229. Another
    activity than C (practitioner) is not active. Without schedules 2 and 2N, or for another state than Connecticut, the
    registration is limited, because it does not cover what a certifying physician must be able to do.
    """
    number, activity, schedules, state = text[:9], text[9], text[10:26].strip(), text[227:229].upper()
    held = set(SCHEDULE.findall(schedules.upper()))
    try:
        last_good_day = _known(datetime.strptime(text[26:34], "%Y%m%d").date())  # noqa: DTZ007  a day has no time zone
    except ValueError:
        last_good_day = None
    if last_good_day is None:
        return None, [RowProblem("expiration", _("Characters 27 to 34 must be a date as CCYYMMDD."))]
    problems = []
    if activity != "C":
        problems.append(RowProblem("activity", _("This registration is not a practitioner's (C)."), is_warning=True))
    if not {"2", "2N"} <= held:
        problems.append(RowProblem("schedules", _("Schedules 2 and 2N are not both there."), is_warning=True))
    if state != "CT":
        problems.append(RowProblem("state", _("This registration is for another state."), is_warning=True))
    facts = {
        "is_active": activity == "C",
        "is_limited": not {"2", "2N"} <= held or state != "CT",
        "expires_date": last_good_day + timedelta(days=1),
        "state": state.strip(),
        "schedules": schedules,
    }
    return RegistrationRow(line, number, facts), problems
