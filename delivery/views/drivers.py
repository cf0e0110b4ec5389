"""Who may open the pages of drivers. Everybody else gets a 404, as for a page that does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from delivery import rules
from delivery.models import Run


def driver_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let in staff who drive runs; everybody else gets a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_as_staff(request.user, rules.DRIVE):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def run_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view an open run of the driver who is signed in; everybody else gets a 404."""

    @driver_required
    @wraps(view)
    def guarded(request: HttpRequest, uuid: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        driving = cast("SignedInRequest", request)
        runs = Run.objects.open().driven_by(driving.user).select_related("window")
        run = runs.filter(uuid=uuid).first()
        if run is None:
            raise Http404
        return view(driving, run, *args, **kwargs)

    return guarded
