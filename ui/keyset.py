"""Pages of a list that begin after a row, not at a number, so that the last page costs as much as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from ui.prepared import Prepared

FORWARD, BACK = "f", "b"
FirstKeys = Callable[[int], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    previous: str = ""  # the cursor of the page before; empty where there is none
    next: str = ""

    @property
    def is_whole(self) -> bool:
        return not (self.previous or self.next)


@dataclass(frozen=True)
class Section:
    """One kind of row of a list, in the order of `keys`: fields without NULL, "-" for descending, "pk" the last.

    Its page takes two queries: the keys, which an index may hold alone, and the rows as `read` reads those with the
    keys `pks`. A table with few rows is read in one, with `is_small`. `first` returns the first keys, at most so many,
    where that takes less than to ask `found` for them.
    """

    name: str
    found: QuerySet[Any]
    keys: tuple[str, ...]
    read: Prepared | None = None
    is_small: bool = False
    first: FirstKeys | None = None

    def taken(self, direction: str, values: list[Any], limit: int) -> list["Taken"]:
        """At most `limit` rows past the one with these values (none: from the beginning), in that direction."""
        if self.first and not values and direction == FORWARD:
            return [Taken(self, keys) for keys in self.first(limit)]
        order = tuple(_turned(key) for key in self.keys) if direction == BACK else self.keys
        past = self.found.filter(_after(order, values)) if values else self.found
        fields = [key.removeprefix("-") for key in self.keys]
        if self.is_small:
            rows = past.order_by(*order)[:limit]
            return [Taken(self, tuple(getattr(row, field) for field in fields), row) for row in rows]
        return [Taken(self, keys) for keys in past.order_by(*order).values_list(*fields)[:limit]]


@dataclass(frozen=True)
class Taken:
    """A row of a section by its keys; the row itself where it was read with them."""

    section: Section
    keys: tuple[Any, ...]
    row: Any = None


def page_of(
    found: QuerySet[Any],
    *,
    keys: tuple[str, ...],
    cursor: str | None,
    size: int,
    name: str,
    read: Prepared | None = None,
) -> Page:
    """`size` rows of `found` in the order of `keys`, as `page_of_sections` gives them of a list of one section."""
    return page_of_sections([Section("", found, keys, read)], cursor=cursor, size=size, name=name)


def page_of_sections(sections: Sequence[Section], *, cursor: str | None, size: int, name: str) -> Page:
    """`size` rows of the sections, one section after the other.

    `cursor` is what a Page gave as `previous` or `next`; another one shows the first page. It is signed for `name`, so
    that no list takes the cursor of another, and holds nothing but the keys: let none of them be personal.
    """
    direction, section, values = _read(cursor, sections, name)
    shown = _shown(sections, direction, section, values, size + 1)
    if values and not shown:  # what stood there has gone
        return page_of_sections(sections, cursor=None, size=size, name=name)
    has_more, shown = len(shown) > size, shown[:size]
    if direction == BACK:
        shown.reverse()
    has_previous, has_next = (has_more, True) if direction == BACK else (bool(values), has_more)
    return Page(
        rows=_rows(shown),
        previous=_write(BACK, shown[0], name) if has_previous else "",
        next=_write(FORWARD, shown[-1], name) if has_next else "",
    )


def _shown(sections: Sequence[Section], direction: str, first: int, values: list[Any], limit: int) -> list[Taken]:
    """From the section with this index on, forwards or back, until there are `limit` rows."""
    left = range(first, len(sections)) if direction == FORWARD else range(first, -1, -1)
    shown: list[Taken] = []
    for index in left:
        shown += sections[index].taken(direction, values if index == first else [], limit - len(shown))
        if len(shown) == limit:
            break
    return shown


def _rows(shown: list[Taken]) -> list[Any]:
    """The rows in this order; one that went meanwhile is left out."""
    known: dict[tuple[str, Any], Any] = {}
    for section in {entry.section.name: entry.section for entry in shown if not entry.section.is_small}.values():
        pks = [entry.keys[-1] for entry in shown if entry.section.name == section.name]
        rows = section.found.filter(pk__in=pks) if section.read is None else section.read.rows(pks=pks)
        known |= {(section.name, row.pk): row for row in rows}
    found = (entry.row or known.get((entry.section.name, entry.keys[-1])) for entry in shown)
    return [row for row in found if row is not None]


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _after(keys: tuple[str, ...], values: list[Any]) -> Q:
    """Return a filter of rows after the one with these values.

    The first key is compared twice, because an index begins with it.
    """
    past, same = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        field = key.removeprefix("-")
        past |= same & Q(**{f"{field}__{'lt' if key.startswith('-') else 'gt'}": value})
        same &= Q(**{field: value})
    field = keys[0].removeprefix("-")
    return Q(**{f"{field}__{'lte' if keys[0].startswith('-') else 'gte'}": values[0]}) & past


def _write(direction: str, taken: Taken, name: str) -> str:
    plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in taken.keys]
    return signing.dumps([direction, taken.section.name, *plain], salt=f"keyset {name}")


def _read(cursor: str | None, sections: Sequence[Section], name: str) -> tuple[str, int, list[Any]]:
    """The direction, the index of the section and the keys that a cursor holds; the first page of any other."""
    try:
        direction, section, *values = signing.loads(cursor or "", salt=f"keyset {name}")
    except (signing.BadSignature, ValueError):
        return FORWARD, 0, []
    places = {listed.name: index for index, listed in enumerate(sections) if len(listed.keys) == len(values)}
    return (direction, places[section], values) if section in places else (FORWARD, 0, [])
