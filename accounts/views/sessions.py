"""What the script of every page asks: how long the session lasts, and that it keeps what was typed when it ends."""

from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.typed import FILES, PAGE, keep_typed


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """Return the seconds that are left, 0 when the session is over; a POST also keeps what was typed.

    To ask is no activity; with `stay` it is (accounts/middleware.py). All tabs of a browser share one session, so a
    tab asks here before it says that the person was signed out.
    """
    kept = request.method == "POST" and keep_typed(
        request, page=_page_of(request), posted=request.POST, had_files=FILES in request.POST
    )
    return JsonResponse({"left": getattr(request, "seconds_left", 0), "kept": kept})


def _page_of(request: HttpRequest) -> str:
    """Return the path of one of our pages, as the script names it, or "" for any other."""
    path = urlsplit(request.POST.get(PAGE, "")).path
    try:
        resolve(path)
    except Resolver404:
        return ""
    return path
