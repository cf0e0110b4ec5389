"""Read what people type into a search: a name, a phone number, one of our numbers, or a day. Every search uses this."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from ui.person_names import without_degrees
from ui.text import ALPHABET, search_name
from ui.tidy import tidy

DAY_SHAPES = (
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%m.%d.%Y",
    "%m %d %Y",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%B %d %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%d %b %Y",
)
SHORT_SHAPES = ("%m/%d/%y", "%m-%d-%y")  # 3/4/55; the year is one of the last hundred
MAY_BE_DAY = re.compile(r"\d+[/. -]\d+[/. -]\d+|[^\W\d_]+ \d+ \d+|\d+ [^\W\d_]+ \d+")
ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b", re.IGNORECASE)  # March 4th
EXTENSION = re.compile(r"\s*(?:ext\.?|x)\s*[0-9]{1,6}$", re.IGNORECASE)
PHONE_SIGNS = re.compile(r"[\s().+/·‐‑‒–—-]")
PHONE_END = re.compile(r"[0-9]{4,10}")
HALVES = re.compile(f"([{ALPHABET}]{{4}})([{ALPHABET}]{{4}})")


@dataclass(frozen=True)
class SearchTerm:
    """The possible meanings of a typed text. It may have several: `19550304` is a day, and may end a phone number."""

    typed: str

    @cached_property
    def text(self) -> str:
        """The text without blanks around it, invisible characters and separate accents."""
        return tidy(self.typed)

    @cached_property
    def readings_of_name(self) -> list[list[str]]:
        """The words of a name as `search_name` writes them; two readings where the last word may be a degree."""
        whole = without_degrees(self.text)
        readings = [search_name(text.replace(",", " ")).split() for text in dict.fromkeys((self.text, whole))]
        return [words for words in readings if words]

    @cached_property
    def is_name(self) -> bool:
        return bool(self.readings_of_name) and self.day is None and self.phone_end is None

    @cached_property
    def day(self) -> date | None:
        """The day, such as a birth date: `3/4/1955`, `3/4/55`, `1955-03-04`, `Mar. 4th, 1955`."""
        text = ORDINAL.sub("", " ".join(self.text.replace(",", " ").replace(". ", " ").split()))
        if not MAY_BE_DAY.fullmatch(text):  # to try twelve shapes takes as long as the search itself
            return None
        for shape in DAY_SHAPES:
            if day := _parsed(text, shape):
                return day
        for shape in SHORT_SHAPES:
            if day := _parsed(text, shape):
                return day if day <= date.today() else day.replace(year=day.year - 100)  # noqa: DTZ011  a birth date
        return None

    @cached_property
    def phone_end(self) -> str | None:
        """At least the last four digits of a phone number in any form; a leading 1 belongs to eleven digits alone.

        A day with signs between its parts, such as `3/4/1955`, is no phone number.
        """
        if self.day and not self.text.isdigit():
            return None
        digits = PHONE_SIGNS.sub("", EXTENSION.sub("", self.text))
        if len(digits) == 11:
            digits = digits.removeprefix("1")
        return digits if PHONE_END.fullmatch(digits) else None

    @property
    def phone_endings(self) -> set[str]:
        """The end of a phone number as texts hold it: `+12035550142` and `(203) 555-0142`."""
        digits = self.phone_end
        if digits is None:
            return set()
        area, middle, last = digits[:-7], digits[-7:-4], digits[-4:]
        written = f"{middle}-{last}" if middle else last
        return {digits, f"{area}) {written}" if area else written}

    def number(self, kind: str, *, needs_letter: bool = True) -> str | None:
        """Return our number of a kind, such as `P-7KQ4-M2XP`, however it is typed; None when the text is none.

        Without `needs_letter` the letter of the kind may be left out.
        """
        return _our_number(self.text, kind, needs_letter=needs_letter)

    def numbers(self, kinds: str) -> set[str]:
        """Return our numbers of the kinds, such as "PCG", that the text may mean."""
        return {number for kind in kinds if (number := self.number(kind))}


def _parsed(text: str, shape: str) -> date | None:
    try:
        return datetime.strptime(text, shape).date()  # noqa: DTZ007  a birth date has no time zone
    except ValueError:
        return None


def _our_number(text: str, kind: str, *, needs_letter: bool) -> str | None:
    compact = re.sub(r"[^A-Z0-9]", "", text.upper())
    if needs_letter or len(compact) != 8:  # eight characters are the whole number, also where it begins with the letter
        if not compact.startswith(kind):
            return None
        compact = compact[len(kind) :]
    halves = HALVES.fullmatch(compact)
    if not halves:
        return None
    return f"{kind}-{halves[1]}-{halves[2]}"


ANY_KIND = "PGCDM"  # patient, caregiver, certification, order, message
