"""Sessions that end, a second factor for professionals, and pages that no cache keeps."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from requests import RequestException

from accounts.decorators import page_of

LANGUAGE = "language"  # session key: what the account has chosen, on this device or another
SEEN_WRITTEN_EVERY = timedelta(minutes=1)
ABSOLUTE_TIMEOUT = timedelta(hours=12)
SIGN_ON_PAGES = {
    "socialaccount_login_cancelled", "socialaccount_login_error", "socialaccount_signup", "socialaccount_connections",
    "openid_connect_login", "openid_connect_callback",
}  # fmt: skip
# No answer, or one that lacks what the protocol asks for.
PROVIDER_FAILURES = (RequestException, KeyError, TypeError, ValueError)
log = structlog.get_logger()
MFA_APPS = {"account", "mfa", "usersessions"}
MFA_PAGES = {"accounts:second-way", "accounts:codes-kept"}


def is_professional(user):
    """Physicians, who applies to be one, their delegates and staff: shorter sessions, and a second factor."""
    return user.is_staff or user.is_delegate or user.is_applicant or hasattr(user, "physician")


def asks_for_login(view):
    return getattr(view, "login_required", True)


class LanguageMiddleware(LocaleMiddleware):
    """As was chosen, or else as the browser asks. Physicians' offices and staff work in English alone.

    What is done in the same thread afterwards is in the language of before.
    """

    def __call__(self, request):
        with translation.override(translation.get_language()):
            return super().__call__(request)

    def process_request(self, request):
        super().process_request(request)
        request.offers_language = not (request.user.is_authenticated and is_professional(request.user))
        chosen = request.session.get(LANGUAGE) if request.offers_language else settings.LANGUAGES[0][0]
        if chosen:
            translation.activate(chosen)
            request.LANGUAGE_CODE = translation.get_language()


class SessionTimeoutMiddleware:
    """Signs out after 30 idle minutes (15 for professionals) and after 12 hours in any case."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.was_signed_out = False
        if request.user.is_authenticated and (reason := self.reason_to_end(request)):
            logout(request)
            messages.info(request, reason)
            request.was_signed_out = True
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """After signing in again, the same page; a public page needs no signing in."""
        if request.was_signed_out and asks_for_login(view):
            return redirect_to_login(page_of(request))
        return None

    def reason_to_end(self, request):
        now = timezone.now()
        session = request.session
        idle = settings.IDLE_TIMEOUT_PROFESSIONAL if is_professional(request.user) else settings.IDLE_TIMEOUT
        request.idle_seconds = int(idle.total_seconds())
        started = datetime.fromisoformat(session.setdefault("started_at", now.isoformat()))
        seen = datetime.fromisoformat(session.setdefault("seen_at", now.isoformat()))
        if now - seen >= idle:
            return _("You were signed out because nothing happened for a while. What you saved is kept.")
        if now - started >= ABSOLUTE_TIMEOUT:
            return _("You were signed out because you had been signed in for 12 hours. What you saved is kept.")
        if now - seen >= SEEN_WRITTEN_EVERY:
            session["seen_at"] = now.isoformat()
        return None


class SignOnMiddleware:
    """The state's sign-on: its pages are not there while it is off, and a provider that fails is no fault of ours."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.resolver_match.view_name in SIGN_ON_PAGES and not settings.OIDC_SERVER_URL:
            raise Http404

    def process_exception(self, request, exception):
        match = request.resolver_match
        if match is None or match.view_name not in SIGN_ON_PAGES or not isinstance(exception, PROVIDER_FAILURES):
            return None
        log.warning("sign_on_failed", error=type(exception).__name__)
        return render(request, "socialaccount/authentication_error.html", status=502)


class RequireMFAMiddleware:
    """allauth offers a second factor; this asks professionals for it, and for one more way, before anything else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.REQUIRE_MFA or not request.user.is_authenticated:
            return None
        name = request.resolver_match.view_name or ""
        if name.split("_")[0] in MFA_APPS or name in MFA_PAGES or not asks_for_login(view):
            return None
        if not is_professional(request.user) and not name.startswith("accounts:physician"):
            return None
        if request.user.factors.has_two_ways:
            return None
        if request.user.factors.has_mfa:
            return redirect("accounts:second-way")
        messages.info(request, _("Set up two-factor authentication first: it protects your patients' data."))
        return redirect("mfa_activate_totp")


class PrivateResponseMiddleware:
    """What a signed-in person sees is kept by no cache, but for what its address names for good."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated and "immutable" not in response.get("Cache-Control", ""):
            add_never_cache_headers(response)
        return response
