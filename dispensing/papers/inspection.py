"""The inspector's pack: everything about what was dispensed on a range of days, as one archive with digests."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from audit.actions import record
from audit.exports import EVENTS, Column, Export, moment
from audit.models import Event
from dispensing.models import DispensedUnit, UnitMove
from dispensing.papers.log_csv import log_csv
from dispensing.papers.log_pdf import log_pdf
from dispensing.papers.proofs import destructions_part, manifests_part, recalls_part, reports_part
from dispensing.papers.tables import Files, csv_of
from dispensing.presenters.log import clock, days_in_words, in_words, within
from dispensing.rules import check_paper_days

ABOUT, DIGESTS = "about.txt", "digests.txt"
HELD = 1 << 16  # bytes that are given away together
ABOUT_WORDS = """Inspector's pack of {dispensary}
{days}, both days included. Made {now}, in the time of New York.

{files}
digests.txt
    The SHA-256 digest of each file. To compare them: sha256sum --check digests.txt

In a cell that would begin like a formula, an apostrophe stands first.
"""


@dataclass(frozen=True)
class Part:
    """A part of the archive: a function of the first and the last day that yields the name of each file with its
    content in parts, and a sentence about them by name."""

    files: Callable[[date, date], Files]
    explained: dict[str, str]


UNITS = Export("units", (
    Column("serial", "serial"), Column("order", "order__number"), Column("product", "product__name"),
    Column("product detail", "product__detail"),
    Column("product code", "product_code"), Column("producer", "producer"), Column("lot", "lot_number"),
    Column("expires", "expires_date"), Column("THC (mg)", "thc_mg"), Column("CBD (mg)", "cbd_mg"),
    Column("quantity", "quantity"), Column("unit code", "unit_code"), Column("days", "days"),
    moment("packed", "created_at"), moment("handed over", "handed_over_at"), Column("place now", "place"),
    moment("there since", "place_since"), Column("pharmacist, account", "pharmacist_id"),
))  # fmt: skip
MOVES = Export("unit-moves", (
    Column("serial", "unit_id"), Column("place", "place"), moment("when", "at"), Column("account", "by_id"),
))  # fmt: skip


def log_part(first: date, last: date) -> Files:
    yield "log.pdf", log_pdf(first, last)
    yield "log.csv", log_csv(first, last)


def units_part(first: date, last: date) -> Files:
    units = DispensedUnit.objects.filter(within("created_at", first, last) | within("handed_over_at", first, last))
    yield "units.csv", csv_of(UNITS, units)
    yield "unit-moves.csv", csv_of(MOVES, UnitMove.objects.filter(within("at", first, last)))


def audit_part(first: date, last: date) -> Files:
    about = Q(subject_type__startswith="delivery.") | Q(subject_type__startswith="dispensing.")
    yield "audit-trail.csv", csv_of(EVENTS, Event.objects.filter(about, within("created_at", first, last)))


PARTS = (
    Part(log_part, {"log.pdf, log.csv": "The dispensing log: each unit that was handed over, by serial."}),
    Part(units_part, {
        "units.csv": "Each unit that was packed or handed over on these days, with its lot, and where it is now.",
        "unit-moves.csv": "Each place that a unit came to on these days.",
    }),
    Part(manifests_part, {"manifests/": "The manifest of each run of these days."}),
    Part(reports_part, {
        "reports.csv": "What was to be reported to the monitoring program of these days.",
        "report-files.csv, reports/": "Each file of the report that was made on these days. The number of a "
        "photo ID is cut to four characters once the program has accepted it, so its digest is not the one as sent.",
        "report-answers.csv, answers/": "Each answer of the monitoring program that came on these days.",
    }),
    Part(recalls_part, {"recalls.csv": "The people of each recall that was open on one of these days."}),
    Part(destructions_part, {"destructions.csv, destructions/": "What was destroyed on these days before a witness."}),
    Part(audit_part, {"audit-trail.csv": "What was done on these days about orders, deliveries, stock and units."}),
)  # fmt: skip


def inspection_zip(first: date, last: date) -> Iterator[bytes]:
    """Yield the archive of the days from `first` through `last`. Each file is read, packed and sent in parts."""
    sink = _Sink()
    digests: list[str] = []
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        about = [(ABOUT, [_about(first, last).encode()])]
        for name, content in chain(about, *(part.files(first, last) for part in PARTS)):
            digest = hashlib.sha256()
            with archive.open(_member(name), "w", force_zip64=True) as member:
                for part in content:
                    digest.update(part)
                    member.write(part)
                    if len(sink.held) > HELD:
                        yield sink.take()
            digests.append(f"{digest.hexdigest()}  {name}\n")
        archive.writestr(_member(DIGESTS), "".join(digests))
    yield sink.take()


def write_inspection(first: date, last: date, path: Path) -> str:
    """Write the archive into a new file that nobody but its owner may read, and an event; return its digest (SHA-256).

    Without the event there is no file. Raises PaperError and OSError.
    """
    check_paper_days(first, last, today=timezone.localdate())
    unfinished, digest = path.with_name(f"{path.name}.part"), hashlib.sha256()
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            for part in inspection_zip(first, last):
                digest.update(part)
                out.write(part)
        reason = f"{first} to {last}, SHA-256 {digest.hexdigest()}"
        record(action="inspection.export", by=None, reason=reason)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return digest.hexdigest()


class _Sink(io.RawIOBase):
    """Bytes that the archive has written and nobody has taken yet; it never goes back to them."""

    def __init__(self) -> None:
        super().__init__()
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.held += content
        return len(content)

    def take(self) -> bytes:
        taken = bytes(self.held)
        self.held.clear()
        return taken


def _member(name: str) -> ZipInfo:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    member = ZipInfo(name, now.timetuple()[:6])
    member.compress_type = ZIP_STORED if name.endswith(".pdf") else ZIP_DEFLATED
    return member


def _about(first: date, last: date) -> str:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    files = [f"{name}\n    {words}" for part in PARTS for name, words in part.explained.items()]
    return ABOUT_WORDS.format(
        dispensary=settings.DISPENSARY_NAME,
        days=days_in_words(first, last),
        now=f"{in_words(now.date())}, {clock(now)}",
        files="\n".join(files),
    )
