"""Tell the web server that a request which takes long makes progress.

Gunicorn takes a worker that says nothing for `timeout` seconds for a hung one, and ends it together with the download
that it sends. `deploy/gunicorn.conf.py` registers how to say so; elsewhere nobody listens.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Part = TypeVar("Part", str, bytes)
_listeners: list[Callable[[], object]] = []


def register(listener: Callable[[], object]) -> None:
    """Let `beat` call this listener, and no other."""
    _listeners[:] = [listener]


def beat() -> None:
    for listener in _listeners:
        listener()


def beating(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the parts of a long response, with a beat before each."""
    for part in parts:
        beat()
        yield part
