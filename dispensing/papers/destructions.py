"""The paper of a destruction, and the CSV of all destructions of a range. Both are in English."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audit.exports import plain
from certification.papers.document import GREY, at_desk
from delivery.papers.layout import EDGE, WIDTH, PackPaper
from dispensing.models import Destruction
from dispensing.presenters.destructions import DestructionInWords, Row, in_words, in_words_between
from ui.spreadsheets import csv_parts
from ui.templatetags.portal import clock, grams, moment

ROW = 16
LABEL = 120
SERIAL, NAME, LOT, COUNT, SOURCE = EDGE, EDGE + 70, EDGE + 236, EDGE + 326, EDGE + 366
HEADER = [
    "destruction", "destroyed (New York)", "serial", "sku", "product", "lot", "quantity", "from", "method", "place",
    "weight of all in g", "reason of the weight", "proposed by", "witnessed by",
]  # fmt: skip


def destruction_pdf(made: Destruction, *, now: datetime) -> bytes:
    """Return the paper of a destruction: what, how, how much and who, with lines to sign before it is witnessed."""
    with translation.override("en"), timezone.override(timezone.get_default_timezone()):
        (words,) = in_words([made])
        return _paper(words, now=now)


def _paper(words: DestructionInWords, *, now: datetime) -> bytes:
    made, at = words.destruction, timezone.localtime(now)
    printed = _("Printed %(day)s, %(time)s") % {"day": date_format(at, "D, M j, Y"), "time": clock(at)}
    title = _("Destruction %(number)d") % {"number": made.pk}
    facts = list(_facts(words))
    with at_desk() as desk:
        pdf = PackPaper(title=title, window=_state(made), made_at=now, printed=printed)
        names = [text for row in words.rows for text in (row.product, row.lot)]
        pdf.load_fonts(desk, ["·×–’“”", *(value for _label, value in facts), *names])
        pdf.begin(title, names_people=False)
        for label, value in facts:
            y = pdf.make_room(32)
            pdf.put(label, EDGE, y, width=LABEL, size=10, color=GREY)
            pdf.put(value, EDGE + LABEL, y, width=WIDTH - LABEL, size=10, height=26)
            pdf.set_y(max(pdf.get_y(), y + ROW) + 2)
        _draw_rows(pdf, words.rows)
        if made.is_waiting:
            _draw_signatures(pdf)
        return bytes(pdf.output())


def _state(made: Destruction) -> str:
    if made.witnessed_at:
        return _("Destroyed on %(when)s") % {"when": moment(made.witnessed_at)}
    return _("Withdrawn: nothing was destroyed") if made.withdrawn_at else _("Waits for a witness")


def _facts(words: DestructionInWords) -> Iterator[tuple[str, str]]:
    made = words.destruction
    yield _("Dispensary"), f"{settings.DISPENSARY_NAME}, {settings.DISPENSARY_ADDRESS}"
    yield _("Method"), words.how
    yield _("Place"), made.place
    yield _("Weight of all"), _("%(weight)s without packaging") % {"weight": grams(made.weight_mg)}
    if made.weight_reason:
        yield _("Weight differs"), made.weight_reason
    yield _("Proposed by"), f"{words.proposed_by}, {moment(made.proposed_at)}"
    if made.witnessed_at:
        yield _("Witnessed by"), f"{words.witnessed_by}, {moment(made.witnessed_at)}"
    if made.withdrawn_at:
        yield _("Withdrawn by"), f"{words.withdrawn_by}, {moment(made.withdrawn_at)}: {made.withdrawn_reason}"


def _draw_rows(pdf: PackPaper, rows: list[Row]) -> None:
    heads = partial(pdf.heads, [
        (_("Serial"), SERIAL, 66, "L"), (_("Product"), NAME, 160, "L"), (_("Lot"), LOT, 86, "L"),
        (_("Items"), COUNT, 34, "R"), (_("From"), SOURCE + 6, WIDTH + EDGE - SOURCE - 6, "L"),
    ])  # fmt: skip
    pdf.set_y(pdf.make_room(60) + 10)
    heads()
    for row in rows:
        y = pdf.make_room(ROW, heads)
        pdf.put(row.serial or "–", SERIAL, y, width=66, size=10, style="B")
        pdf.put(row.product, NAME, y, width=162, size=9.5)
        pdf.put(row.lot, LOT, y, width=88, size=9.5)
        pdf.put(str(row.quantity), COUNT, y, width=34, size=9.5, align="R")
        pdf.put(row.source, SOURCE + 6, y, width=WIDTH + EDGE - SOURCE - 6, size=9, color=GREY)
        pdf.rule(y + ROW - 3)
        pdf.set_y(y + ROW)
    y = pdf.make_room(ROW)
    pdf.put(_("All items"), NAME, y, width=160, size=10, style="B")
    pdf.put(str(sum(row.quantity for row in rows)), COUNT, y, width=34, size=10, style="B", align="R")
    pdf.set_y(y + ROW)


def _draw_signatures(pdf: PackPaper) -> None:
    y = pdf.make_room(80) + 30
    pdf.blank(_("Who destroyed it"), EDGE, y, width=256)
    pdf.blank(_("Who witnessed it"), EDGE + 276, y, width=256)


def destructions_csv(first: date, last: date) -> Iterator[bytes]:
    """Yield the CSV of what was destroyed from `first` through `last`, days of New York: one row an item."""
    for part in csv_parts(HEADER, _cells(in_words_between(first, last))):
        yield part.encode()


def _cells(made: Iterable[DestructionInWords]) -> Iterator[list[object]]:
    for words in made:
        one = words.destruction
        weight = grams(one.weight_mg).removesuffix(" g").replace(",", "")
        for row in words.rows:
            yield [
                one.pk, plain(one.witnessed_at), row.serial, row.sku, row.product, row.lot, row.quantity, row.source,
                words.how, one.place, weight, one.weight_reason, words.proposed_by,
                words.witnessed_by,
            ]  # fmt: skip


def destruction_files(first: date, last: date) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield name and content of the files about these days of New York: the CSV, and the paper of each destruction."""
    yield "destructions.csv", destructions_csv(first, last)
    now = timezone.now()
    for words in in_words_between(first, last):
        made = words.destruction
        yield f"destruction-{made.pk}.pdf", [destruction_pdf(made, now=now)]
