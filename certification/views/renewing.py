"""The page of a renewal: last year's answers and what changed since. The office prepares, the physician signs."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.proof import prover
from accounts.requests import SignedInRequest
from audit.actions import record
from certification import actions, rules
from certification.forms import PreparationForm, RenewalForm
from certification.models import Certification, Condition, Draft, Letter
from certification.presenters.addresses import is_signer, renewed, step_url
from certification.presenters.changes import changes_since, conditions_kept, facts_below_the_strip, is_new_on_the_list
from certification.presenters.told import Told, told_by
from certification.statements import QUESTIONS
from certification.steps import answers_of
from certification.views.batch_signing import go_on_in_queue, place_in_queue
from certification.views.form_page import form_page, posted
from certification.views.letters import letters_of, wants_letters
from certification.views.scope import certification_page, record_view
from certification.views.signing import SignView
from certification.views.steps import limit_hint

NEW_CONDITION = gettext_lazy("New on the list since last year")
LAST_YEARS = gettext_lazy("Certified last year")
MOST_TOLD = 12  # self-assessments, the latest of the year


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: SignedInRequest, certification: Certification) -> HttpResponseBase:
    """Show the page of a renewal: delegates prepare it, the physician signs it."""
    if hasattr(certification, "renewal"):
        return redirect(step_url(certification.renewal, "confirmation"))
    try:
        rules.check_renewal_is_open(certification, today=timezone.localdate())
    except rules.RenewalNotOpen as error:
        return _closed(request, certification, error)
    draft = Draft.objects.renewing(certification)
    if wants_letters(certification) and "skip" not in request.POST and len(letters_of(draft)) < len(Letter.Kind):
        return redirect(step_url(certification, "renewal-letters"))
    return _sign(request, draft) if is_signer(request.user, certification) else _prepare(request, draft)


def _closed(request: SignedInRequest, certification: Certification, reason: Exception) -> HttpResponse:
    """Say why the certification cannot be renewed now, and if it is too early, when it can."""
    record_view(request, certification)
    opens = rules.renewal_opens_date(certification)
    context = {
        "certification": certification,
        "reason": reason,
        "opens": opens if certification.status == certification.Status.ACTIVE else None,
    }
    return render(request, "certification/renewal_closed.html", context)


def _prepare(request: SignedInRequest, draft: Draft) -> HttpResponse:
    """Save the conditions and exam dates that a delegate prepares for the physician."""
    certification, today = renewed(draft), timezone.localdate()
    if "skip" in request.POST:
        return go_on_in_queue(request, certification)
    listed = _listed(certification, today)
    form = PreparationForm(
        posted(request),
        **_conditions(certification, listed),
        initial={"condition_codes": conditions_kept(certification, listed=listed), **_prepared(draft)},
    )

    def act() -> HttpResponse:
        actions.prepare_renewal(draft=draft, **form.answers, by=request.user)
        words = _("Ready: Dr. %(name)s finds it under “To sign”.") % {"name": certification.physician.name}
        messages.success(request, words)
        return go_on_in_queue(request, certification)

    context = _last_year(draft, listed, rules.allotment_limit_oz(today), today)
    context["place"] = place_in_queue(request, certification)
    template = "certification/certification_prepare.html"
    return form_page(request, form, act, template, shows=certification, context=context)


def _prepared(draft: Draft) -> dict[str, Any]:
    """Return what the office has prepared of the renewal: the confirmation, conditions and exam dates."""
    answers = answers_of(draft.answers)
    questions = answers["questions"] or {}
    is_confirmed = all(questions.get(name) for name in QUESTIONS)
    return {"still_eligible": is_confirmed, **(answers["condition"] or {})}


class RenewView(SignView):
    """The page to sign a renewal, with questions, condition and statement."""

    template, step = "certification/certification_renew.html", "renew"

    @cached_property
    def listed(self) -> list[Condition]:
        return _listed(renewed(self.draft), self.today)

    @cached_property
    def limit(self) -> Decimal:
        return rules.allotment_limit_oz(self.today)

    def form(self, typed: QueryDict | None, *, is_signed: bool) -> RenewalForm:
        """Return the form with what was reviewed or prepared, else with last year's answers."""
        certification, listed, limit = renewed(self.draft), self.listed, self.limit
        guardian = rules.guardian_name(certification.patient, today=self.today)
        return RenewalForm(
            typed,
            **_conditions(certification, listed),
            limit_hint=limit_hint(limit),
            guardian=guardian,
            physician=certification.physician,
            is_signed=is_signed,
            prove=prover(self.request),
            initial={
                "condition_codes": conditions_kept(certification, listed=listed),
                "monthly_allotment_oz": min(certification.monthly_allotment_oz, limit),
                "allotment_reason": certification.allotment_reason or "",
                "directions": certification.directions,
                **_prepared(self.draft),
                **self.reviewed(guardian),
            },
        )

    def reviewed(self, guardian: str) -> dict[str, Any]:
        """Return the statement of the physician's review, if nothing has changed since."""
        if not rules.is_as_reviewed(self.draft, today=self.today):
            return {}
        return RenewalForm.initial_from(answers_of(self.draft.answers)["statement"], guardian)

    def told(self) -> list[Told]:
        """Return what was told about the patient since the last signature, and record that the physician read it."""
        certification = renewed(self.draft)
        patient, since = certification.patient, certification.certified_at
        told = told_by(patient, since=since, most=MOST_TOLD, with_words=True)
        if told:
            record(action="assessment.view", by=self.request.user, subject=patient)
        return told

    def context(self) -> dict[str, Any]:
        return {
            "told": self.told(),
            **_last_year(self.draft, self.listed, self.limit, self.today),
            "last_valid_day": rules.last_valid_day_from(self.today),
            "days_given_up": rules.days_given_up(renewed(self.draft), today=self.today),
        }


_sign = RenewView.as_view()


def _last_year(draft: Draft, listed: list[Condition], limit: Decimal, today: date) -> dict[str, Any]:
    """Return what both pages of a renewal show of the certification that ends."""
    certification = renewed(draft)
    return {
        "certification": certification,
        "patient": certification.patient,
        "facts": facts_below_the_strip(certification),
        "letters": letters_of(draft).values(),
        "changes": changes_since(certification, listed=listed, limit_oz=limit, today=today),
    }


def _listed(certification: Certification, today: date) -> list[Condition]:
    return list(rules.conditions_for(birth_date=certification.patient.birth_date, day=today))


def _conditions(certification: Certification, listed: list[Condition]) -> dict[str, Any]:
    """Return today's conditions for a form, with hints under those that are new or were certified last year."""
    hints = {condition.code: NEW_CONDITION for condition in listed if is_new_on_the_list(condition, certification)}
    return {"conditions": listed, "hints": {**hints, **dict.fromkeys(certification.condition_codes, LAST_YEARS)}}
