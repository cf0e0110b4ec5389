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
from certification.actions import save_patient, save_step
from certification.forms import CaregiverForm, ConditionForm, PatientForm
from certification.forms.people import ADDRESS
from certification.models import Draft
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.steps import SIGN
from certification.steps import answers_of, check_step, is_guarded, page_names, step_errors
from certification.templatetags.certifications import ounces_and_grams
from certification.views.drafts import draft_page, step_context
from certification.views.scope import record_view
from ui.errors import add_to_form


class StepView(View):
    """The page of a step: shows the answers so far, checks and saves what was typed, and leads on."""

    name: str
    form_class: Any
    request: SignedInRequest
    draft: Draft
    needs_birth_date = False
    template = ""  # else certification_<name>.html

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
        return self.page(self.form(initial=self.initial()))

    def post(self, request: SignedInRequest, draft: Draft) -> HttpResponse:
        form = self.form(request.POST, is_partial=self.is_for_later)
        if form.is_valid() and self.save(self.typed(form), form):
            return self.go_on()
        return self.page(form)

    @property
    def is_for_later(self) -> bool:
        return "later" in self.request.POST

    def form(self, *args: Any, **kwargs: Any) -> Any:
        return self.form_class(*args, **kwargs)

    def typed(self, form: Any) -> Any:
        return form.answers

    def initial(self) -> dict[str, Any]:
        saved = self.answers[self.name]
        return self.form_class.initial_from(saved) if saved else {}

    def given(self, answers: Any) -> dict[str, Any]:
        """Return the answers of the page by step."""
        return {self.name: answers}

    def store(self) -> Draft:
        """Save the answers of the page, and return the draft."""
        return save_step(draft=self.draft, step=self.name, answers=self.answers[self.name], by=self.request.user)

    def save(self, answers: dict[str, Any] | None, form: Any = None) -> bool:
        """Save the answers and return whether that worked; else the form has the refusal.

        Answers may be missing in a step that is finished later, but none may be wrong.
        """
        given = self.given(answers)
        self.answers |= given
        try:
            for step in given:
                self.check(step)
            self.draft = self.store()
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            return False
        return True

    def check(self, step: str) -> None:
        try:
            check_step(step, self.answers, draft=self.draft, today=self.today)
        except rules.IncompleteError as error:
            if not self.is_for_later and not isinstance(error, rules.DuplicateError):
                raise

    def go_on(self) -> HttpResponse:
        if self.is_for_later:
            messages.success(self.request, _("Saved. The draft waits for you in this list."))
            return redirect("certification:patient-list")
        page = SIGN if self.request.GET.get("return") == SIGN else self.following
        return redirect(step_url(self.draft, page)) if page else self.hand_over()

    @property
    def following(self) -> str | None:
        """Return the page after this one, or None. Delegates do not sign."""
        names = page_names(self.draft, today=self.today, also=self.name)
        if not is_signer(self.request.user, self.draft):
            names.remove(SIGN)
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
        return render(self.request, self.template or f"certification/certification_{self.name}.html", context)

    def more(self, form: Any = None) -> dict[str, Any]:
        return {}

    def needs_guardian(self) -> bool:
        return is_guarded(self.answers, today=self.today)


class ProfileView(StepView):
    """The page of the patient, with what is confirmed before registering."""

    name, form_class = "profile", PatientForm

    def initial(self) -> dict[str, Any]:
        asked = {"needs_caregiver": bool(self.answers["caregiver"])}
        return {**asked, **(self.answers["questions"] or {}), **super().initial()}

    def typed(self, form: Any) -> Any:
        return form.by_step

    def given(self, answers: Any) -> dict[str, Any]:
        return answers

    def store(self) -> Draft:
        questions, profile = self.answers["questions"], self.answers["profile"]
        return save_patient(draft=self.draft, questions=questions, profile=profile, by=self.request.user)

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


class CaregiverView(StepView):
    name, form_class = "caregiver", CaregiverForm
    needs_birth_date = True

    def form(self, *args: Any, **kwargs: Any) -> Any:
        profile = self.answers["profile"] or {}
        home = {name: profile.get(name) for name in ADDRESS} if profile.get("street") else None
        return CaregiverForm(*args, is_guardian=self.needs_guardian(), home=home, **kwargs)

    def save(self, answers: Any, form: Any = None) -> bool:
        if answers is None and self.answers["profile"]:
            self.answers["profile"] |= {"needs_caregiver": False}
        return super().save(answers, form)

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


profile = draft_page(ProfileView.as_view())
condition = draft_page(ConditionView.as_view())
caregiver = draft_page(CaregiverView.as_view())
