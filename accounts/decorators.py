"""Who may open a page of the physician's office; everybody else gets the same 404 as for a page that is not there."""

from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

IDENTIFIED = "identified"  # session key: the physician identified in this session


def is_identified(request):
    """DEA number and SSN digits were matched with this account's physician in this session."""
    return hasattr(request.user, "physician") and request.session.get(IDENTIFIED) == request.user.physician.pk


def page_of(request):
    """The page to come back to: a GET's own, for a POST the page that held its form (not every address answers GET)."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    referer = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return ""
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def physician_required(view):
    """For physicians, bound to this account and identified in this session."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not hasattr(request.user, "physician"):
            raise Http404
        return view(request, *args, **kwargs) if is_identified(request) else _to_identification(request)

    return guarded


def office_required(view):
    """For physicians as above, for the delegates they named, and for who waits to be verified as a physician."""
    for_physicians = physician_required(view)

    @wraps(view)
    def guarded(request, *args, **kwargs):
        user = request.user
        only_prepares = (user.is_delegate or user.is_applicant) and not hasattr(user, "physician")
        return (view if only_prepares else for_physicians)(request, *args, **kwargs)

    return guarded


def _to_identification(request):
    page = page_of(request)
    return redirect(reverse("accounts:physician-identify") + (f"?{urlencode({'next': page})}" if page else ""))
