"""The first page of an office: what waits, and where it is done."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import office_required
from accounts.person import PersonRequest
from audit.actions import record
from certification.presenters.start import office_start


@office_required
@require_safe
def start(request: PersonRequest) -> HttpResponse:
    now = timezone.now()
    page = office_start(request.user, request.person, today=timezone.localdate(now))
    record(action="certification.overview", by=request.user)
    return render(request, "certification/start.html", {"start": page, "now": now})
