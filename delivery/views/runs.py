"""The driver's pages, made for a phone: the own open runs, the sheet of a run, and what happens at a door."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, cast
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from audit.actions import record
from delivery import actions, rules
from delivery.door_forms import AtDoorForm, AttemptForm, HandOverForm
from delivery.models import DoorAttempt, Order, Run
from delivery.presenters.run_sheet import RunSheet, Stop, run_sheet, runs_of
from ui.errors import PortalError, add_to_form

ATTEMPT_IDS = "attempt_%s"  # two forms stand on one page


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


@require_safe
@driver_required
def run_list(request: SignedInRequest) -> HttpResponse:
    rows = runs_of(request.user, today=timezone.localdate())
    record(action="run.list", by=request.user)
    return render(request, "delivery/run_list.html", {"rows": rows})


@require_safe
@run_required
def run_detail(request: SignedInRequest, run: Run) -> HttpResponse:
    sheet = run_sheet(run, today=timezone.localdate(), chosen=request.GET.get("stop", "").upper()[:20])
    return _show(request, sheet)


@require_POST
@run_required
def run_leave(request: SignedInRequest, run: Run) -> HttpResponse:
    """Let the orders of the run leave with the driver."""
    try:
        left, sentences = actions.dispatch_run(run=run, by=request.user)
    except PortalError as error:
        left, sentences = 0, [str(error)]
    if left:
        words = ngettext("%(count)d order has left with you.", "%(count)d orders have left with you.", left)
        messages.success(request, words % {"count": left})
    for sentence in sentences:
        messages.warning(request, sentence)
    return redirect("delivery:run-detail", run.uuid)


@require_POST
@run_required
def run_hand_over(request: SignedInRequest, run: Run, number: str) -> HttpResponse:
    sheet, stop = _sheet_at(run, number)
    form = HandOverForm(request.POST, receivers=_choices(stop))
    if form.is_valid():
        done = _("Order %(number)s is handed over.") % {"number": stop.order.number}
        if _try(request, run, form, done, lambda at: _hand_over(request, run, stop, form, at)):
            return redirect("delivery:run-detail", run.uuid)
    if not stop.is_at_hand:
        return _back_with_errors(request, run, form)
    return _show(request, sheet, hand_over_form=form)


def _hand_over(request: SignedInRequest, run: Run, stop: Stop, form: HandOverForm, at: datetime | None) -> object:
    return actions.hand_over(order=stop.order, run=run, answers=form.answers, stated_at=at, by=request.user)


@require_POST
@run_required
def run_attempt(request: SignedInRequest, run: Run, number: str) -> HttpResponse:
    """Record that an order was not handed over: to try once more later in this run, or to bring it back."""
    sheet, stop = _sheet_at(run, number)
    form = AttemptForm(request.POST, auto_id=ATTEMPT_IDS)
    if form.is_valid():
        is_later = form.cleaned_data["outcome"] == DoorAttempt.Outcome.NOBODY_HOME and "later" in request.POST
        words = _("Order %(number)s comes once more, at the end.") if is_later else _("Bring order %(number)s back.")
        if _try(
            request, run, form, words % {"number": stop.order.number}, lambda at: _attempt(request, run, stop, form, at)
        ):
            return redirect("delivery:run-detail", run.uuid)
    if not stop.is_at_hand:
        return _back_with_errors(request, run, form)
    return _show(request, sheet, attempt_form=form)


def _attempt(request: SignedInRequest, run: Run, stop: Stop, form: AttemptForm, at: datetime | None) -> object:
    answers, order = form.cleaned_data, stop.order
    key = answers["entry_key"]
    if answers["outcome"] == DoorAttempt.Outcome.NOBODY_HOME and "later" in request.POST:
        return actions.try_later(order=order, run=run, entry_key=key, stated_at=at, by=request.user)
    return actions.return_order(
        order=order, run=run, outcome=answers["outcome"], entry_key=key, stated_at=at, by=request.user
    )


def _try(
    request: SignedInRequest, run: Run, form: AtDoorForm, done: str, act: Callable[[datetime | None], object]
) -> bool:
    """Call the action with the time that was typed; say what was done, or put the refusal into the form."""
    typed = form.cleaned_data["stated_at"]
    try:
        act(rules.moment_of(typed, run, now=timezone.now()) if typed else None)
    except PortalError as error:
        add_to_form(form, error)
        return False
    messages.success(request, done)
    return True


def _sheet_at(run: Run, number: str) -> tuple[RunSheet, Stop]:
    """Return the sheet with the card of this order open, and its stop; raises Http404 for an order of another run."""
    sheet = run_sheet(run, today=timezone.localdate(), chosen=number.upper())
    stop = next((stop for stop in sheet.stops if stop.order.number == number.upper()), None)
    if stop is None:
        raise Http404
    return sheet, stop


def _back_with_errors(request: SignedInRequest, run: Run, form: AtDoorForm) -> HttpResponse:
    """Go back to the sheet, which has no card any more for an order that is done, and say why it was refused."""
    for sentences in form.errors.values():
        for sentence in sentences:
            messages.error(request, str(sentence))
    return redirect("delivery:run-detail", run.uuid)


def _choices(stop: Stop) -> list[tuple[str, str]]:
    return [(receiver.value, receiver.label) for receiver in stop.receivers]


def _show(request: SignedInRequest, sheet: RunSheet, **forms: Any) -> HttpResponse:
    record(action="run.view", by=request.user, subject=sheet.run)
    current = sheet.current
    context: dict[str, Any] = {"sheet": sheet, "run": sheet.run, "stop": current, **forms}
    if current is not None:
        context.setdefault("hand_over_form", HandOverForm(receivers=_choices(current)))
        outcome = DoorAttempt.Outcome.NOT_CERTIFIED if current.refusal else DoorAttempt.Outcome.NOBODY_HOME
        begin = {"entry_key": uuid4(), "outcome": outcome}
        context.setdefault("attempt_form", AttemptForm(auto_id=ATTEMPT_IDS, initial=begin))
        context["form"] = next(iter(forms.values()), None)
        context["tip_to_agree"] = _tip_to_agree(current.order, context["hand_over_form"])
    return render(request, "delivery/run_detail.html", context)


def _tip_to_agree(order: Order, form: HandOverForm) -> int:
    """Return the tip in cents that the driver is asked about, or 0."""
    if not form.is_bound or "tip_agreed_cents" not in form.errors:
        return 0
    return form.cleaned_data["cash_cents"] + form.cleaned_data["debit_cents"] - order.subtotal_cents
