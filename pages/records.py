"""Write the records of a period into one archive of CSV files: for an inspection, or for a person who asks.

Whoever asks for records may read them, so the encrypted columns of a certification are included: conditions,
directions and reasons. What lets somebody in, or is no record yet, is not: drafts, one-time links, tokens of cards,
digests, and network addresses and sessions of the audit trail. Files of letters and the numbers of photo IDs are left
out too.
"""

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.models import Physician
from audit import names, trail
from audit.actions import record
from audit.exports import EVENTS, Column, Export, amounts, cells, dollars, moment
from audit.models import Event
from certification.models import Certification, Patient
from delivery.models import (
    AllotmentEntry,
    DoorAttempt,
    HandOver,
    HandOverCorrection,
    ItemReport,
    Order,
    OrderLine,
    ReturnDecision,
    ReturnedItem,
    StockMovement,
)
from dispensing.models import SelfAssessment
from notifications.models import Notification
from ui.search_terms import SearchTerm
from ui.spreadsheets import csv_parts

ABOUT = "about.txt"
EXPLAINED = """Records of {about}, {begins} to {ends}, both days included.
Written on {now}. Times are those of New York. In a cell that would begin like a formula, an apostrophe stands first.

Each file holds the rows of the period: certifications that were valid on one of its days, orders that were placed in
it, movements, messages and events that were written in it, self-assessments that were asked in it, and allotment
entries of its days.
Not included: drafts, files of letters, numbers of photo IDs, one-time links, tokens of cards, network addresses and
sessions.
"""
# The row that a message is about, by the key in its context; other keys are names of our models.
ABOUT_ROWS = {
    "correction": "handovercorrection", "report": "itemreport",
    "assignment": "caregiverassignment", "entry": "waitingentry", "application": "physicianapplication",
    "reset": "mfareset",
}  # fmt: skip

