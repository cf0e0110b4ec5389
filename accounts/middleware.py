"""Sessions that end, a second factor for professionals, and pages that no cache keeps."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

SEEN_WRITTEN_EVERY = timedelta(minutes=1)
ABSOLUTE_TIMEOUT = timedelta(hours=12)
MFA_APPS = {"account", "mfa", "usersessions"}


def is_professional(user):
    """Physicians, their delegates and staff: shorter sessions, and a second factor."""
    return user.is_staff or user.is_delegate or hasattr(user, "physician")


class SessionTimeoutMiddleware:
    """Signs out after 30 idle minutes (15 for professionals) and after 12 hours in any case."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and self.has_ended(request):
            logout(request)
            messages.info(request, _("You were signed out because nothing happened for a while. Your drafts are saved."))
            return redirect_to_login(request.get_full_path() if request.method == "GET" else "")
        return self.get_response(request)

    def has_ended(self, request):
        now = timezone.now()
        session = request.session
        idle = settings.IDLE_TIMEOUT_PROFESSIONAL if is_professional(request.user) else settings.IDLE_TIMEOUT
        request.idle_seconds = int(idle.total_seconds())
        started = datetime.fromisoformat(session.setdefault("started_at", now.isoformat()))
        seen = datetime.fromisoformat(session.setdefault("seen_at", now.isoformat()))
        if now - seen >= idle or now - started >= ABSOLUTE_TIMEOUT:
            return True
        if now - seen >= SEEN_WRITTEN_EVERY:
            session["seen_at"] = now.isoformat()
        return False


class RequireMFAMiddleware:
    """allauth offers a second factor; this asks professionals for it before anything else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.REQUIRE_MFA or not request.user.is_authenticated or request.user.has_mfa:
            return None
        name = request.resolver_match.view_name or ""
        if name.split("_")[0] in MFA_APPS or not getattr(view, "login_required", True):
            return None
        if is_professional(request.user) or name.startswith("accounts:physician"):
            messages.info(request, _("Set up two-factor authentication first: it protects your patients' data."))
            return redirect("mfa_activate_totp")
        return None


class PrivateResponseMiddleware:
    """What a signed-in person sees is kept by no cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response
