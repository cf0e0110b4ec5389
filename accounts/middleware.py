"""What the person of a request is, sessions that end, a second factor for professionals, and private pages."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.decorators import page_of
from accounts.models import User
from accounts.person import Person, PersonRequest, person_of
from accounts.staying import stays_signed_in
from accounts.typed import TypedBefore, keep_typed, note_end, person_before, take_typed

SESSION_PAGE = "accounts:session"
UNSENT = "run-unsent"  # cookie of static/js/run/store.js
LANGUAGE = "language"  # session key: what the account has chosen, on this device or another
SEEN_WRITTEN_EVERY = timedelta(minutes=1)
ABSOLUTE_TIMEOUT = timedelta(hours=12)
SIGN_ON_PAGES = {
    "socialaccount_login_cancelled", "socialaccount_login_error", "socialaccount_signup", "socialaccount_connections",
    "openid_connect_login", "openid_connect_callback",
}  # fmt: skip
log = structlog.get_logger()
MFA_APPS = {"account", "mfa", "usersessions"}
MFA_PAGES = {"accounts:second-way", "accounts:codes-kept"}


GetResponse = Callable[[HttpRequest], HttpResponseBase]


def asks_for_login(view: Callable[..., Any]) -> bool:
    return getattr(view, "login_required", True)


class PersonMiddleware:
    """Gives the request what the signed-in person is, as `request.person` (accounts/person.py)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PersonRequest) -> HttpResponseBase:
        request.person = cast(Person, SimpleLazyObject(lambda: person_of(request.user)))
        return self.get_response(request)


class PortalRequest(PersonRequest):
    """A request with what the middleware of this module notes on it."""

    offers_language: bool
    was_signed_out: bool
    seconds_left: int
    typed_before: Callable[[], TypedBefore | None]
    idle_seconds: int
    LANGUAGE_CODE: str