PATIENTS = Export("patients", (
    Column("patient", "number"), Column("first name", "first_name"), Column("middle name", "middle_name"),
    Column("last name", "last_name"), Column("suffix", "suffix"), Column("birth date", "birth_date"),
    Column("street", "street"), Column("unit", "unit"), Column("city", "city"), Column("state", "state"),
    Column("ZIP", "zip_code"), Column("phone", "phone", str), Column("email", "email"),
    moment("affirmed", "affirmed_at"), moment("closed", "closed_at"),
))  # fmt: skip
CERTIFICATIONS = Export("certifications", (
    Column("certification", "number"), Column("patient", "patient__number"), Column("status", "status"),
    Column("physician", "physician__last_name"), Column("DEA number", "physician__dea_number"),
    moment("signed", "certified_at"), Column("signature", "signature_name"),
    Column("statement", "statement_version"), Column("first day", "certified_date"),
    Column("first day no longer valid", "expires_date"), Column("exam", "exam_date"),
    Column("monitoring program reviewed", "monitoring_reviewed_date"),
    Column("monthly allotment (oz)", "monthly_allotment_oz"), Column("limit (oz)", "allotment_limit_oz"),
    Column("conditions", "condition_codes", lambda codes: " ".join(codes or ())), Column("directions", "directions"),
    Column("why less than the limit", "allotment_reason"), Column("explained to", "explained_to"),
    moment("ended", "ended_at"), Column("why ended", "ended_reason"),
))  # fmt: skip
ORDERS = Export("orders", (
    Column("order", "number"), Column("patient", "patient__number"), Column("certification", "certification__number"),
    Column("status", "status"), Column("day", "window__date"), Column("from", "window__starts"),
    Column("to", "window__ends"), Column("street", "street"), Column("unit", "unit"), Column("city", "city"),
    Column("ZIP", "zip_code"), Column("phone", "phone", str), Column("payment", "payment_method"),
    dollars("total", "subtotal_cents"), *amounts("flower equivalent", "amount_mg"),
    Column("placed by account", "placed_by_id"), Column("on the phone with account", "assisted_by_id"),
    moment("placed", "placed_at"), moment("confirmed", "confirmed_at"), moment("ended", "ended_at"),
    Column("why ended", "ended_reason"), Column("why ended, in Spanish", "ended_reason_es"),
))  # fmt: skip
LINES = Export("order-lines", (
    Column("order", "order__number"), Column("sku", "product__sku"), Column("product", "product__name"),
    Column("product detail", "product__detail"),
    Column("quantity", "quantity"), dollars("price of one", "unit_price_cents"),
    *amounts("flower equivalent of one", "amount_mg"),
))  # fmt: skip
MOVEMENTS = Export("stock-movements", (
    moment("when", "created_at"), Column("order", "order__number"), Column("sku", "product__sku"),
    Column("lot", "lot"), Column("kind", "kind"), Column("quantity", "quantity"), Column("account", "by_id"),
    Column("reason", "reason"),
))  # fmt: skip
HAND_OVERS = Export(
    "hand-overs",
    (
        Column("order", "order__number"), Column("driver, account", "by_id"), Column("received by", "received_by"),
        Column("card checked", "card_checked"), Column("photo ID checked", "photo_id_checked"),
        Column("photo ID", "photo_id_kind"), Column("state of the photo ID", "id_state"),
        dollars("due", "amount_due_cents"), dollars("cash", "cash_cents"), dollars("card", "debit_cents"),
        dollars("tip", "tip_cents"), moment("handed over", "stated_at"), moment("recorded", "recorded_at"),
    ),
)  # fmt: skip
ATTEMPTS = Export(
    "door-attempts",
    (
        Column("order", "order__number"), Column("driver, account", "by_id"), Column("outcome", "outcome"),
        Column("comes back", "comes_back"), moment("at the door", "stated_at"), moment("recorded", "recorded_at"),
    ),
)  # fmt: skip
RETURNED = Export("returned-items", (
    Column("order", "order__number"), Column("sku", "product__sku"), Column("lot", "lot"),
    Column("quantity", "quantity"), Column("waiting", "waiting"), Column("driver, account", "carried_by_id"),
    Column("taken in by account", "taken_in_by_id"), moment("taken in", "taken_in_at"),
))  # fmt: skip
DECISIONS = Export("return-decisions", (
    Column("order", "item__order__number"), Column("sku", "item__product__sku"), Column("lot", "item__lot"),
    Column("decision", "kind"), Column("quantity", "quantity"), Column("taken in by account", "taken_in_by_id"),
    Column("decided by account", "by_id"), Column("reason", "reason"), moment("decided", "created_at"),
))  # fmt: skip
CORRECTIONS = Export("corrections", (
    Column("order", "hand_over__order__number"), Column("sku", "line__product__sku"), Column("kind", "kind"),
    Column("quantity", "quantity"), dollars("given back", "cents"), Column("how", "method"),
    Column("paid on", "paid_date"), Column("run", "run__number"), Column("goods", "goods"), Column("lot", "lot"),
    Column("given instead", "product__sku"), Column("its lot", "product_lot"), Column("account", "by_id"),
    Column("reason", "reason"), moment("entered", "created_at"),
))  # fmt: skip
REPORTS = Export("item-reports", (
    Column("order", "order__number"), Column("sku", "line__product__sku"), Column("what", "what"),
    Column("words", "words"), Column("account", "by_id"), moment("reported", "created_at"),
    moment("answered", "answered_at"), Column("answered by account", "answered_by_id"), Column("answer", "answer"),
))  # fmt: skip
ENTRIES = Export("allotment-entries", (
    Column("patient", "patient__number"), Column("day", "day"), *amounts("flower equivalent", "amount_mg"),
    Column("origin", "origin"), Column("account", "by_id"), Column("reason", "reason"), moment("entered", "created_at"),
))  # fmt: skip
ASSESSMENTS = Export("self-assessments", (
    Column("patient", "patient__number"), Column("order", "order__number"), Column("cause", "cause"),
    moment("asked", "asked_at"), moment("answered", "answered_at"), moment("skipped", "skipped_at"),
    Column("account", "closed_by_id"), Column("how well it works", "answers", lambda said: (said or {}).get("works")),
    Column("side effects", "answers", lambda said: " ".join((said or {}).get("effects", ()))),
    Column("another side effect", "other_effect"), Column("words", "words"),
))  # fmt: skip
MESSAGES = Export("messages", (
    moment("written", "created_at"), Column("kind", "kind"), Column("channel", "channel"),
    Column("recipient", "recipient"), Column("language", "language"), Column("status", "status"),
    Column("tries", "attempts"), moment("sent", "sent_at"), Column("about", "context", lambda about: about),
))  # fmt: skip


class RecordsError(Exception):
    """The records cannot be written. The message is one sentence that says what to do."""


