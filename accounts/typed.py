"""What a person had typed when their session ended: sealed on the server, and given back to the same person.

It is kept in the session that follows, for an hour, on at most three pages. Passwords, codes, digits of the SSN and
files are never kept. The browser keeps nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from ui.encryption import DecryptionError, decrypt, encrypt

TYPED = "typed_before"  # session key: a list of pages with what was typed there, sealed
ENDED = "ended_for"  # session key: whose session ended, and when
KEPT_FOR = timedelta(hours=1)
MOST_PAGES = 3
MOST_CHARACTERS = 50_000  # of a page, as the browser encodes it
NEVER_KEPT = re.compile(r"password|ssn|csrf|credential|^code$|^login$|^_", re.IGNORECASE)
FILES = "_files"  # field of the post: the browser had chosen files
PAGE = "_page"  # field of the post: the address of the page with the form


@dataclass(frozen=True)
class TypedBefore:
    """The fields that a person typed on a page, by name. `had_files` says that files were chosen too: none is kept."""

    fields: dict[str, list[str]]
    had_files: bool


def note_end(request: HttpRequest, *, user: int) -> None:
    """Remember in the new session whose session has just ended. This session lasts an hour."""
    request.session[ENDED] = {"user": user, "at": timezone.now().isoformat()}
    request.session.set_expiry(int(KEPT_FOR.total_seconds()))


def person_before(request: HttpRequest) -> int | None:
    """Return the key of the account that is signed in, or else of the one whose session ended here within the hour."""
    if request.user.is_authenticated:
        return request.user.pk
    ended = request.session.get(ENDED)
    return ended["user"] if ended and _is_fresh(ended["at"]) else None


def keep_typed(request: HttpRequest, *, page: str, posted: QueryDict, had_files: bool) -> bool:
    """Seal what was posted from `page` in the session. Return whether it is kept: not more than MOST_CHARACTERS."""
    user, kept = person_before(request), QueryDict(mutable=True)
    for name, values in posted.lists():
        if not NEVER_KEPT.search(name):
            kept.setlist(name, values)
    text = kept.urlencode()
    if user is None or not kept or not page or len(text) > MOST_CHARACTERS:
        return False
    entry = {
        "user": user, "page": page, "at": timezone.now().isoformat(), "had_files": had_files,
        "typed": encrypt(text, context=TYPED),
    }  # fmt: skip
    others = [each for each in _fresh(request) if each["page"] != page]
    request.session[TYPED] = [*others, entry][-MOST_PAGES:]
    return True


def take_typed(request: HttpRequest) -> TypedBefore | None:
    """Return what this person had typed on this page, once; None for anybody else, and after an hour."""
    if not request.session.get(TYPED) or not request.user.is_authenticated:
        return None
    fresh = _fresh(request)
    mine = [each for each in fresh if each["user"] == request.user.pk]
    here = next((each for each in mine if each["page"] == request.path), None)
    request.session[TYPED] = [each for each in mine if each is not here]
    return _opened(here) if here else None


def _opened(entry: dict[str, Any]) -> TypedBefore | None:
    try:
        typed = QueryDict(decrypt(entry["typed"], context=TYPED))
    except DecryptionError:
        return None  # its key is gone: what was typed is lost, the page is not
    return TypedBefore(dict(typed.lists()), entry["had_files"])


def _fresh(request: HttpRequest) -> list[dict[str, Any]]:
    return [each for each in request.session.get(TYPED, []) if _is_fresh(each["at"])]


def _is_fresh(at: str) -> bool:
    return timezone.now() - datetime.fromisoformat(at) < KEPT_FOR
