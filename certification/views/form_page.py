"""The skeleton of a page with one form: the posted form, its action, the refusal, and the page again."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from accounts.requests import SignedInRequest
from audit.actions import record
from ui.errors import PortalError, add_to_form


def posted(request: SignedInRequest) -> QueryDict | None:
    """Return what was posted to the form, or None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: SignedInRequest,
    form: Form,
    act: Callable[[], HttpResponse],
    template: str,
    *,
    shows: Model | None = None,
    view_event: str = "certification.view",
    context: Mapping[str, Any],
) -> HttpResponse:
    """Answer a valid post by `act`, and everything else by the page with the form.

    `act` calls the action and returns the redirect. When it raises a refusal, the form shows the sentence. A look at
    the page is recorded as `view_event` of the row that it shows.
    """
    if request.method == "POST" and form.is_valid():
        try:
            return act()
        except PortalError as refusal:
            add_to_form(form, refusal)
    if shows is not None:
        record(action=view_event, by=request.user, subject=shows)
    return render(request, template, {**context, "form": form})
