"""The names of the people and rows of events. An event holds ids; the apps above register how to name them.

Each registered function answers for many ids at once, so that a page costs one query for each kind of row.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.apps import apps
from django.db.models import CharField, F, QuerySet, Value
from django.urls import NoReverseMatch, reverse

MOST_FOUND = 20  # people that one search finds
ACCOUNT = "accounts.user"
Ids = dict[str, set[int]]  # by model label, as "delivery.order"


@dataclass(frozen=True)
class Name:
    """The name of a row for staff: its number or the like, and the person it is about."""

    words: str
    person: str = ""


@dataclass(frozen=True)
class Actor:
    """The account that acted: its name, its role in words, and the row whose page shows more."""

    name: str
    role: str
    label: str = ACCOUNT
    pk: int = 0


@dataclass(frozen=True)
class Found:
    """A person, an order or another row that a search has found."""

    label: str
    pk: int
    words: str


_said: dict[str, tuple[str, tuple[Any, ...], Callable[..., Name]]] = {}
_actors: dict[Callable[[Collection[int]], dict[int, Actor]], int] = {}  # by rank, the lowest first
_searches: list[Callable[[str], Iterable[Found]]] = []
Belongings = Callable[[Collection[int]], dict[str, Iterable[int]]]
_belongings: dict[str, list[Belongings]] = defaultdict(list)
_shown: dict[str, list[Callable[[Collection[int]], dict[str, QuerySet[Any]]]]] = defaultdict(list)


# --- What the apps register ----------------------------------------------------------------------------------------


def register(label: str, *columns: Any, say: Callable[..., Name], found_in: str = "") -> None:
    """Name the rows of a model: `say` gets the values of `columns` (names or expressions) of one row.

    `found_in` is the label of the model whose rows are read, under the same ids, when it is another.
    """
    _said[label] = (found_in or label, columns, say)


def register_actors(read: Callable[[Collection[int]], dict[int, Actor]], *, rank: int) -> None:
    """Register `read`, which names the accounts it knows. Accounts named by a lower `rank` are not asked again."""
    _actors[read] = rank


def register_search(find: Callable[[str], Iterable[Found]]) -> None:
    """Register `find`, which yields the first MOST_FOUND rows for a search term, and one more if there are more."""
    if find not in _searches:
        _searches.append(find)


def register_belongings(label: str, read: Belongings) -> None:
    """Register `read`, which returns by model label the ids of rows that belong to these rows."""
    if read not in _belongings[label]:
        _belongings[label].append(read)


def register_shown(label: str, read: Callable[[Collection[int]], dict[str, QuerySet[Any]]]) -> None:
    """Register `read`, which returns by model label rows that are not only about these rows, but show them.

    A run shows the patients of all its orders. Which events show them: `words.SHOW_OTHERS`.
    """
    if read not in _shown[label]:
        _shown[label].append(read)


def is_registered(label: str) -> bool:
    return label in _said


# --- What the audit asks -------------------------------------------------------------------------------------------


def names_of(ids: Ids) -> dict[tuple[str, int], Name]:
    """Return the names of these rows, by label and id, with one query for each label. A deleted row has none."""
    found: dict[tuple[str, int], Name] = {}
    for label, pks in ids.items():
        if label in _said:
            model, columns, say = _said[label]
            asked = [F(column) if isinstance(column, str) else column for column in columns]
            rows = apps.get_model(model)._base_manager.filter(pk__in=pks).values_list("pk", *asked)
            found |= {(label, pk): say(*values) for pk, *values in rows}
    return found


def actors_of(ids: Collection[int]) -> dict[int, Actor]:
    """Return who these accounts are, by id."""
    found: dict[int, Actor] = {}
    for read in sorted(_actors, key=_actors.__getitem__):
        if left := set(ids) - set(found):
            found |= read(left)
    return found


def search(term: str) -> list[Found]:
    """Return the first MOST_FOUND rows for a search term, and one more if there are more."""
    found: list[Found] = []
    for find in _searches:
        found += find(term)
    return found[: MOST_FOUND + 1]


def belongings_of(found: Iterable[Found]) -> Ids:
    """Return by label the ids of what was found and of everything that belongs to it."""
    ids: Ids = defaultdict(set)
    for row in found:
        ids[row.label].add(row.pk)
    for label, pks in [(label, sorted(pks)) for label, pks in ids.items()]:
        for read in _belongings[label]:
            for of, more in read(pks).items():
                ids[of].update(pk for pk in more if pk)
    return dict(ids)


def shown_with(found: Iterable[Found]) -> Ids:
    """Return by label the ids of the rows that show what was found, besides those that belong to it."""
    rows = list(found)
    pks = {label: [row.pk for row in rows if row.label == label] for label in {row.label for row in rows}}
    parts = [part for label in pks for read in _shown[label] for part in read(pks[label]).items()]
    return _in_one_query(parts)


def about(label: str, pk: int) -> tuple[Ids, Ids]:
    """Return by label the ids of what belongs to one row and of what shows it, in a query each, without accounts.

    A row may only have belongings that are read as ids of their own table.
    """
    belongings = [part for read in _belongings[label] for part in read([pk]).items() if part[0] != ACCOUNT]
    ids = _in_one_query(cast(list[tuple[str, QuerySet[Any]]], belongings))
    return {**ids, label: ids.get(label, set()) | {pk}}, shown_with([Found(label, pk, "")])


def _in_one_query(parts: list[tuple[str, QuerySet[Any]]]) -> Ids:
    """Return the ids of these rows by label."""
    ids: Ids = defaultdict(set)
    columns = [rows.order_by().annotate(of=Value(label, CharField())).values_list("pk", "of") for label, rows in parts]
    for pk, label in columns[0].union(*columns[1:], all=True) if columns else ():
        ids[label].add(pk)
    return dict(ids)


def kind_of(label: str) -> str:
    """Return the name of a kind of row, such as "order"."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except LookupError:
        return label.partition(".")[2]


def page_of(label: str, pk: int, reader: Any) -> str:
    """Return the address of a row's page in the admin; "" if there is none or `reader` may not open it."""
    app, _dot, model = label.partition(".")
    if not reader.has_perm(f"{app}.view_{model}"):
        return ""
    try:
        return reverse(f"admin:{app}_{model}_change", args=[pk])
    except NoReverseMatch:
        return ""