@dataclass(frozen=True)
class Scope:
    """The period of the records, both days included, and whom they are about: a physician, patient, order or all."""

    begins: date
    ends: date
    about: Model | None = None

    @property
    def in_words(self) -> str:
        if self.about is None:
            return "everybody"
        name = self.about.dea_number if isinstance(self.about, Physician) else str(self.about)
        return f"{self.about._meta.verbose_name} {name}"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return the first moment of the period, and the first after it."""
        days = (self.begins, self.ends + timedelta(days=1))
        begin, end = (timezone.make_aware(datetime.combine(day, time())) for day in days)
        return begin, end

    def written_in(self, column: str) -> Q:
        begin, end = self.moments
        return Q(**{f"{column}__gte": begin, f"{column}__lt": end})


@dataclass
class Written:
    """How many rows each file holds."""

    counts: dict[str, int] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())


def scope_of(*, begins: date, ends: date, physician: str = "", patient: str = "", order: str = "") -> Scope:
    """Return the scope that these numbers name; raise RecordsError when there is no such row."""
    if begins > ends:
        raise RecordsError(f"--from {begins} is after --to {ends}: exchange them.")
    about: Model | None = None
    if physician:
        dea_number = physician.strip().upper()
        about = _found(Physician.objects.filter(dea_number=dea_number), f"physician has the DEA number {dea_number}")
    if patient:
        number = SearchTerm(patient).number("P")
        about = _found(Patient.objects.filter(number=number), f"patient has the number {patient}, like P-7KQ4-M2XP")
    if order:
        number = SearchTerm(order).number("D")
        placed = Order.objects.placed().filter(number=number)
        about = _found(placed, f"order has the number {order}, like D-7KQ4-M2XP")
    return Scope(begins, ends, about)


def _found(rows: QuerySet[Any], words: str) -> Model:
    row = rows.first()
    if row is None:
        raise RecordsError(f"No {words}.")
    return row


# --- Which rows -----------------------------------------------------------------------------------------------------


def certifications_of(scope: Scope) -> QuerySet[Certification]:
    """Return the certifications that were valid on a day of the period, and the one of the order."""
    valid = Certification.objects.filter(certified_date__lte=scope.ends, expires_date__gt=scope.begins)
    if isinstance(scope.about, Physician):
        return valid.filter(physician=scope.about)
    if isinstance(scope.about, Patient):
        return valid.filter(patient=scope.about)
    return Certification.objects.filter(orders=scope.about) if isinstance(scope.about, Order) else valid


def orders_of(scope: Scope) -> QuerySet[Order]:
    """Return the orders that were placed in the period, and the one that was asked for."""
    if isinstance(scope.about, Order):
        return Order.objects.filter(pk=scope.about.pk)
    orders = Order.objects.placed().filter(scope.written_in("placed_at"))
    if isinstance(scope.about, Physician):
        return orders.filter(certification__physician=scope.about)
    return orders.filter(patient=scope.about) if isinstance(scope.about, Patient) else orders


def patients_of(scope: Scope) -> QuerySet[Patient]:
    if isinstance(scope.about, Patient):
        return Patient.objects.filter(pk=scope.about.pk)
    if isinstance(scope.about, Order):
        return Patient.objects.filter(pk=scope.about.patient_id)
    signed = Patient.objects.filter(pk__in=certifications_of(scope).values("patient"))
    return signed | Patient.objects.filter(pk__in=orders_of(scope).values("patient"))


def _of_orders(scope: Scope, rows: QuerySet[Any], written: str, path: str = "order") -> QuerySet[Any]:
    """Return the rows that were written in the period, or those of the orders of whom the scope is about.

    `path` leads from a row to its order.
    """
    if scope.about is None:
        return rows.filter(scope.written_in(written))
    return rows.filter(**{f"{path}__in": orders_of(scope).values("pk")})


def _entries(scope: Scope) -> QuerySet[AllotmentEntry]:
    entries = AllotmentEntry.objects.filter(day__gte=scope.begins, day__lte=scope.ends)
    if isinstance(scope.about, Order):
        return entries.none()
    return entries if scope.about is None else entries.filter(patient__in=patients_of(scope).values("pk"))


def _assessments(scope: Scope) -> QuerySet[SelfAssessment]:
    """Return the self-assessments that were asked in the period, and those that the order asked."""
    if scope.about is None or isinstance(scope.about, Patient):
        asked = SelfAssessment.objects.filter(scope.written_in("asked_at"))
        return asked if scope.about is None else asked.filter(patient=scope.about)
    return SelfAssessment.objects.filter(order__in=orders_of(scope).values("pk"))


def _rows_about(scope: Scope) -> list[names.Found]:
    """Return the rows whose events and messages are records of the scope: whom it is about, and what was found."""
    assert scope.about is not None
    found = [scope.about]
    if isinstance(scope.about, Physician):
        found += [*certifications_of(scope).only("pk"), *orders_of(scope).only("pk")]
    return [names.Found(row._meta.label_lower, row.pk, "") for row in found]


def _events(scope: Scope) -> QuerySet[Event]:
    about = None if scope.about is None else _rows_about(scope)
    return trail.events_of(trail.Question(about=about)).filter(scope.written_in("created_at"))


def _messages(scope: Scope) -> Iterator[list[Any]]:
    """Yield the messages of the period whose context names a row of the scope."""
    found = cells(Notification.objects.filter(scope.written_in("created_at")), MESSAGES.columns)
    of_rows = None if scope.about is None else _by_model(names.belongings_of(_rows_about(scope)))
    for *columns, context in found:
        if of_rows is None or _names_a_row(context, of_rows):
            yield [*columns, json.dumps(context)]


def _by_model(ids: names.Ids) -> dict[str, set[int]]:
    return {label.partition(".")[2]: pks for label, pks in ids.items()}


def _names_a_row(context: dict[str, Any], of_rows: dict[str, set[int]]) -> bool:
    return any(value in of_rows.get(ABOUT_ROWS.get(key, key), ()) for key, value in context.items())


# --- The archive ----------------------------------------------------------------------------------------------------


def _files(scope: Scope) -> Iterator[tuple[Export, Callable[[], Iterable[list[Any]]]]]:
    """Yield each file with a function that reads its rows, newest first, a few thousand at a time."""
    lines = OrderLine.objects.filter(order__in=orders_of(scope).values("pk"))
    tables: list[tuple[Export, QuerySet[Any]]] = [
        (PATIENTS, patients_of(scope)),
        (CERTIFICATIONS, certifications_of(scope)),
        (ORDERS, orders_of(scope)),
        (LINES, lines),
        (MOVEMENTS, _of_orders(scope, StockMovement.objects.all(), "created_at")),
        (HAND_OVERS, _of_orders(scope, HandOver.objects.all(), "recorded_at")),
        (ATTEMPTS, _of_orders(scope, DoorAttempt.objects.all(), "recorded_at")),
        (RETURNED, _of_orders(scope, ReturnedItem.objects.all(), "created_at")),
        (DECISIONS, _of_orders(scope, ReturnDecision.objects.all(), "created_at", "item__order")),
        (CORRECTIONS, _of_orders(scope, HandOverCorrection.objects.all(), "created_at", "hand_over__order")),
        (REPORTS, _of_orders(scope, ItemReport.objects.all(), "created_at")),
        (ENTRIES, _entries(scope)),
        (ASSESSMENTS, _assessments(scope)),
        (EVENTS, _events(scope)),
    ]
    yield from ((export, partial(cells, rows, export.columns)) for export, rows in tables)
    yield MESSAGES, partial(_messages, scope)


def write_records(scope: Scope, path: Path) -> Written:
    """Write the records of the scope into a new archive at `path`, and an event about it; return the counts.

    Nobody but the owner of the file may read it. Without the event there is no file. Raises RecordsError when the file
    exists, and OSError.
    """
    if path.exists():
        raise RecordsError(f"{path} exists. Name another file with --file.")
    unfinished, written = path.with_name(f"{path.name}.part"), Written()
    try:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as out, ZipFile(out, "w", ZIP_DEFLATED) as archive:
            archive.writestr(ABOUT, _explained(scope))
            for export, read in _files(scope):
                written.counts[export.name] = _write_file(archive, export, read())
        reason = f"{scope.in_words}, {scope.begins} to {scope.ends}: {written.in_words}"
        record(action="records.export", by=None, subject=scope.about, reason=reason)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _explained(scope: Scope) -> str:
    now = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return EXPLAINED.format(about=scope.in_words, begins=scope.begins, ends=scope.ends, now=now)


def _write_file(archive: ZipFile, export: Export, rows: Iterable[list[Any]]) -> int:
    """Write one CSV and return its number of rows."""
    count = 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    with (
        archive.open(f"{export.name}.csv", "w", force_zip64=True) as member,
        io.TextIOWrapper(member, "utf-8", newline="") as text,
    ):
        for part in csv_parts(export.header, counted()):
            text.write(part)
    return count
