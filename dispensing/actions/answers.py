"""Answers of the monitoring program: fetched from the server or entered by a pharmacist, each recorded once."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from dispensing import gateways
from dispensing.asap import read_answer
from dispensing.asap_answers import ACKNOWLEDGED, Answer
from dispensing.models import ReportAnswer, ReportFile
from dispensing.rules import reports as rules
from dispensing.writes.alarms import alarm_staff
from dispensing.writes.report_answers import accept_file, refuse_file

LOOKED_AGAIN = timedelta(days=1)  # an answer that could not be used may still be replaced under its name


@audited("report.answer")
def record_answer(*, text: str, name: str = "", by: User | None) -> ReportAnswer:
    """Record an answer, and do what it says; returns it. The same text again returns the first one.

    An acknowledgement accepts the file, an error puts its records into the work list, or only those of the units that
    it names. An answer that is cut, or to a report that is not ours, is kept with a sentence that says so, and changes
    nothing. `name` is that of the file on the server. "Delete not found" is mailed to staff.
    Raises ReportError for an empty text.
    """
    rules.check_answer_text(text)
    now, digest = timezone.now(), hashlib.sha256(text.encode()).hexdigest()
    answer, file, trouble = _understood(text)
    errors = answer.errors if answer else ()
    found, is_new = ReportAnswer.objects.get_or_create(
        digest=digest,
        defaults={
            "text": text,
            "name": name[:200],
            "kind": answer.kind if answer else "",
            "file": file,
            "errors": "\n".join(errors) or None,
            "trouble": trouble or None,
            "is_alarm": rules.names_delete_not_found(errors),
            "received_at": now,
            "entered_by": by,
        },
    )
    if is_new:
        _carry_out(found, answer, file, now=now, by=by)
        record(by=by, subject=found)
    return found


def _understood(text: str) -> tuple[Answer | None, ReportFile | None, str]:
    """Return what the answer says, the file that it answers, locked, and why it cannot be used, or an empty text."""
    try:
        answer = read_answer(text)
    except ValueError as error:
        return None, None, str(error)
    known = ReportFile.objects.select_for_update(no_key=True).filter(control_number=answer.control_number)
    file = known.first() if answer.control_number.isprintable() else None  # PostgreSQL looks up no text with a NUL
    if file is None:
        words = _("It answers the report %(number)s, and the portal has made none with this control number.")
        return answer, None, words % {"number": answer.control_number[:40]}
    return answer, file, ""


def _carry_out(
    row: ReportAnswer, answer: Answer | None, file: ReportFile | None, *, now: datetime, by: User | None
) -> None:
    if row.is_alarm:
        alarm_staff("delete_not_found", about=str(row.pk), context={"answer": row.pk}, by=by)
    if answer is None or file is None:
        return
    if answer.kind == ACKNOWLEDGED:
        accept_file(file, at=now, by=by)
    else:
        refuse_file(file, answer.errors, at=now, by=by)


def fetch_answers(*, by: User | None) -> int:
    """Read the answers that are new in the folder REPORT_ANSWERS of the server; returns how many. None without one.

    They stay on the server. Raises gateways.ServerTrouble.
    """
    if settings.REPORT_SERVER is None:
        return 0
    named = ReportAnswer.objects.exclude(name="")
    since = timezone.now() - LOOKED_AGAIN
    known = {*named.filter(file__isnull=False).values_list("name", flat=True)}
    known |= {*named.filter(received_at__lt=since).values_list("name", flat=True)}
    before = ReportAnswer.objects.count()
    for name, content in gateways.answers(known):
        text = content.decode(errors="replace")
        if text.strip():
            record_answer(text=text, name=name, by=by)
    return ReportAnswer.objects.count() - before


@audited("report.read_answer", subject="answer")
def tick_off_answer(*, answer: ReportAnswer, by: User) -> ReportAnswer:
    """Write that a pharmacist has looked at an answer that could not be used, or that was an alarm."""
    answer = ReportAnswer.objects.select_for_update(no_key=True).get(pk=answer.pk)
    if answer.read_at is None:
        answer.read_at, answer.read_by = timezone.now(), by
        answer.save(update_fields=["read_at", "read_by"])
        record(by=by, subject=answer)
    return answer
