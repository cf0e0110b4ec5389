"""The page on which staff type in the papers of a run, one order after the other."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from delivery import actions, rules
from delivery.admin import columns
from delivery.admin.paper_forms import LATER, LeftForm, PaperAttemptForm, PaperHandOverForm
from delivery.models import Order, Run
from delivery.presenters.run_sheet import RunSheet, Stop, run_sheet
from delivery.presenters.runs import staff_name
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm
from ui.search_terms import SearchTerm

MAY_TYPE_IN = "delivery.add_handover"
ATTEMPT_IDS = "attempt_%s"  # two forms stand on one page


@dataclass(frozen=True)
class Papers:
    """The run with its sheet, the order whose paper is typed in or None, and the packed orders that have not left."""

    run: Run
    sheet: RunSheet
    stop: Stop | None

    @property
    def packed(self) -> list[Order]:
        return [stop.order for stop in self.sheet.not_left if stop.order.status == Order.Status.PACKED]


class PaperPages(ActionAdmin):
    """Adds the papers of a run to the admin of the runs."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        return [path("<int:pk>/paper/", view, name=self._url_name("paper")), *super().get_urls()]

    def paper_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Show the order to type in next; a POST types one in and comes back for the next."""
        if not request.user.has_perm(MAY_TYPE_IN):
            raise PermissionDenied
        run = Run.objects.select_related("window", "driver").filter(pk=pk).first()
        if run is None:
            raise Http404
        papers = _papers(run, request)
        form = None
        if request.method == "POST":
            if request.POST.get("do") != "left" and _posted(request, papers) is None:
                asked = request.POST.get("order", "")
                messages.error(request, _why_not(run, _number_in(asked), asked))
                return HttpResponseRedirect(request.path)
            form = _typed_form(request, papers)
            if form.is_valid() and _was_done(request, papers, form):
                return HttpResponseRedirect(request.path)
            if not _is_shown(request, papers, form):
                _say_errors(request, form)
                return HttpResponseRedirect(request.path)
        record(action="run.view", by=request.user, subject=run)
        return self._page(request, papers, form)

    def _page(self, request: HttpRequest, papers: Papers, form: PortalForm | None) -> HttpResponse:
        stop, run = papers.stop, papers.run
        forms: dict[str, Any] = {"left_form": LeftForm(packed=papers.packed)}
        if stop is not None:
            forms["hand_over_form"] = PaperHandOverForm(receivers=_choices(stop), lines=_lines(stop))
            forms["attempt_form"] = PaperAttemptForm(auto_id=ATTEMPT_IDS, initial={"entry_key": uuid4()})
        if form is not None:
            forms[_name_of(form)] = form
        context = {
            **self.admin_site.each_context(request), **forms, "opts": self.opts, "run": run, "papers": papers,
            "sheet": papers.sheet, "stop": stop, "form": form, "driver": staff_name(run.driver),
            "when": columns.when(run.window), "title": gettext("Type in from paper: %(run)s") % {"run": run.name},
        }  # fmt: skip
        return TemplateResponse(request, "admin/delivery/run/paper.html", context)


def _papers(run: Run, request: HttpRequest) -> Papers:
    """Return the papers of the run, with the order that is asked for; say why where it is not on its way in it."""
    asked = request.POST.get("order") or request.GET.get("order", "")
    number = _number_in(asked)
    sheet = run_sheet(run, today=timezone.localdate(), chosen=number)
    if asked and request.method == "GET" and (sheet.current is None or sheet.current.order.number != number):
        messages.warning(request, _why_not(run, number, asked))
    return Papers(run, sheet, sheet.current)


def _number_in(asked: str) -> str:
    """Return the number of an order as it is stored, or an empty text where none was typed."""
    return SearchTerm(asked[:40]).number("D") or ""


def _why_not(run: Run, number: str, asked: str) -> str:
    """Return why no paper can be typed in for this number here."""
    order = Order.objects.placed().filter(number=number).select_related("run__window").first()
    if order is None:
        return gettext("No order has the number %(number)s.") % {"number": asked[:40]}
    refusal = rules.refusal_of(rules.check_is_not_handed_over, order, run)
    refusal = refusal or rules.refusal_of(rules.check_is_typed_for_its_run, order, run)
    return f"{order.number}: {refusal or rules.refusal_of(rules.check_move, 'hand_over', order)}"


def _choices(stop: Stop) -> list[tuple[str, str]]:
    return [(receiver.value, receiver.label) for receiver in stop.receivers]


def _lines(stop: Stop) -> list[Any]:
    return list(stop.order.lines.order_by("pk"))


def _name_of(form: PortalForm) -> str:
    if isinstance(form, LeftForm):
        return "left_form"
    return "hand_over_form" if isinstance(form, PaperHandOverForm) else "attempt_form"


def _typed_form(request: HttpRequest, papers: Papers) -> PortalForm:
    """Return the form whose button was pressed. An order that is done meanwhile has no choices any more."""
    posted, stop = request.POST, _posted(request, papers)
    if posted.get("do") == "left":
        return LeftForm(posted, packed=papers.packed)
    if posted.get("do") == "attempt":
        return PaperAttemptForm(posted, auto_id=ATTEMPT_IDS)
    receivers = _choices(stop) if stop else []
    return PaperHandOverForm(posted, receivers=receivers, lines=_lines(stop) if stop else [])


def _posted(request: HttpRequest, papers: Papers) -> Stop | None:
    """Return the stop of the order that was posted, also when it is done meanwhile, or None for another run's."""
    number = request.POST.get("order", "")
    return next((stop for stop in papers.sheet.stops if stop.order.number == number), None)


