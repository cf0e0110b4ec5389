"""The pages on which the physician makes the statement and signs, one draft after the other."""

from functools import partial
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views import View

from accounts.proof import has_other_ways, prover
from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from certification import actions, rules
from certification.actions import save_step
from certification.forms import SignatureForm, SigningForm
from certification.models import Certification, Condition, Draft
from certification.presenters.addresses import Row, page_row, sign_url, step_url
from certification.presenters.steps import problems_of
from certification.statements import QUESTIONS
from certification.steps import answers_of, guardian_in, needs_letters, step_errors
from certification.views.batch_signing import go_on_in_queue, is_for_later, place_in_queue
from certification.views.drafts import signer_page, step_context
from certification.views.saved_input import saved_or_posted, saving_input
from certification.views.scope import find_draft, record_view, to_sign
from certification.views.steps import limit_hint
from ui.errors import PortalError, add_to_form


class SignView(View):
    """Statement and signature on one page, or a statement that is signed with others later."""

    request: SignedInRequest
    template: str
    step: str  # of the page's address

    def dispatch(self, request: HttpRequest, draft: Draft) -> HttpResponseBase:
        self.draft, self.today = draft, timezone.localdate()
        row = page_row(draft)
        if "skip" in request.POST:
            return go_on_in_queue(self.request, row)
        if is_for_later(self.request, row):
            return self.answer(is_signed=False)
        return saving_input(self.signed, self.request, row, self.step)

    def signed(self, request: SignedInRequest, row: Row) -> HttpResponseBase:
        """Sign: with the password on the page, or after proving it in another way on a page of its own."""
        is_proved_here = request.method != "POST" or (prover(request) and "otherwise" not in request.POST)
        answer = partial(self.answer, is_signed=True)
        return answer() if is_proved_here else reauthentication_required(lambda request: answer())(request)

    def answer(self, *, is_signed: bool) -> HttpResponse:
        request = self.request
        form = self.form(saved_or_posted(request, page_row(self.draft), self.step), is_signed=is_signed)
        if request.method == "POST" and form.is_valid():
            try:
                return self.done(form)
            except (rules.CertificationError, AccountsError) as error:
                self.refuse(form, error)
        return self.page(form)

    def refuse(self, form: Any, error: PortalError) -> None:
        """Show the refusal on the page, with the draft as another may have changed it meanwhile."""
        add_to_form(form, error)
        self.draft = find_draft(self.request.user, self.draft.uuid) or self.draft

    def page(self, form: Any) -> HttpResponse:
        request, row = self.request, page_row(self.draft)
        record_view(request, row)
        other_ways = form.asked_password is not None and has_other_ways(request)
        shown = {"draft": self.draft, "form": form, "place": place_in_queue(request, row), "other_ways": other_ways}
        return render(request, self.template, {**self.context(), **shown})

    def done(self, form: Any) -> HttpResponse:
        given = {"draft": self.draft, "answers": form.answers, "seen": self.seen, "by": self.request.user}
        if form.is_signed:
            return go_on(self.request, actions.sign_draft(**given, **form.signature), self.draft)
        actions.review_draft(**given)
        return go_on_in_queue(self.request, page_row(self.draft))

    @property
    def seen(self) -> str | None:
        """Return the digest of the answers that the page showed, or None if it shows only what it asks."""
        return None

    def form(self, typed: QueryDict | None, *, is_signed: bool) -> SignatureForm:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        raise NotImplementedError


