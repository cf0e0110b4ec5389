"""The pages that change a running certification: its contact data, and for the physician allotment and identity."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import View
from accounts.requests import SignedInRequest
from certification import actions, rules
from certification.actions.amending import CONTACT, IDENTITY
from certification.forms.amending import AmendAllotmentForm, AmendConditionForm, AmendContactForm, AmendIdentityForm
from certification.models import Certification
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.changes import conditions_of
from certification.statements import amendment_points
from certification.views.form_page import form_page
from certification.views.saved_input import saved_or_posted, saving_input
from certification.views.scope import certification_page, runs_today, tell_who_signs
from certification.views.steps import limit_hint


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    form = AmendContactForm(
        saved_or_posted(request, certification, "contact"), initial=_current(certification, CONTACT)
    )
    return _amend(request, certification, form, actions.amend_contact, "certification/amend_contact.html")


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def allotment(request: SignedInRequest, certification: Certification) -> HttpResponseBase:
    return _for_signer(request, certification, _allotment, "allotment")


@reauthentication_required
def _allotment(request: SignedInRequest, certification: Certification) -> HttpResponse:
    form = AmendAllotmentForm(
        saved_or_posted(request, certification, "allotment"),
        limit_hint=limit_hint(rules.allotment_limit_oz(timezone.localdate())),
        initial={"monthly_allotment_oz": certification.monthly_allotment_oz},
    )
    return _amend(request, certification, form, actions.amend_allotment, "certification/amend_allotment.html")


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def condition(request: SignedInRequest, certification: Certification) -> HttpResponseBase:
    return _for_signer(request, certification, _condition, "amend-condition")


@reauthentication_required
def _condition(request: SignedInRequest, certification: Certification) -> HttpResponse:
    patient, today = certification.patient, timezone.localdate()
    is_minor = rules.is_minor_on(patient.birth_date, today)
    form = AmendConditionForm(
        saved_or_posted(request, certification, "amend-condition"),
        conditions=rules.conditions_for(birth_date=patient.birth_date, day=today),
        certification=certification,
        is_minor=is_minor,
    )
    action = partial(actions.amend_condition, seen=request.POST.get("seen", ""))
    context = {
        "conditions": conditions_of(certification),
        "seen": rules.condition_digest(certification.condition_codes, certification.directions),
        "points": amendment_points(letters_cover=is_minor).values(),
        "letters": certification.letters.all() if is_minor else [],
    }
    return _amend(request, certification, form, action, "certification/amend_condition.html", context)


@certification_page
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: SignedInRequest, certification: Certification) -> HttpResponseBase:
    return _for_signer(request, certification, _identity, "identity")


@reauthentication_required
def _identity(request: SignedInRequest, certification: Certification) -> HttpResponse:
    form = AmendIdentityForm(
        saved_or_posted(request, certification, "identity"), initial=_current(certification, IDENTITY)
    )
    return _amend(request, certification, form, actions.amend_identity, "certification/amend_identity.html")


def _for_signer(request: SignedInRequest, certification: Certification, view: View, step: str) -> HttpResponseBase:
    """Answer by the view, for the physician alone and after signing in again: it changes what was signed."""
    if not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    return saving_input(view, request, certification, step)


def _current(certification: Certification, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(certification.patient, name) for name in names}


def _amend(
    request: SignedInRequest, certification: Certification, form: Any, action: Callable[..., object], template: str,
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    def act() -> HttpResponse:
        action(certification=certification, **form.answers, by=request.user)
        messages.success(request, _("Changed, and the patient is told."))
        return redirect(step_url(certification, "confirmation"))

    context = {"certification": certification, "patient": certification.patient, **(more or {})}
    return form_page(request, form, act, template, shows=certification, context=context)
