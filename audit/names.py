"""Who and what an event means, in words. An event keeps ids alone; the apps above register how to name them.

Each registered function answers for many ids at once, so that a page costs one query a kind and not one a row.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import F
from django.urls import NoReverseMatch, reverse

MOST_FOUND = 20  # people that one search finds
ACCOUNT = "accounts.user"
Ids = dict[str, set[int]]  # by model label, as "delivery.order"


@dataclass(frozen=True)
class Name:
    """What staff call a row: its number or the like, and the person it is about."""

    words: str
    person: str = ""


@dataclass(frozen=True)
class Actor:
    """Who acted: a name, a role in words, and the row whose page tells more."""

    name: str
    role: str
    label: str = ACCOUNT
    pk: int = 0


@dataclass(frozen=True)
class Found:
    """Somebody, or an order or the like, that a search has found."""

    label: str
    pk: int
    words: str


_said: dict[str, tuple[tuple[Any, ...], Callable[..., Name]]] = {}
_actors: dict[Callable[[Collection[int]], dict[int, Actor]], int] = {}  # by rank, the lowest first
_searches: list[Callable[[str], Iterable[Found]]] = []
_belongings: dict[str, list[Callable[[Collection[int]], dict[str, Iterable[int]]]]] = defaultdict(list)


# --- What the apps register ----------------------------------------------------------------------------------------


def register(label: str, *columns: Any, say: Callable[..., Name]) -> None:
    """Name the rows of a model: `say` gets the values of `columns` (names or expressions) of one row."""
    _said[label] = (columns, say)


def register_actors(read: Callable[[Collection[int]], dict[int, Actor]], *, rank: int) -> None:
    """`read` names the accounts with these ids that it knows; those that a lower `rank` names are not asked again."""
    _actors[read] = rank


def register_search(find: Callable[[str], Iterable[Found]]) -> None:
    """`find` gives who or what is called so; at most MOST_FOUND of them count."""
    if find not in _searches:
        _searches.append(find)


def register_belongings(label: str, read: Callable[[Collection[int]], dict[str, Iterable[int]]]) -> None:
    """`read` gives, by model label, the ids of what belongs to these rows; an account under ACCOUNT."""
    if read not in _belongings[label]:
        _belongings[label].append(read)


def is_registered(label: str) -> bool:
    return label in _said


# --- What the audit asks -------------------------------------------------------------------------------------------


def names_of(ids: Ids) -> dict[tuple[str, int], Name]:
    """The names of these rows, by label and id; one query a label. A row that is gone has none."""
    found: dict[tuple[str, int], Name] = {}
    for label, pks in ids.items():
        if label in _said:
            columns, say = _said[label]
            asked = [F(one) if isinstance(one, str) else one for one in columns]
            rows = apps.get_model(label)._base_manager.filter(pk__in=pks).values_list("pk", *asked)
            found |= {(label, pk): say(*values) for pk, *values in rows}
    return found


def actors_of(ids: Collection[int]) -> dict[int, Actor]:
    """Who these accounts are, by id."""
    found: dict[int, Actor] = {}
    for read in sorted(_actors, key=_actors.__getitem__):
        if left := set(ids) - set(found):
            found |= read(left)
    return found


def search(term: str) -> list[Found]:
    """Who or what is called so, at most MOST_FOUND."""
    found: list[Found] = []
    for find in _searches:
        found += find(term)
    return found[:MOST_FOUND]


def belongings_of(found: Iterable[Found]) -> Ids:
    """By label, the ids of what was found and of everything that belongs to it."""
    ids: Ids = defaultdict(set)
    for one in found:
        ids[one.label].add(one.pk)
    for label, pks in [(label, sorted(pks)) for label, pks in ids.items()]:
        for read in _belongings[label]:
            for of, more in read(pks).items():
                ids[of].update(pk for pk in more if pk)
    return dict(ids)


def kind_of(label: str) -> str:
    """What a kind of row is called, as "order"."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except LookupError:
        return label.partition(".")[2]


def page_of(label: str, pk: int, reader: Any) -> str:
    """The address of a row's page in the admin; empty where there is none or `reader` may not open it."""
    app, _dot, model = label.partition(".")
    if not reader.has_perm(f"{app}.view_{model}"):
        return ""
    try:
        return reverse(f"admin:{app}_{model}_change", args=[pk])
    except NoReverseMatch:
        return ""
