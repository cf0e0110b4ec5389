"""What a driver enters at a door: a hand-over, or why the order was kept. The sheet's script posts the same forms."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from delivery import actions, rules
from delivery.door_forms import AtDoorForm, AttemptForm, HandOverForm
from delivery.models import DoorAttempt, Run
from delivery.presenters.run_sheet import RunSheet, Stop, run_sheet
from delivery.views.drivers import run_required
from delivery.views.runs import ATTEMPT_IDS, NOBODY_IDS, card_context, choices_of, show_sheet, wants_json
from ui.errors import PortalError, add_to_form

NOBODY_HOME = DoorAttempt.Outcome.NOBODY_HOME


@require_POST
@run_required
def run_hand_over(request: SignedInRequest, run: Run, number: str) -> HttpResponse:
    sheet, stop = _sheet_at(run, number)
    form = HandOverForm(request.POST, receivers=choices_of(stop))

    def hand_over(at: datetime | None) -> object:
        return actions.hand_over(order=stop.order, run=run, answers=form.answers, stated_at=at, by=request.user)

    if form.is_valid() and _try(run, form, hand_over):
        return _done(request, run, _("Order %(number)s is handed over.") % {"number": stop.order.number})
    return _refused(request, sheet, stop, form, "hand_over_form")


@require_POST
@run_required
def run_attempt(request: SignedInRequest, run: Run, number: str) -> HttpResponse:
    """Record that an order was not handed over: to try once more later in this run, or to bring it back."""
    sheet, stop = _sheet_at(run, number)
    is_nobody = request.POST.get("outcome") == NOBODY_HOME
    form = AttemptForm(request.POST, auto_id=NOBODY_IDS if is_nobody else ATTEMPT_IDS)
    if form.is_valid() and _try(run, form, lambda at: _attempt(request, run, stop, form, at)):
        is_later = is_nobody and "later" in request.POST
        words = _("Order %(number)s comes once more, at the end.") if is_later else _("Bring order %(number)s back.")
        return _done(request, run, words % {"number": stop.order.number})
    return _refused(request, sheet, stop, form, "nobody_form" if is_nobody else "attempt_form")


def _attempt(request: SignedInRequest, run: Run, stop: Stop, form: AttemptForm, at: datetime | None) -> object:
    answers, order = form.cleaned_data, stop.order
    key = answers["entry_key"]
    if answers["outcome"] == NOBODY_HOME and "later" in request.POST:
        return actions.try_later(order=order, run=run, entry_key=key, stated_at=at, by=request.user)
    return actions.return_order(
        order=order, run=run, outcome=answers["outcome"], entry_key=key, stated_at=at, by=request.user
    )


def _try(run: Run, form: AtDoorForm, act: Callable[[datetime | None], object]) -> bool:
    """Call the action with the time when it happened, or put the refusal into the form."""
    typed, measured = form.cleaned_data["stated_at"], form.cleaned_data["happened_at"]
    try:
        act(rules.moment_at_door(typed, measured, run, now=timezone.now()))
    except PortalError as error:
        add_to_form(form, error)
        return False
    return True


def _sheet_at(run: Run, number: str) -> tuple[RunSheet, Stop]:
    """Return the sheet with the card of this order open, and its stop; raises Http404 for an order of another run."""
    sheet = run_sheet(run, today=timezone.localdate(), chosen=number.upper())
    stop = next((stop for stop in sheet.stops if stop.order.number == number.upper()), None)
    if stop is None:
        raise Http404
    return sheet, stop


def _done(request: SignedInRequest, run: Run, words: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"said": words})
    messages.success(request, words)
    return redirect("delivery:run-detail", run.uuid)


def _refused(request: SignedInRequest, sheet: RunSheet, stop: Stop, form: AtDoorForm, name: str) -> HttpResponse:
    """Show the card again with what was typed, and say why; an order that is done has no card any more."""
    sentences = [str(sentence) for sentences in form.errors.values() for sentence in sentences]
    if wants_json(request):
        card = _card(request, sheet, stop, **{name: form}) if stop.is_at_hand else ""
        return JsonResponse({"sentences": sentences, "card": card}, status=422)
    if stop.is_at_hand:
        return show_sheet(request, sheet, **{name: form})
    for sentence in sentences:
        messages.error(request, sentence)
    return redirect("delivery:run-detail", sheet.run.uuid)


def _card(request: SignedInRequest, sheet: RunSheet, stop: Stop, **forms: Any) -> str:
    return render_to_string("delivery/_run_stop.html", card_context(sheet, stop, **forms), request)
