"""Refuse addresses whose query cannot be read."""

from collections.abc import Callable
from urllib.parse import unquote_plus

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase

NUL = "\0"  # PostgreSQL has no such character in a text: a query with one would fail


class ReadableQueryMiddleware:
    """Answer 400 to an address whose query holds a NUL, before any list, filter, cursor or export reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if NUL in unquote_plus(request.META.get("QUERY_STRING", "")):
            raise BadRequest("NUL in the query")
        return self.get_response(request)
