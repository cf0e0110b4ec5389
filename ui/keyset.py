"""Pages of a list that begin after a row, not at a number: the last one costs as much as the first."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

FORWARD, BACK = "f", "b"


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    previous: str = ""  # the cursor of the page before; empty where there is none
    next: str = ""

    @property
    def is_whole(self) -> bool:
        return not (self.previous or self.next)


def page_of(rows: QuerySet, *, keys: tuple[str, ...], cursor: str | None, size: int, name: str) -> Page:
    """`size` rows in the order of `keys`: fields without NULL, "-" for descending, the last of them unique.

    `cursor` is what a Page gave as `previous` or `next`; another one shows the first page. It is signed for `name`, so
    that no list takes the cursor of another, and holds nothing but the keys: let none of them be personal.
    """
    direction, values = _read(cursor, keys, name)
    keys_given, keys = keys, tuple(_turned(key) for key in keys) if direction == BACK else keys
    rows_after = rows.filter(_after(keys, values)) if values else rows
    found = list(rows_after.order_by(*keys)[: size + 1])
    if values and not found:  # what stood there has gone
        return page_of(rows, keys=keys_given, cursor=None, size=size, name=name)
    has_more, found = len(found) > size, found[:size]
    if direction == BACK:
        found.reverse()
    has_previous, has_next = (has_more, True) if direction == BACK else (bool(values), has_more)
    fields = [key.removeprefix("-") for key in keys]
    return Page(
        rows=found,
        previous=_write(BACK, found[0], fields, name) if found and has_previous else "",
        next=_write(FORWARD, found[-1], fields, name) if found and has_next else "",
    )


def _turned(key):
    return key[1:] if key.startswith("-") else f"-{key}"


def _after(keys, values):
    """Past the row with these values. The bound of the first key is said twice, for an index begins there."""
    past, same = Q(), Q()
    for key, value in zip(keys, values, strict=True):
        field = key.removeprefix("-")
        past |= same & Q(**{f"{field}__{'lt' if key.startswith('-') else 'gt'}": value})
        same &= Q(**{field: value})
    field = keys[0].removeprefix("-")
    return Q(**{f"{field}__{'lte' if keys[0].startswith('-') else 'gte'}": values[0]}) & past


def _write(direction, row, fields, name):
    values = [getattr(row, field) for field in fields]
    plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    return signing.dumps([direction, *plain], salt=f"keyset {name}")


def _read(cursor, keys, name):
    try:
        direction, *values = signing.loads(cursor or "", salt=f"keyset {name}")
    except signing.BadSignature:
        return FORWARD, []
    return (direction, values) if len(values) == len(keys) else (FORWARD, [])
