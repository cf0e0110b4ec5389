"""Parts of pages that are rendered once for as long as what they show stays the same."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec

from django.utils.safestring import SafeString
from django.utils.translation import get_language

Arguments = ParamSpec("Arguments")


def mark(name: str) -> SafeString:
    """Return the place of a value that belongs to one reader alone; `{% filled name=value %}` puts the value there.

    No text of a page can hold a mark by accident: a `<` in a text is escaped.
    """
    return SafeString(f"<{name}>")  # nosec B703 - a name of ours, replaced before it is sent


def cached_part(*, most: int) -> Callable[[Callable[Arguments, SafeString]], Callable[Arguments, SafeString]]:
    """Keep the last `most` results of a function that renders a part of a page, for each language.

    The function shows its arguments and nothing else, so a part that changed has another key. Arguments are plain
    values, or tuples of them. What belongs to one reader stands in the part as a `mark`.
    """

    def keep(render: Callable[Arguments, SafeString]) -> Callable[Arguments, SafeString]:
        @lru_cache(maxsize=most, typed=True)  # typed: a safe text is not escaped, and an equal plain one is
        def kept(_language: str | None, *args: Any, **kwargs: Any) -> SafeString:
            return render(*args, **kwargs)

        @wraps(render)
        def part(*args: Arguments.args, **kwargs: Arguments.kwargs) -> SafeString:
            return kept(get_language(), *args, **kwargs)  # type: ignore[arg-type] # lru_cache says what cannot be hashed

        return part

    return keep
