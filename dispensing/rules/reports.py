"""When the monitoring report can be written, sent, corrected and settled. Each `check_` raises ReportError."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dispensing import asap
from dispensing.models import ReportFile, ReportRecord
from dispensing.rules.errors import ReportError
from dispensing.rules.facts import dispensing_of

F, R = ReportFile.Status, ReportRecord.Status
PAUSES = (1, 2, 5, 10)  # minutes after the first, second, third and each later try that failed
COLLECTED_AFTER = timedelta(minutes=30)  # where a pharmacist downloads: so that there are few files
MOST_IN_FILE = 500
DELETE_NOT_FOUND = re.compile(r"delete[\s_-]*not[\s_-]*found", re.IGNORECASE)
ADDRESS = re.compile(r"(?P<street>[^,]+),(?:(?P<unit>[^,]+),)?(?P<city>[^,]+),\s*(?P<state>[A-Z]{2})\s+(?P<zip>\d{5})")
NOBODY = asap.Dispenser("1", "X", "1", "", "", "", "", "", "")


def check_is_set_up() -> None:
    """The agency's three values are in the settings, and the report can carry the dispensary's name."""
    missing = [
        name
        for name in ("REPORT_SOURCE_ID", "REPORT_PHARMACY_NUMBER", "REPORT_ORIGIN_CODE")
        if not getattr(settings, name)
    ]
    if missing:
        words = _("No report can be written: set %(names)s in the environment, as docs/reporting.md says.")
        raise ReportError(words % {"names": ", ".join(missing)})
    today = datetime.now(UTC).date()
    try:
        asap.write_zero(
            dispenser=dispenser_of(""), first=today, last=today, control_number=1, written_at=datetime.now(UTC)
        )
    except ValueError as error:
        raise ReportError(_("No report can be written. %(reason)s") % {"reason": error}) from error


def dispenser_of(pharmacy_number: str) -> asap.Dispenser:
    """Return the dispensary under a pharmacy number, by default the one of the settings.

    An address of the settings in another form than `1 Main Street, Milford, CT 06460` is left out: it is optional.
    """
    found = ADDRESS.fullmatch(settings.DISPENSARY_ADDRESS.strip())
    parts = found.groupdict(default="") if found else {}
    return asap.Dispenser(
        source_id=settings.REPORT_SOURCE_ID,
        name=settings.DISPENSARY_NAME,
        pharmacy_number=pharmacy_number or settings.REPORT_PHARMACY_NUMBER,
        street=parts.get("street", ""),
        unit=parts.get("unit", ""),
        city=parts.get("city", ""),
        state=parts.get("state", ""),
        zip_code=parts.get("zip", ""),
        phone=str(settings.DISPENSARY_PHONE),
    )


def problem_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Return why the format cannot carry these facts, or an empty text. It holds values of a patient."""
    try:
        asap.write(
            [dispensing_of(kind, facts, settings.REPORT_ORIGIN_CODE or "99")],
            dispenser=NOBODY,
            control_number=1,
            written_at=datetime.now(UTC),
        )
    except ValueError as error:
        return str(error)
    return ""


def check_facts(kind: str, facts: Mapping[str, Any]) -> None:
    """The format can carry what is to be reported; the error names the value."""
    if problem := problem_of(kind, facts):
        raise ReportError(problem)


def pause_after(tries: int) -> timedelta:
    """Return how long a file waits after so many tries that failed: 1, 2, 5, and then 10 minutes."""
    return timedelta(minutes=PAUSES[min(tries, len(PAUSES)) - 1])


def check_can_be_downloaded(file: ReportFile) -> None:
    """A file is not being sent at this moment."""
    if file.status == F.SENDING:
        raise ReportError(_("The portal is sending this file right now. Look again in five minutes."))


def check_waits_for_pharmacist(record: ReportRecord) -> None:
    """A record could not be written, or came back with an error."""
    if record.status not in (R.HELD, R.ERROR):
        raise ReportError(_("Nothing has to be done about this report any more. Look at the list again."))


def check_was_sent(record: ReportRecord) -> None:
    """A record that is settled by hand was sent at least once."""
    check_waits_for_pharmacist(record)
    if record.sent_at is None:
        raise ReportError(_("This was never sent, so the monitoring program cannot have it. Correct it and send it."))


def check_can_be_revised(record: ReportRecord) -> None:
    """A revision is of the last report of a unit that was sent and is not taken back."""
    last = ReportRecord.objects.filter(unit=record.unit_id).exclude(status=R.DROPPED).order_by("pk").last()
    if last is None or last.pk != record.pk or record.kind == ReportRecord.Kind.VOID:
        raise ReportError(_("Something later was reported of this unit. Revise its last report."))
    if record.status not in (R.FILED, R.ACCEPTED) or record.sent_at is None:
        raise ReportError(_("This was not sent yet. Correct it in place of revising it."))


def check_file_is_in_error(file: ReportFile) -> None:
    """The monitoring program has answered with an error."""
    if file.status != F.ERROR:
        raise ReportError(_("The monitoring program names no error in this file. Look at the list again."))


def check_zero_is_not_made(day: date) -> None:
    """No other zero report of the day stands."""
    if ReportFile.objects.filter(kind=ReportFile.Kind.ZERO, day=day).exclude(status=F.ERROR).exists():
        raise ReportError(_("Another zero report of this day was made already. Look at the list again."))


def check_answer_text(text: str) -> None:
    """An answer that is entered has words."""
    if not text.strip():
        raise ReportError(_("Choose the file of the answer, or paste its text."))


def errors_of_units(errors: Collection[str], serials: Collection[str]) -> dict[str, str]:
    """Return by serial what an answer says of each of these units that it names; empty where it names none.

    A message without a serial belongs to each of them. [docs/domain.md#the-monitoring-report]
    """
    units_of = {error: set(re.findall(r"\d+", error)) & set(serials) for error in errors}
    named = set().union(*units_of.values())
    return {
        serial: "\n".join(error for error, units in units_of.items() if serial in units or not units)
        for serial in sorted(named)
    }


def names_delete_not_found(errors: Collection[str]) -> bool:
    """Return whether an answer says that a void did not find the report that it takes back."""
    return any(DELETE_NOT_FOUND.search(error) for error in errors)