def _was_done(request: SignedInRequest, papers: Papers, form: PortalForm) -> bool:
    """Call the action with what was typed and say what was done, or put the refusal where it is read."""
    try:
        messages.success(request, _perform(request, papers, form))
    except PortalError as error:
        add_to_form(form, error)
        return False
    return True


def _is_shown(request: HttpRequest, papers: Papers, form: PortalForm) -> bool:
    """Return whether the page has a form for the order that was posted; one that is done meanwhile has none."""
    stop = _posted(request, papers)
    return isinstance(form, LeftForm) or (stop is not None and stop is papers.stop)


def _say_errors(request: HttpRequest, form: PortalForm) -> None:
    for sentences in form.errors.values():
        for sentence in sentences:
            messages.error(request, f"{request.POST.get('order', '')[:20]}: {sentence}")


def _perform(request: SignedInRequest, papers: Papers, form: PortalForm) -> str:
    run, answers, by = papers.run, form.cleaned_data, request.user
    if isinstance(form, LeftForm):
        return _leave(request, run, form)
    stop = _posted(request, papers)
    assert stop is not None  # the page asks about no other order
    order = stop.order
    at = rules.moment_of(answers["stated_at"], run, now=timezone.now())
    typed: dict[str, Any] = {"order": order, "run": run, "stated_at": at, "is_from_paper": True, "by": by}
    if isinstance(form, PaperHandOverForm):
        actions.hand_over(answers=form.answers, **typed)
        return gettext("%(number)s: the hand-over is typed in.") % {"number": order.number}
    _attempt(answers["outcome"], answers["entry_key"], typed)
    return gettext("%(number)s: typed in.") % {"number": order.number}


def _attempt(outcome: str, entry_key: Any, typed: dict[str, Any]) -> None:
    if outcome == LATER:
        actions.try_later(entry_key=entry_key, **typed)
    else:
        actions.return_order(outcome=outcome, entry_key=entry_key, **typed)


def _leave(request: SignedInRequest, run: Run, form: LeftForm) -> str:
    """Let the ticked orders leave at the time on the paper; say what has to be known about each that did not."""
    at = rules.moment_of(form.cleaned_data["left_at"], run, now=timezone.now())
    orders = [order.pk for order in form.cleaned_data["orders"]]
    by: User = request.user
    left, sentences = actions.dispatch_run(run=run, left_at=at, orders=orders, by=by)
    for sentence in sentences:
        messages.warning(request, sentence)
    words = ngettext("%(count)d order left by paper.", "%(count)d orders left by paper.", left)
    return words % {"count": left}
