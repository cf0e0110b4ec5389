"""The driver's pages, made for a phone: the own open runs, the sheet of a run, and leaving with the orders."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import SignedInRequest
from accounts.staying import stay_signed_in
from audit.actions import record
from delivery import actions, rules
from delivery.door_forms import AttemptForm, HandOverForm
from delivery.models import DoorAttempt, Run
from delivery.presenters.run_sheet import RunSheet, Stop, run_sheet, runs_of
from delivery.views.drivers import driver_required, run_required
from delivery.views.scanner import with_scanner
from ui.errors import PortalError

# Two forms of one kind stand on one page.
NOBODY_IDS, ATTEMPT_IDS = "nobody_%s", "attempt_%s"


@require_safe
@driver_required
def run_list(request: SignedInRequest) -> HttpResponse:
    rows = runs_of(request.user, today=timezone.localdate())
    record(action="run.list", by=request.user)
    for row in rows:
        _stay_signed_in(request, row.run)
    return render(request, "delivery/run_list.html", {"rows": rows})


@require_safe
@with_scanner
@run_required
def run_detail(request: SignedInRequest, run: Run) -> HttpResponse:
    sheet = run_sheet(run, today=timezone.localdate(), chosen=request.GET.get("stop", "").upper()[:20])
    return show_sheet(request, sheet)


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
    elif not sentences:
        messages.info(request, _("Nothing more was waiting to leave: what is packed is with you already."))
    for sentence in sentences:
        messages.warning(request, sentence)
    return redirect("delivery:run-detail", run.uuid)


@require_POST
@run_required
def run_late(request: SignedInRequest, run: Run) -> HttpResponse:
    """Tell the people of the stops that remain how late the driver is."""
    typed = request.POST.get("minutes", "")
    minutes = int(typed) if typed in map(str, rules.LATE_MINUTES) else 0
    try:
        told = actions.tell_late(run=run, minutes=minutes, by=request.user)
    except PortalError as error:
        messages.error(request, str(error))
    else:
        words = ngettext(
            "The people of %(count)d stop are told that you are about %(minutes)d minutes late.",
            "The people of %(count)d stops are told that you are about %(minutes)d minutes late.",
            told,
        )
        messages.success(request, words % {"count": told, "minutes": minutes})
    return redirect("delivery:run-detail", run.uuid)


def show_sheet(request: SignedInRequest, sheet: RunSheet, **forms: Any) -> HttpResponse:
    """Return the page of a sheet. `forms` are the forms of the open card that were posted and refused.

    From here on the driver stays signed in on the pages of drivers until some hours after the run's window.
    """
    record(action="run.view", by=request.user, subject=sheet.run)
    _stay_signed_in(request, sheet.run)
    return render(request, "delivery/run_detail.html", sheet_context(sheet, **forms))


def _stay_signed_in(request: SignedInRequest, run: Run) -> None:
    if about(run)["can_keep"]:
        stay_signed_in(request.session, under=reverse("delivery:run-list"), until=rules.signed_in_until(run))


def about(run: Run) -> dict[str, Any]:
    """Return how the phone calls a run, until when (ms) it keeps its sheet, and whether it may keep it now."""
    until, now = rules.signed_in_until(run), timezone.now()
    return {
        "run": str(run.uuid),
        "label": f"{run.name}, {run.window.date:%b} {run.window.date.day}",
        "until": int(until.timestamp() * 1000),
        "can_keep": timezone.localdate(now) >= run.window.date and now < until,
    }


def sheet_context(sheet: RunSheet, **forms: Any) -> dict[str, Any]:
    """Return what the templates of the sheet show."""
    now = timezone.now()
    context = {
        "sheet": sheet,
        "run": sheet.run,
        "now": now,
        "minutes_late": sheet.minutes_late(now=now),
        "about": about(sheet.run),
        "late_minutes": rules.LATE_MINUTES,
    }
    return {**context, **(card_context(sheet, sheet.current, **forms) if sheet.current else {})}


def card_context(sheet: RunSheet, stop: Stop, **forms: Any) -> dict[str, Any]:
    """Return what the card of a stop shows: the stop and its three forms, of which one may have been posted."""
    whole = DoorAttempt.Outcome.RECALLED if stop.is_recalled else DoorAttempt.Outcome.NOT_CERTIFIED
    outcome = whole if stop.refusal else None
    context: dict[str, Any] = {
        "run": sheet.run,
        "stop": stop,
        "form": next(iter(forms.values()), None),
        "hand_over_form": HandOverForm(receivers=choices_of(stop), lines=stop.lines),
        "nobody_form": AttemptForm(
            auto_id=NOBODY_IDS, initial={"entry_key": uuid4(), "outcome": DoorAttempt.Outcome.NOBODY_HOME}
        ),
        "attempt_form": AttemptForm(auto_id=ATTEMPT_IDS, initial={"entry_key": uuid4(), "outcome": outcome}),
        **forms,
    }
    return {**context, "tip_to_agree": _tip_to_agree(stop, context["hand_over_form"])}


def choices_of(stop: Stop) -> list[tuple[str, str]]:
    """Return who may take the order, as choices of a form."""
    return [(receiver.value, receiver.label) for receiver in stop.receivers]


def wants_json(request: HttpRequest) -> bool:
    """Return whether the script of the sheet asks, and not a page."""
    return request.headers.get("Accept") == "application/json"


def _tip_to_agree(stop: Stop, form: HandOverForm) -> int:
    """Return the tip in cents that the driver is asked about, or 0."""
    if not form.is_bound or "tip_agreed_cents" not in form.errors:
        return 0
    due = rules.due_cents(stop.order, stop.lines, dict(form.refused))
    return form.cleaned_data["cash_cents"] + form.cleaned_data["debit_cents"] - due
