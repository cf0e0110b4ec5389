"""Manifests, reports with their answers, recalls and destructions of a range of days, for the inspector's pack."""

from datetime import date

from django.db.models import Q
from django.utils import timezone

from audit.exports import Column, Export, moment
from delivery.models import Run
from dispensing.models import RecalledPerson, ReportAnswer, ReportFile, ReportRecord
from dispensing.papers.destructions import destruction_files
from dispensing.papers.manifest import manifest_pdf
from dispensing.papers.tables import Files, csv_of
from dispensing.presenters.log import span_of, within
from dispensing.presenters.manifest import manifest_of

REPORTS = Export("reports", (
    Column("serial", "unit_id"), Column("kind", "kind"), Column("status", "status"),
    Column("day of the hand-over", "filled_date"), moment("happened", "happened_at"), moment("due", "due_at"),
    moment("sent", "sent_at"), moment("accepted", "accepted_at"), Column("file", "file__name"),
    Column("problem", "problem"),
))  # fmt: skip
FILES = Export("report-files", (
    Column("file", "name"), Column("control number", "control_number"), Column("kind", "kind"),
    Column("day without dispensing", "day"), Column("units", "count"), Column("status", "status"),
    moment("made", "made_at"), moment("sent", "sent_at"), moment("answered", "answered_at"),
    Column("SHA-256 as sent", "digest"),
))  # fmt: skip
ANSWERS = Export("report-answers", (
    moment("received", "received_at"), Column("kind", "kind"), Column("answers the file", "file__name"),
    Column("errors", "errors"), Column("why it was not used", "trouble"), Column("SHA-256", "digest"),
))  # fmt: skip
RECALLS = Export("recalls", (
    Column("lot", "recall__lot_number"), Column("reason", "recall__reason"),
    Column("reason in Spanish", "recall__reason_es"), Column("what to do", "recall__instructions"),
    Column("what to do, in Spanish", "recall__instructions_es"), moment("began", "recall__started_at"),
    moment("ended", "recall__ended_at"), Column("why it ended early", "recall__ended_reason"),
    Column("certificate", "patient__number"), Column("patient, first name", "patient__first_name"),
    Column("patient, last name", "patient__last_name"), Column("way", "way"), moment("told", "told_at"),
    Column("answer", "answer"), moment("answered", "answered_at"), moment("reached", "reached_at"),
))  # fmt: skip


def manifests_part(first: date, last: date) -> Files:
    """Yield the manifest of each run of these days as a PDF."""
    now = timezone.now()
    runs = Run.objects.filter(window__date__range=(first, last)).select_related("window", "driver")
    for run in runs.order_by("window__date", "pk"):
        yield f"manifests/{run}.pdf", [manifest_pdf(manifest_of(run), now=now)]


def reports_part(first: date, last: date) -> Files:
    """Yield what was to be reported of these days, each file as sent, and each answer that came."""
    yield "reports.csv", csv_of(REPORTS, ReportRecord.objects.filter(filled_date__range=(first, last)))
    files = ReportFile.objects.filter(within("made_at", first, last))
    answers = ReportAnswer.objects.filter(within("received_at", first, last)).select_related("file")
    yield "report-files.csv", csv_of(FILES, files)
    yield "report-answers.csv", csv_of(ANSWERS, answers)
    for file in files.order_by("pk").iterator(chunk_size=100):
        yield f"reports/{file.name}", [file.text.encode()]
    for answer in answers.order_by("pk").iterator(chunk_size=100):
        yield f"answers/{answer.pk}-{answer.file or 'no-file-of-ours'}", [answer.text.encode()]


def recalls_part(first: date, last: date) -> Files:
    """Yield each person of the recalls that were open on one of these days."""
    begin, end = span_of(first, last)
    open_then = Q(recall__ended_at__isnull=True) | Q(recall__ended_at__gte=begin)
    yield "recalls.csv", csv_of(RECALLS, RecalledPerson.objects.filter(open_then, recall__started_at__lt=end))


def destructions_part(first: date, last: date) -> Files:
    """Yield what was destroyed on these days, and the paper of each destruction."""
    for name, content in destruction_files(first, last):
        yield (f"destructions/{name}" if name.endswith(".pdf") else name), content
