"""The steps of a draft, each a page with its own address. The office can leave and continue at any step."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from accounts.requests import SignedInRequest
from accounts.rules import AccountsError
from certification import rules
from certification.actions import save_step
from certification.forms import CaregiverForm, ConditionForm, ProfileForm, QuestionsForm, StatementForm
from certification.models import Draft
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.steps import REVIEW
from certification.steps import answers_of, check_step, guardian_of, is_guarded, step_errors, step_names
from certification.templatetags.certifications import ounces_and_grams
from certification.views.drafts import draft_page, signer_page, step_context
from certification.views.scope import record_view
from ui.errors import add_to_form

COMES_BACK_TO = ("review", "sign")  # the pages from which an answer is changed


class StepView(View):
    """The page of a step: shows the answers so far, checks and saves what was typed, and leads on."""

    name: str
    form_class: Any
    request: SignedInRequest
    draft: Draft
    needs_birth_date = False

    def dispatch(self, request: HttpRequest, draft: Draft) -> HttpResponseBase:
        self.draft = draft
        self.today = timezone.localdate()
        self.answers = answers_of(draft.answers)
        if self.needs_birth_date and not (self.answers["profile"] or {}).get("birth_date"):
            messages.info(request, _("Enter the patient’s date of birth first. It decides what is asked next."))
            return redirect(step_url(draft, "profile"))
        return super().dispatch(request, draft)

    def get(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        record_view(request, draft)
        saved = self.answers[self.name]
        return self.page(self.form(initial=self.initial_from(saved) if saved else self.first_answers()))

    def post(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        form = self.form(request.POST, is_partial=self.is_for_later)
        if form.is_valid() and self.save(form.answers, form):
            return self.go_on()
        return self.page(form)

    @property
    def is_for_later(self) -> bool:
        return "later" in self.request.POST

    def form(self, *args: Any, **kwargs: Any) -> Any:
        return self.form_class(*args, **kwargs)

    def initial_from(self, saved: dict[str, Any]) -> dict[str, Any]:
        return self.form_class.initial_from(saved)

    def first_answers(self) -> dict[str, Any]:
        return {}

    def save(self, answers: dict[str, Any] | None, form: Any = None) -> bool:
        """Save the answers and return whether that worked; else the form has the refusal.

        Answers may be missing in a step that is finished later, but none may be wrong.
        """
        self.answers[self.name] = answers
        try:
            try:
                check_step(self.name, self.answers, draft=self.draft, today=self.today)
            except rules.IncompleteError as error:
                if not self.is_for_later and not isinstance(error, rules.DuplicateError):
                    raise
            self.draft = save_step(draft=self.draft, step=self.name, answers=answers, by=self.request.user)
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            return False
        return True

    def go_on(self) -> HttpResponse:
        if self.is_for_later:
            messages.success(self.request, _("Saved. The draft waits for you in this list."))
            return redirect("certification:patient-list")
        back = self.request.GET.get("return")
        step = back if back in COMES_BACK_TO else self.following
        return redirect(step_url(self.draft, step)) if step else self.hand_over()

    @property
    def following(self) -> str | None:
        """Return the step after this one, or None. Delegates have neither statement nor review."""
        names = [*step_names(self.draft, today=self.today), REVIEW]
        if not is_signer(self.request.user, self.draft):
            names = [name for name in names if name not in ("statement", REVIEW)]
        return next(iter(names[names.index(self.name) + 1 :]), None)

    def hand_over(self) -> HttpResponse:
        """Say after the last step who continues: the physician, or the applicant once verified."""
        if self.draft.prepared_at and self.draft.applicant_id:
            messages.success(self.request, _("Ready: you can sign it once your application is verified."))
        elif self.draft.prepared_at:
            words = _("Ready: Dr. %(name)s finds it under “To sign”.")
            messages.success(self.request, words % {"name": rules.signer_of(self.draft).name})
        else:
            messages.warning(self.request, _("Saved. Another step is not complete yet: it waits for you in this list."))
        return redirect("certification:patient-list")

    def page(self, form: Any) -> HttpResponse:
        errors = step_errors(self.draft, today=self.today)
        context = {**step_context(self.draft, self.name, errors), "form": form, **self.more(form)}
        return render(self.request, f"certification/certification_{self.name}.html", context)

    def more(self, form: Any = None) -> dict[str, Any]:
        return {}

    def needs_guardian(self) -> bool:
        return is_guarded(self.answers, today=self.today)


class QuestionsView(StepView):
    name, form_class = "questions", QuestionsForm


class ProfileView(StepView):
    name, form_class = "profile", ProfileForm

    def go_on(self) -> HttpResponse:
        if self.needs_guardian():
            messages.warning(self.request, self.guardian_sentence())
        return super().go_on() if self.is_for_later or not self.is_like_another() else self.ask_who_it_is()

    def is_like_another(self) -> bool:
        identity = self.answers["identity"] or {"told_apart": []}
        try:
            rules.check_not_a_duplicate(self.answers["profile"], physician=self.draft.certifier, **identity)
        except rules.DuplicateError:
            return True
        return False

    def ask_who_it_is(self) -> HttpResponse:
        return redirect(step_url(self.draft, "duplicates"))

    def guardian_sentence(self) -> str:
        if rules.is_minor_on(self.answers["profile"]["birth_date"], self.today):
            return _(
                "This patient is under 18: a parent, guardian or other legal custodian must be named as the caregiver, "
                "and the list of conditions is the one for minors."
            )
        return _("For this patient a parent, guardian or other legal custodian must be named as the caregiver.")


class ConditionView(StepView):
    name, form_class = "condition", ConditionForm
    needs_birth_date = True

    def form(self, *args: Any, **kwargs: Any) -> Any:
        birth_date = self.answers["profile"]["birth_date"]
        return ConditionForm(*args, conditions=rules.conditions_for(birth_date=birth_date, day=self.today), **kwargs)

    def more(self, form: Any = None) -> dict[str, Any]:
        return {"is_minor": rules.is_minor_on(self.answers["profile"]["birth_date"], self.today)}


class StatementView(StepView):
    name, form_class = "statement", StatementForm

    def get(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        if self.needs_guardian() and not self.guardian:
            messages.info(request, _("Name the guardian first: your statement says to whom you explained the risks."))
            return redirect(step_url(self.draft, "caregiver"))
        return super().get(request, draft)

    @property
    def guardian(self) -> str:
        return guardian_of(self.answers, today=self.today)

    def form(self, *args: Any, **kwargs: Any) -> Any:
        return StatementForm(
            *args, limit_hint=limit_hint(rules.allotment_limit_oz(self.today)), guardian=self.guardian, **kwargs
        )

    def initial_from(self, saved: dict[str, Any]) -> dict[str, Any]:
        return StatementForm.initial_from(saved, guardian=self.guardian)

    def first_answers(self) -> dict[str, Any]:
        return {"monthly_allotment_oz": rules.allotment_limit_oz(self.today)}


class CaregiverView(StepView):
    name, form_class = "caregiver", CaregiverForm
    needs_birth_date = True

    def form(self, *args: Any, **kwargs: Any) -> Any:
        return CaregiverForm(*args, is_guardian=self.needs_guardian(), **kwargs)

    def post(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        """Save the caregiver; the button for none and an empty form save that there is none."""
        form = self.form(request.POST)
        if "none" in request.POST or (form.is_blank and not self.answers["caregiver"] and not self.needs_guardian()):
            return self.go_on() if self.save(None, form) else self.page(form)
        return super().post(request, draft)

    def more(self, form: Any = None) -> dict[str, Any]:
        return {
            "needs_guardian": self.needs_guardian(),
            "has_caregiver": bool(self.draft.answers.get("caregiver")),
        }


def limit_hint(limit_oz: Decimal) -> str:
    words = _("At most %(limit)s a month. Enter less where that is appropriate.")
    return words % {"limit": ounces_and_grams(limit_oz)}


questions = draft_page(QuestionsView.as_view())
profile = draft_page(ProfileView.as_view())
condition = draft_page(ConditionView.as_view())
statement = signer_page(StatementView.as_view())
caregiver = draft_page(CaregiverView.as_view())
