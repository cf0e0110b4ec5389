"""What each kind of message needs when it is sent. The rooms register their kinds when the portal starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """`context_for(notification)` gives the template its words, or None when the message no longer holds."""

    name: str
    context_for: Callable[[Any], dict[str, Any] | None]


_kinds: dict[str, Kind] = {}


def register(name, *, context_for):
    _kinds[name] = Kind(name, context_for)


def get(name):
    return _kinds[name]
