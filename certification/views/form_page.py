"""The skeleton of a page with one form: the posted form, its action, the refusal, and the page again."""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from accounts.requests import SignedInRequest
from certification.presenters.addresses import Row
from certification.views.scope import record_view
from ui.errors import PortalError, add_to_form


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted to the form, or None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: SignedInRequest,
    form: Form,
    act: Callable[[], HttpResponse],
    template: str,
    *,
    shows: Row | None = None,
    on_view: Callable[[], object] | None = None,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Answer a valid post by `act`, and everything else by the page with the form.

    `act` calls the action and returns the redirect. When it raises a refusal, the form shows the sentence. The page
    records that somebody viewed the draft or certification `shows`; `on_view` records another event instead.
    """
    if request.method == "POST" and form.is_valid():
        try:
            return act()
        except PortalError as refusal:
            add_to_form(form, refusal)
    if on_view is not None:
        on_view()
    elif shows is not None:
        record_view(request, shows)
    return render(request, template, {**context, "form": form})