class SignNewView(SignView):
    """The last page of a new patient: what was answered and what is missing, the statement, and the signature."""

    template, step = "certification/certification_sign.html", "sign"
    is_elsewhere = False  # another physician has certified the patient

    def dispatch(self, request: HttpRequest, draft: Draft) -> HttpResponseBase:
        if request.method == "POST" and request.POST.keys() & {"unfinished", "take_over"}:
            self.draft, self.today = draft, timezone.localdate()
            return self.save_statement(to_take_over="take_over" in request.POST)
        return super().dispatch(request, draft)

    def save_statement(self, *, to_take_over: bool) -> HttpResponse:
        """Save the statement without a signature: as far as it was made, or whole before the patient is taken over."""
        form = self.form(self.request.POST, is_signed=False, is_partial=not to_take_over)
        if form.is_valid():
            try:
                save_step(draft=self.draft, step="statement", answers=form.statement, by=self.request.user)
            except (rules.CertificationError, AccountsError) as error:
                add_to_form(form, error)
            else:
                return redirect(step_url(self.draft, "take-over")) if to_take_over else self.finish_later()
        self.is_elsewhere = to_take_over
        return self.page(form)

    def finish_later(self) -> HttpResponse:
        messages.success(self.request, _("Saved. The draft waits for you in this list."))
        return redirect("certification:patient-list")

    def refuse(self, form: Any, error: PortalError) -> None:
        self.is_elsewhere = isinstance(error, rules.ElsewhereError)
        super().refuse(form, error)

    @property
    def seen(self) -> str | None:
        return self.request.POST.get("seen", "")

    def form(self, typed: QueryDict | None, *, is_signed: bool, is_partial: bool = False) -> SigningForm:
        answers = answers_of(self.draft.answers)
        saved, guardian = answers["statement"], guardian_in(self.draft, answers, today=self.today)
        limit = rules.allotment_limit_oz(self.today)
        return SigningForm(
            typed,
            limit_hint=limit_hint(limit),
            physician=rules.signer_of(self.draft),
            is_signed=is_signed,
            is_partial=is_partial,
            prove=prover(self.request),
            guardian=guardian,
            initial=SigningForm.initial_from(saved, guardian) if saved else {"monthly_allotment_oz": limit},
        )

    def context(self) -> dict[str, Any]:
        errors = step_errors(self.draft, today=self.today)
        is_of_office = is_of_the_office(self.draft, self.request)
        return {
            **step_context(self.draft, "sign", errors),
            **_answers_context(self.draft),
            "problems": problems_of(self.draft, errors),
            "is_elsewhere": self.is_elsewhere,
            "is_of_office": is_of_office,
            "to_sign": to_sign(self.request.user).count() if is_of_office else 0,
        }


def _answers_context(draft: Draft) -> dict[str, Any]:
    """Return what was answered, and the digest by which the signature names it."""
    today, answers = timezone.localdate(), answers_of(draft.answers)
    codes = (answers["condition"] or {}).get("condition_codes", [])
    return {
        **answers,
        "seen": rules.draft_digest(draft.answers),
        "confirmed": [(sentence, (answers["questions"] or {}).get(name)) for name, sentence in QUESTIONS.items()],
        "conditions": Condition.objects.filter(code__in=codes),
        "is_minor": needs_letters(draft, answers, today=today),
        "letters": draft.letters.all(),
        "last_valid_day": rules.last_valid_day_from(today),
    }


sign = signer_page(SignNewView.as_view())


def is_of_the_office(draft: Draft, request: SignedInRequest) -> bool:
    """Return whether somebody else prepared the draft for the person who signs it."""
    return draft.prepared_at is not None and draft.prepared_by_id != request.user.pk


def go_on(request: SignedInRequest, signed: Certification, draft: Draft) -> HttpResponse:
    """Lead from a draft that the office had prepared directly to the next one that waits."""
    if not is_of_the_office(draft, request):
        return redirect(step_url(signed, "confirmation"))
    words = _("Signed: certification %(number)s, valid through %(day)s.")
    day = date_format(signed.last_valid_day, "DAY_FORMAT")
    messages.success(request, words % {"number": signed.number, "day": day})
    later = Q(prepared_at__gt=draft.prepared_at) | Q(prepared_at=draft.prepared_at, pk__gt=signed.pk)
    following = to_sign(request.user).filter(later).first()
    return redirect(sign_url(following) if following else "certification:patient-list")
