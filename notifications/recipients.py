"""Find the addresses and phone numbers of people. The apps above register how."""

from collections.abc import Callable, Iterable

MOST_FOUND = 500  # people of a kind
_finders: list[Callable[[str, int], Iterable[str]]] = []


def register(find: Callable[[str, int], Iterable[str]]) -> None:
    """Register `find(term, most)`, which returns the addresses and phones of at most so many people of a search."""
    if find not in _finders:
        _finders.append(find)


def called(term: str) -> set[str]:
    """Return the e-mail addresses and phone numbers of the people whom a search finds."""
    return {address for find in _finders for address in find(term, MOST_FOUND)}