class LanguageMiddleware(LocaleMiddleware):
    """The language that the person chose, or else the browser's. Physicians' offices and staff work in English.

    The language of the thread is restored after the request.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(translation.get_language()):
            return cast(HttpResponseBase, super().__call__(request))

    def process_request(self, request: PortalRequest) -> None:  # type: ignore[override] # ours has more
        super().process_request(request)
        request.offers_language = not request.person.is_professional
        chosen = request.session.get(LANGUAGE) if request.offers_language else settings.LANGUAGES[0][0]
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()


def _to_login(request: PortalRequest) -> HttpResponse:
    """Return a redirect to sign in; htmx would put the page into a part of the old one, so the browser is told."""
    redirect_to = redirect_to_login(page_of(request))
    return HttpResponseClientRedirect(redirect_to.url) if getattr(request, "htmx", False) else redirect_to


class SessionTimeoutMiddleware:
    """Signs out after 30 idle minutes (15 for professionals) and after 12 hours in any case."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponseBase:
        request.was_signed_out, request.seconds_left = False, 0
        request.typed_before = partial(take_typed, request)
        if request.user.is_authenticated and (reason := self.reason_to_end(request)):
            self.end(request, reason)
        return self.get_response(request)

    @staticmethod
    def end(request: PortalRequest, reason: str) -> None:
        """Sign the person out. The new session knows who it was, so that what was typed is kept for that person."""
        user = request.user.pk
        logout(request)
        request.person = Person()
        note_end(request, user=user)
        if request.path != reverse(SESSION_PAGE):  # a script asks there: the sentence is for a page that people see
            messages.info(request, reason)
        request.was_signed_out = True

    def process_view(
        self, request: PortalRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Ask a person who was signed out to sign in again, and then show the same page. Public pages are shown."""
        if not asks_for_login(view):
            return None
        if request.method == "POST" and not request.user.is_authenticated and person_before(request):
            self.keep(request)
            return _to_login(request)
        return _to_login(request) if request.was_signed_out else None

    @staticmethod
    def keep(request: PortalRequest) -> None:
        """Keep what was posted after the end of the session, and say so on the page that asks to sign in."""
        page, had_files = urlsplit(page_of(request)).path, bool(request.FILES)
        if not keep_typed(request, page=page, posted=request.POST, had_files=had_files):
            messages.warning(request, _("Nothing was saved just now, and what you typed could not be kept."))
            return
        messages.info(
            request, _("Nothing was saved just now. What you typed is kept for an hour: sign in, and it is back.")
        )

    def reason_to_end(self, request: PortalRequest) -> str | None:
        """Return the sentence for a person whose session is over, or None."""
        now = timezone.now()
        session = request.session
        idle = settings.IDLE_TIMEOUT_PROFESSIONAL if request.person.is_professional else settings.IDLE_TIMEOUT
        request.idle_seconds = int(idle.total_seconds())
        started = datetime.fromisoformat(session.setdefault("started_at", now.isoformat()))
        seen = datetime.fromisoformat(session.setdefault("seen_at", now.isoformat()))
        is_idle = now - seen >= idle
        if stays_signed_in(request, now=now):
            request.idle_seconds = 0  # the page warns of no end, and does not make an idle session a busy one
        elif is_idle:
            return _("You were signed out because nothing happened for a while. What you saved is kept.")
        if now - started >= ABSOLUTE_TIMEOUT:
            return _("You were signed out because you had been signed in for 12 hours. What you saved is kept.")
        if now - seen >= SEEN_WRITTEN_EVERY and not is_idle and self.is_activity(request):
            session["seen_at"] = now.isoformat()
            seen = now
        ends = min(seen + idle, started + ABSOLUTE_TIMEOUT)
        request.seconds_left = math.ceil((ends - now).total_seconds())  # 0 means that it is over
        return None

    @staticmethod
    def is_activity(request: HttpRequest) -> bool:
        """Return whether a person is at work: every request, but not what a script asks by itself.

        The script of every page asks how long the session lasts, and that of a run sheet for JSON.
        """
        if request.method == "GET" and request.headers.get("Accept") == "application/json":
            return False
        return request.path != reverse(SESSION_PAGE) or "stay" in request.GET


class SignOnMiddleware:
    """Answers 404 on the pages of the state's sign-on while it is off, and 502 when the state fails."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        assert request.resolver_match
        if request.resolver_match.view_name in SIGN_ON_PAGES and not settings.OIDC_SERVER_URL:
            raise Http404

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name not in SIGN_ON_PAGES or not _is_failure_of_provider(exception):
            return None
        log.warning("sign_on_failed", error=type(exception).__name__)
        return render(request, "socialaccount/authentication_error.html", status=502)


def _is_failure_of_provider(exception: Exception) -> bool:
    """Return whether the state did not answer, or its answer lacks what the protocol asks for."""
    from requests import RequestException  # heavy: docs/adr/0018

    return isinstance(exception, RequestException | KeyError | TypeError | ValueError)


class RequireMFAMiddleware:
    """Asks professionals for a second factor and for one more way to sign in before they open other pages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: PersonRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        assert request.resolver_match
        if not settings.REQUIRE_MFA or not request.user.is_authenticated:
            return None
        name = request.resolver_match.view_name or ""
        if name.split("_")[0] in MFA_APPS or name in MFA_PAGES or not asks_for_login(view):
            return None
        if not request.person.is_professional and not name.startswith("accounts:physician"):
            return None
        if request.user.factors.has_two_ways:
            return None
        if request.user.factors.has_mfa:
            return redirect("accounts:second-way")
        messages.info(request, _("Set up two-factor authentication first: it protects your patients' data."))
        return redirect("mfa_activate_totp")


class PrivateResponseMiddleware:
    """Tells caches to store nothing that a signed-in person sees, but files whose address names their content.

    When staff sign out, the browser erases what its pages stored: the sheet of a run on a driver's phone. What waits to
    be sent there is kept, sealed; the script of the sheet says so in the cookie UNSENT.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        was_staff = isinstance(request.user, User) and request.user.is_staff
        response = self.get_response(request)
        if was_staff and not request.user.is_authenticated and not request.COOKIES.get(UNSENT):
            response["Clear-Site-Data"] = '"storage"'
        if request.user.is_authenticated and "immutable" not in response.get("Cache-Control", ""):
            add_never_cache_headers(response)
        return response
