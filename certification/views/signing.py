"""The pages of the physician alone: statement and signature, one draft after the other."""

from datetime import datetime
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

from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from certification import actions, rules
from certification.forms import SignatureForm, SigningForm
from certification.models import Certification, Condition, Draft
from certification.presenters.addresses import Row, page_row, sign_url, step_url
from certification.presenters.steps import problems_of
from certification.statements import QUESTIONS, attested
from certification.steps import answers_of, guardian_in, needs_letters, step_errors
from certification.views.batch_signing import go_on_in_queue, is_for_later, place_in_queue
from certification.views.drafts import signer_page, step_context
from certification.views.saved_input import saved_or_posted, saving_input
from certification.views.scope import find_draft, record_view, to_sign
from certification.views.steps import limit_hint
from ui.errors import add_to_form


@signer_page
@reauthentication_required
def review(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Show all answers of a draft and what is missing, and sign it."""
    is_elsewhere = False
    form = SignatureForm(request.POST if request.method == "POST" else None, physician=rules.signer_of(draft))
    if form.is_valid():
        try:
            signed = actions.sign_draft(
                draft=draft,
                signature_name=form.cleaned_data["signature_name"],
                seen=request.POST.get("seen", ""),
                by=request.user,
            )
            return redirect(step_url(signed, "confirmation"))
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            is_elsewhere = isinstance(error, rules.ElsewhereError)
            draft = find_draft(request.user, draft.uuid) or draft
    record_view(request, draft)
    context = {**_review_context(draft, form), "is_elsewhere": is_elsewhere}
    return render(request, "certification/certification_review.html", context)


def _review_context(draft: Draft, form: SignatureForm) -> dict[str, Any]:
    today = timezone.localdate()
    errors = step_errors(draft, today=today)
    guardian = guardian_in(draft, answers_of(draft.answers), today=today)
    return {
        **step_context(draft, "review", errors),
        "form": form,
        "problems": problems_of(draft, errors),
        **_answers_context(draft),
        "sentences": attested(guardian=guardian).values(),
    }


def _answers_context(draft: Draft) -> dict[str, Any]:
    today, answers = timezone.localdate(), answers_of(draft.answers)
    codes = (answers["condition"] or {}).get("condition_codes", [])
    return {
        **answers,
        "draft": draft,
        "seen": rules.draft_digest(draft.answers),
        "confirmed": [(sentence, (answers["questions"] or {}).get(name)) for name, sentence in QUESTIONS.items()],
        "conditions": Condition.objects.filter(code__in=codes),
        "is_minor": needs_letters(draft, answers, today=today),
        "letters": draft.letters.all(),
        "last_valid_day": rules.last_valid_day_from(today),
    }


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
        return reauthentication_required(lambda request: self.answer(is_signed=True))(request)

    def answer(self, *, is_signed: bool) -> HttpResponse:
        request, draft = self.request, self.draft
        form = self.form(saved_or_posted(request, page_row(draft), self.step), is_signed=is_signed)
        if request.method == "POST" and form.is_valid():
            try:
                return self.done(form)
            except (rules.CertificationError, AccountsError) as error:
                add_to_form(form, error)
                self.draft = draft = find_draft(request.user, draft.uuid) or draft  # as another may have changed it
        record_view(request, page_row(draft))
        context = {**self.context(), "draft": draft, "form": form, "place": place_in_queue(request, page_row(draft))}
        return render(request, self.template, context)

    def done(self, form: Any) -> HttpResponse:
        given = {"draft": self.draft, "answers": form.answers, "seen": self.seen, "by": self.request.user}
        if form.is_signed:
            return go_on(self.request, actions.sign_draft(**given, **form.signature), self.draft.prepared_at)
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
    """The page to sign for a new patient, when the office has prepared every other step."""

    template, step = "certification/certification_sign.html", "sign"

    def dispatch(self, request: HttpRequest, draft: Draft) -> HttpResponseBase:
        if step_errors(draft, today=timezone.localdate()).keys() - {"statement"}:
            return redirect(step_url(draft, "review"))
        return super().dispatch(request, draft)

    @property
    def seen(self) -> str | None:
        return self.request.POST.get("seen", "")

    def form(self, typed: QueryDict | None, *, is_signed: bool) -> SignatureForm:
        answers = answers_of(self.draft.answers)
        saved, guardian = answers["statement"], guardian_in(self.draft, answers, today=self.today)
        limit = rules.allotment_limit_oz(self.today)
        return SigningForm(
            typed,
            limit_hint=limit_hint(limit),
            physician=rules.signer_of(self.draft),
            is_signed=is_signed,
            guardian=guardian,
            initial=SigningForm.initial_from(saved, guardian) if saved else {"monthly_allotment_oz": limit},
        )

    def context(self) -> dict[str, Any]:
        return {
            **_answers_context(self.draft),
            "name": self.draft.patient_name,
            "return_to": "sign",
            "to_sign": to_sign(self.request.user).count(),
        }


sign = signer_page(SignNewView.as_view())


def go_on(request: SignedInRequest, signed: Certification, prepared_at: datetime | None) -> HttpResponse:
    """Lead from a prepared draft that was signed directly to the next one that waits."""
    if prepared_at is None:
        return redirect(step_url(signed, "confirmation"))
    words = _("Signed: certification %(number)s, valid through %(day)s.")
    day = date_format(signed.last_valid_day, "DAY_FORMAT")
    messages.success(request, words % {"number": signed.number, "day": day})
    later = Q(prepared_at__gt=prepared_at) | Q(prepared_at=prepared_at, pk__gt=signed.pk)
    following = to_sign(request.user).filter(later).first()
    return redirect(sign_url(following) if following else "certification:patient-list")
