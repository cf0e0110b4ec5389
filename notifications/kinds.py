"""The words and templates of each kind of message. The apps above register their kinds when the portal starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Words = dict[str, Any] | None  # for the templates, or None when the message no longer holds
Samples = Callable[[], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Templates:
    """Names of the templates of a kind of message; `html` is None for mail in plain text alone."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True)
class Kind:
    """`context_for(notification)` gives the template its words, or None when the message no longer holds.

    `contexts_for` does it for a whole batch in a few queries, for kinds of which many are sent at a time. `has_link` is
    whether it says a one-time link, which a mail alone can carry.
    """

    name: str
    context_for: Callable[[Any], Words]
    own_templates: Templates | None = None
    contexts_for: Callable[[Sequence[Any]], dict[int, Words]] | None = None
    has_link: bool = False

    @property
    def templates(self) -> Templates:
        name = f"emails/{self.name}"
        return self.own_templates or Templates(f"{name}.subject.txt", f"{name}.txt", f"{name}.html")


@dataclass(frozen=True)
class About:
    """The description of a kind for staff and the documentation: who gets it and when, and samples of it.

    `samples` returns made-up words for the templates, by what is special about each sample: "caregiver", "ended". A
    kind with one sample has it under "". Samples are made without the database, so they are nobody's data.
    """

    name: str
    readers: str
    when: str
    samples: Samples
    languages: tuple[str, ...]


_kinds: dict[str, Kind] = {}
_abouts: dict[str, About] = {}


def register(
    name: str,
    *,
    context_for: Callable[[Any], Words],
    templates: Templates | None = None,
    contexts_for: Callable[[Sequence[Any]], dict[int, Words]] | None = None,
    has_link: bool = False,
) -> None:
    _kinds[name] = Kind(name, context_for, templates, contexts_for, has_link)


def get(name: str) -> Kind:
    return _kinds[name]


def describe(name: str, *, readers: str, when: str, samples: Samples, is_in_english: bool = False) -> None:
    """Say who gets a kind of message and when, and how to show it. Every registered kind needs this.

    `is_in_english` is for offices and staff, who work in English; all other kinds are shown in Spanish as well.
    """
    _abouts[name] = About(name, readers, when, samples, ("en",) if is_in_english else ("en", "es"))


def about(name: str) -> About | None:
    """Return what is said about a kind, or None for a name that is no kind."""
    return _abouts.get(name)


def abouts() -> list[About]:
    """Return what is said about all kinds, by name."""
    return [_abouts[name] for name in sorted(_abouts)]


def words_of_many(notifications: Sequence[Any]) -> dict[int, Words]:
    """Return by message id the words of those messages whose kind can read many at a time."""
    found: dict[int, Words] = {}
    for name in {notification.kind for notification in notifications}:
        kind = _kinds.get(name)
        if kind and kind.contexts_for:
            found |= kind.contexts_for([notification for notification in notifications if notification.kind == name])
    return found
