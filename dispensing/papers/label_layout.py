"""How the words of a label stand on its 4 × 2 inches: the same lines for PDF and ZPL.

Lengths are points, and y goes down. Sizes go down to 6 pt and never under; what does not fit then continues on a
second label.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Protocol

from dispensing.rules import Label

WIDTH, HEIGHT = 288.0, 144.0
EDGE = 8.0
CODE = 46.0  # the side of the QR code, at the top right
CODE_X = WIDTH - EDGE - CODE
BESIDE = CODE_X - EDGE - 10  # the width of a line beside the code: four white squares stay free
BELOW = EDGE + CODE + 20  # where lines begin to be as wide as the label: under the serial
LEAST = 6.0
LEADING = 1.16
MOST_REPEATED = 100  # letters of the patient's name on a label that continues: two lines at most
STEPS = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Measure(Protocol):
    """Returns how wide a text is in a size."""

    def __call__(self, text: str, *, size: float, bold: bool) -> float: ...


@dataclass(frozen=True)
class Line:
    """A line of words at a place; `width` is the room that it has."""

    text: str
    x: float
    y: float
    width: float
    size: float
    bold: bool = False


@dataclass(frozen=True)
class Face:
    """A label of paper: its lines, and the serial that its code says."""

    serial: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Block:
    """Words that wrap, with the size that they have where there is room; `gap` is the space above them."""

    text: str
    size: float
    bold: bool = False
    gap: float = 0


def lay_out(label: Label, measure: Measure) -> list[Face]:
    """Return the faces of a label: one, or as many as its words need at 6 pt."""
    head, directions, foot = _head(label), _directions(label), _foot(label)
    for step in STEPS:
        lines, bottom = _placed([*head, directions, *foot], step, measure)
        if bottom <= HEIGHT - EDGE:
            return [Face(label.serial, (*lines, *_under_code(label, measure)))]
    lines, left = _filled([*head, directions, *foot], measure)
    if not left:
        return [Face(label.serial, (*lines, *_under_code(label, measure)))]
    return _continued(label, [*head, *foot, directions], measure)


def short_date(day: date) -> str:
    """Return a day in English whatever the reader's language: Nov 25, 2026."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _head(label: Label) -> list[Block]:
    found = [
        Block(label.dispensary, 7.5, bold=True),
        Block(f"{label.dispensary_address} · {label.dispensary_phone}", 6.2),
        Block(f"{label.patient} · certificate {label.patient_number}", 9, bold=True, gap=2.5),
    ]
    if label.caregiver:
        found.append(Block(f"Caregiver {label.caregiver} · certificate {label.caregiver_number}", 7))
    amounts = f"Quantity {label.quantity} · {label.days} days · THC {label.thc_mg:,} mg · CBD {label.cbd_mg:,} mg"
    return [*found, Block(label.product, 9, bold=True, gap=2.5), Block(amounts, 7)]


def _directions(label: Label) -> Block:
    return Block(f"Directions: {label.directions}", 8.5, bold=True, gap=2.5)


def _foot(label: Label) -> list[Block]:
    dates = f"Dispensed {short_date(label.dispensed_date)} · Use by {short_date(label.expires_date)}"
    return [
        Block(dates, 7.5, bold=True, gap=2.5),
        Block(f"Lot {label.lot} · {label.producer} · Order {label.order}", 6.8),
        Block(f"Pharmacist {label.pharmacist} · Certified by {label.certifier}", 6.8),
        Block(label.cautions, 6.2, gap=1.5),
    ]


def _under_code(label: Label, measure: Measure, place: str = "") -> Iterator[Line]:
    """Yield the serial under the code, and which label of how many it is where there are several."""
    room = CODE + 10
    size = max(LEAST, min(9.0, 9.0 * room / measure(label.serial, size=9.0, bold=True)))
    yield Line(label.serial, CODE_X - 10, EDGE + CODE + 2, room, size, bold=True)
    if place:
        yield Line(place, CODE_X - 10, EDGE + CODE + 12, room, LEAST)


def _placed(blocks: list[Block], step: float, measure: Measure) -> tuple[list[Line], float]:
    """Return the lines of the blocks at a step of their sizes, and the y below the last."""
    lines, y = list[Line](), EDGE
    for block in blocks:
        size = max(LEAST, block.size * step)
        y += block.gap if lines else 0
        words = block.text.split()
        while words:
            room = _room_at(y)
            text, words = _first_line(words, partial(measure, size=size, bold=block.bold), room)
            lines.append(Line(text, EDGE, y, room, size, block.bold))
            y += size * LEADING
    return lines, y


def _room_at(y: float) -> float:
    return BESIDE if y < BELOW else WIDTH - 2 * EDGE


def _first_line(words: list[str], width_of: Callable[[str], float], room: float) -> tuple[str, list[str]]:
    """Return the words that fit on one line, and the others; a word that is wider than a line is broken."""
    text, left = words[0], words[1:]
    if width_of(text) > room:
        return _broken(text, left, width_of, room)
    while left and width_of(f"{text} {left[0]}") <= room:
        text, left = f"{text} {left[0]}", left[1:]
    return text, left


def _broken(word: str, left: list[str], width_of: Callable[[str], float], room: float) -> tuple[str, list[str]]:
    end = next(end for end in range(len(word), 0, -1) if end == 1 or width_of(word[:end]) <= room)
    return word[:end], [word[end:], *left]


def _continued(label: Label, blocks: list[Block], measure: Measure) -> list[Face]:
    """Return the faces at 6 pt, with the directions last; each after the first begins with the patient."""
    faces, left = list[list[Line]](), blocks
    while left:
        begin = [Block(f"Continued: {label.patient}"[:MOST_REPEATED], LEAST, bold=True)] if faces else []
        lines, left = _filled([*begin, *left], measure)
        faces.append(lines)
    places = [f"{number} of {len(faces)}" for number in range(1, len(faces) + 1)]
    return [
        Face(label.serial, (*lines, *_under_code(label, measure, place)))
        for lines, place in zip(faces, places, strict=True)
    ]


def _filled(blocks: list[Block], measure: Measure) -> tuple[list[Line], list[Block]]:
    """Return the lines of one full face at 6 pt, and the blocks that are left for the next."""
    lines, y = list[Line](), EDGE
    for place, block in enumerate(blocks):
        words = block.text.split()
        while words:
            if y + LEAST * LEADING > HEIGHT - EDGE:
                return lines, [Block(" ".join(words), block.size, block.bold), *blocks[place + 1 :]]
            room = _room_at(y)
            text, words = _first_line(words, partial(measure, size=LEAST, bold=block.bold), room)
            lines.append(Line(text, EDGE, y, room, LEAST, block.bold))
            y += LEAST * LEADING
    return lines, []
