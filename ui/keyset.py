"""Pages of a list that begin after a row, not at a number, so that the last page costs as much as the first."""

from collections.abc import Iterable
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


def page_of(
    found: QuerySet, *, keys: tuple[str, ...], cursor: str | None, size: int, name: str, read: QuerySet | None = None
) -> Page:
    """`size` rows of `found` in the order of `keys`: fields without NULL, "-" for descending, "pk" the last of them.

    Two queries: the keys of the page, which an index may hold alone, and its rows as `read` reads them (all of them).
    `cursor` is what a Page gave as `previous` or `next`; another one shows the first page. It is signed for `name`, so
    that no list takes the cursor of another, and holds nothing but the keys: let none of them be personal.
    """
    direction, values = _read(cursor, keys, name)
    order = tuple(_turned(key) for key in keys) if direction == BACK else keys
    past = found.filter(_after(order, values)) if values else found
    fields = [key.removeprefix("-") for key in keys]
    shown = list(past.order_by(*order).values_list(*fields)[: size + 1])
    if values and not shown:  # what stood there has gone
        return page_of(found, keys=keys, cursor=None, size=size, name=name, read=read)
    has_more, shown = len(shown) > size, shown[:size]
    if direction == BACK:
        shown.reverse()
    has_previous, has_next = (has_more, True) if direction == BACK else (bool(values), has_more)
    rows = (found if read is None else read).in_bulk([row[-1] for row in shown])
    return Page(
        rows=[rows[row[-1]] for row in shown if row[-1] in rows],
        previous=_write(BACK, shown[0], name) if has_previous else "",
        next=_write(FORWARD, shown[-1], name) if has_next else "",
    )


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


def _write(direction: str, values: Iterable[Any], name: str) -> str:
    plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in values]
    return signing.dumps([direction, *plain], salt=f"keyset {name}")


def _read(cursor: str | None, keys: tuple[str, ...], name: str) -> tuple[str, list[Any]]:
    try:
        direction, *values = signing.loads(cursor or "", salt=f"keyset {name}")
    except signing.BadSignature:
        return FORWARD, []
    return (direction, values) if len(values) == len(keys) else (FORWARD, [])
