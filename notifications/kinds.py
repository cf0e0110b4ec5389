"""The words and templates of each kind of message. The apps above register their kinds when the portal starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Templates:
    """Names of the templates of a kind of message; `html` is None for mail in plain text alone."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True)
class Kind:
    """`context_for(notification)` gives the template its words, or None when the message no longer holds."""

    name: str
    context_for: Callable[[Any], dict[str, Any] | None]
    own_templates: Templates | None = None

    @property
    def templates(self) -> Templates:
        name = f"emails/{self.name}"
        return self.own_templates or Templates(f"{name}.subject.txt", f"{name}.txt", f"{name}.html")


_kinds: dict[str, Kind] = {}


def register(
    name: str, *, context_for: Callable[[Any], dict[str, Any] | None], templates: Templates | None = None
) -> None:
    _kinds[name] = Kind(name, context_for, templates)


def get(name: str) -> Kind:
    return _kinds[name]
