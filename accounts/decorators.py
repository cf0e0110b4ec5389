"""Who may open a page of the physician's office. Everybody else gets a 404, as for a page that does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Physician
from accounts.person import PersonRequest

IDENTIFIED = "identified"  # session key: the physician identified in this session
View = Callable[..., HttpResponseBase]


def is_identified(request: PersonRequest) -> bool:
    """Return whether the account's physician gave the right DEA number and SSN digits in this session."""
    physician = request.person.physician
    return physician is not None and request.session.get(IDENTIFIED) == physician.pk


def physician_of(request: PersonRequest) -> Physician:
    """Return the physician of a page that `physician_required` guards."""
    assert request.person.physician
    return request.person.physician


def page_of(request: HttpRequest) -> str:
    """Return the address to come back to: of a GET its own, of a POST that of the page with the form.

    Not every address answers GET. The result is "" when the page is unknown or not ours.
    """
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    referer = request.headers.get("referer", "")
    if not _is_ours(request, referer):
        return ""
    parts = urlsplit(referer)
    page = f"{parts.path}?{parts.query}" if parts.query else parts.path
    # A path that begins with two slashes is, without our host, the address of another one.
    return page if _is_ours(request, page) else ""


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def physician_required(view: View) -> View:
    """Let in physicians who have this account and are identified in this session."""

    @wraps(view)
    def guarded(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.person.is_physician:
            raise Http404
        return view(request, *args, **kwargs) if is_identified(request) else _to_identification(request)

    return guarded


def office_required(view: View) -> View:
    """Let in identified physicians, their delegates, and applicants who wait to be verified as a physician."""
    for_physicians = physician_required(view)

    @wraps(view)
    def guarded(request: PersonRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = request.person
        only_prepares = (person.is_delegate or person.is_applicant) and not person.is_physician
        return (view if only_prepares else for_physicians)(request, *args, **kwargs)

    return guarded


def _to_identification(request: HttpRequest) -> HttpResponseRedirect:
    page = page_of(request)
    return redirect(reverse("accounts:physician-identify") + (f"?{urlencode({'next': page})}" if page else ""))
