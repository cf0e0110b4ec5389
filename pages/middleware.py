"""Count every request, answer probes early, answer 503 when the database is unavailable, and forbid the camera."""

import sys
import time
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_request

from pages import health, metrics
from pages.connections import close_connections, is_outage
from ui.context import dispensary

GetResponse = Callable[[HttpRequest], HttpResponse]

NO_FEATURES = "camera=(), microphone=(), geolocation=()"
RETRY_AFTER = "10"  # seconds
DATABASE_AWAY = "pages.is_database_away"  # set in request.META when the database was unavailable
PROBES = {"/livez": health.livez, "/readyz": health.readyz}
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class MetricsMiddleware:
    """Count each request by the name of its route, its method and the class of its status, with its duration.

    It stands before every middleware that may answer, so that refusals and the 503 page are counted as well.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = _method_of(request)
        begun = time.perf_counter()
        with metrics.REQUESTS_IN_PROGRESS.labels(method).track_inprogress():
            response = self.get_response(request)
        status = f"{response.status_code // 100}xx"
        metrics.REQUESTS.labels(route_of(request), method, status).observe(time.perf_counter() - begun)
        return response


def route_of(request: HttpRequest) -> str:
    """Return the name of the route, or "none" when no route fits or the request was answered before routing."""
    return request.resolver_match.view_name if request.resolver_match else "none"


def _method_of(request: HttpRequest) -> str:
    """Return the method of the request, or "other" for one that HTTP does not know: anybody can make up a method."""
    return request.method if request.method in METHODS else "other"


class FeaturesMiddleware:
    """Forbid camera, microphone and place on every page, but where a view has said otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", NO_FEATURES)
        return response


class DatabaseAwayMiddleware:
    """Answer 503 with a plain page when any part of the request found the database unavailable.

    It stands before the session middleware, so that errors of the session are covered. Each middleware below turns an
    exception into a 500 response; the signal that Django sends then carries the exception.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        got_request_exception.connect(mark_outage, dispatch_uid="database outage")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 500 and request.META.get(DATABASE_AWAY):
            close_connections()
            metrics.ANSWERED_AWAY.labels(_method_of(request)).inc()
            return unavailable(request)
        return response


def mark_outage(sender: Any, request: HttpRequest | None = None, **_: Any) -> None:
    """Mark the request when its exception means that the database is unavailable.

    Django sends `got_request_exception` while the exception is being handled, so `sys.exc_info()` has it.
    """
    if request is not None and is_outage(sys.exc_info()[1]):
        request.META[DATABASE_AWAY] = True


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the 503 page in the browser's language; it needs no session, account or database."""
    with translation.override(get_language_from_request(request)):
        response = HttpResponse(render_to_string("503.html", dispensary(None)), status=503)
        response["Content-Language"] = translation.get_language()
    response["Retry-After"] = RETRY_AFTER
    add_never_cache_headers(response)
    return response


class ProbeMiddleware:
    """Answer the probes before the session and the account are read from the database."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if probe := PROBES.get(request.path_info):
            request.get_host()  # refuses a host that ALLOWED_HOSTS does not list, as every page does
            return probe(request)
        return self.get_response(request)
