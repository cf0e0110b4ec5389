"""Leaving a waiting list; it is joined at checkout."""

import re

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from delivery import actions
from delivery.models import WaitingEntry


@require_POST
def leave(request: SignedInRequest) -> HttpResponse:
    number = request.POST.get("entry", "")
    if not re.fullmatch(r"[0-9]{1,18}", number):
        raise Http404
    entry = get_object_or_404(WaitingEntry, pk=number, orderer=request.user)
    actions.leave_waiting_list(entry=entry, by=request.user)
    messages.success(request, _("You are off the waiting list."))
    return redirect("delivery:order-list")
