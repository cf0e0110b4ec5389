"""Answers that need no database: to the probes, and to everybody while it is away."""

import sys

from django.core.signals import got_request_exception
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_request

from pages import health
from pages.connections import hang_up, is_away
from ui.context import dispensary

RETRY_AFTER = 10  # seconds
PROBES = {"/livez": health.livez, "/readyz": health.readyz}


class DatabaseAwayMiddleware:
    """Answer 503 with a plain page where the database was away, wherever in the request that came out.

    Stands before the session, so that its errors are covered. Django turns an exception into a 500 inside of each
    middleware; which one it was is learned from the signal that Django sends then.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        got_request_exception.connect(note_when_away, dispatch_uid="database away")

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 500 and getattr(request, "is_database_away", False):
            hang_up()
            return unavailable(request)
        return response


def note_when_away(sender, request=None, **_):
    """Receiver of got_request_exception, which is sent while the exception is being handled."""
    if request is not None and is_away(sys.exc_info()[1]):
        request.is_database_away = True


def unavailable(request):
    """Return the 503 page: no session, no account, no database; the language is the browser's choice."""
    with translation.override(get_language_from_request(request)):
        response = HttpResponse(render_to_string("503.html", dispensary(None)), status=503)
        response["Content-Language"] = translation.get_language()
    response["Retry-After"] = RETRY_AFTER
    add_never_cache_headers(response)
    return response


class ProbeMiddleware:
    """Answer the probes before the session and the account are asked for: they stand in the database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if probe := PROBES.get(request.path_info):
            request.get_host()  # as everywhere, a name that ALLOWED_HOSTS does not know is refused with 400
            return probe(request)
        return self.get_response(request)
