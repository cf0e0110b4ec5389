"""Renewal: last year's answers with what changed since, prepared by the office, signed by the physician."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.rules import AccountsError
from certification import actions, rules
from certification.changes import changes_since, conditions_kept, facts_of, is_new_on_the_list
from certification.forms import PreparationForm, RenewalForm
from certification.models import Letter
from certification.steps import answers_of
from certification.views.kept import keeping_what_was_typed, typed_in
from certification.views.letters import letters_of, wants_letters
from certification.views.scope import is_draft, is_renewed, is_signer, own_certification, record_view, step_url
from certification.views.several import go_on_in_queue, is_for_later, place_in_queue
from certification.views.signing import go_on, last_valid_day_from
from certification.views.steps import limit_hint
from ui.errors import add_to_form

NEW_CONDITION = gettext_lazy("New on the list since last year")
LAST_YEARS = gettext_lazy("Certified last year")


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request, uuid):
    certification = own_certification(request, uuid)
    if is_draft(certification):
        return redirect(step_url(certification, "review"))
    if is_renewed(certification):
        return redirect(step_url(certification.renewal, "confirmation"))
    try:
        rules.check_renewal_is_open(certification, today=timezone.localdate())
    except rules.RenewalNotOpen as error:
        return _closed(request, certification, error)
    if "skip" in request.POST:
        return go_on_in_queue(request, certification)
    if wants_letters(certification) and len(letters_of(getattr(certification, "renewal", None))) < len(Letter.Kind):
        return redirect(step_url(certification, "renewal-letters"))
    if not is_signer(request.user, certification):
        return _prepare(request, certification)
    if is_for_later(request, certification):
        return _renew(request, certification, is_signed=False)
    return keeping_what_was_typed(_sign, request, certification, "renew")


def _closed(request, certification, reason):
    """Too early: when it opens, and that the appointment can be made now. Too late: why."""
    opens = rules.renewal_opens_date(certification)
    context = {
        "certification": certification,
        "reason": reason,
        "opens": opens if certification.status == certification.Status.ACTIVE else None,
    }
    return render(request, "certification/renewal_closed.html", context)


def _prepare(request, certification):
    """What a delegate does of it: conditions and exam dates, kept until the physician signs."""
    today = timezone.localdate()
    listed = _listed(certification, today)
    form = PreparationForm(
        request.POST if request.method == "POST" else None,
        **_conditions(certification, listed),
        initial={"condition_codes": conditions_kept(certification, listed=listed), **_prepared(certification)},
    )
    if form.is_valid():
        try:
            actions.prepare_renewal(certification=certification, **form.answers, by=request.user)
            words = _("Ready: Dr. %(name)s finds it under “To sign”.") % {"name": certification.physician.name}
            messages.success(request, words)
            return go_on_in_queue(request, certification)
        except rules.CertificationError as error:
            add_to_form(form, error)
    record_view(request, certification)
    limit = rules.allotment_limit_oz(today)
    context = {
        **_last_year(certification, listed, limit, today),
        "form": form,
        "place": place_in_queue(request, certification),
    }
    return render(request, "certification/certification_prepare.html", context)


def _prepared(certification):
    """What was confirmed, conditions and exam dates of its renewal, as far as the office has prepared them."""
    if not hasattr(certification, "renewal"):
        return {}
    answers = answers_of(certification.renewal.draft)
    return {**(answers["questions"] or {}), **(answers["condition"] or {})}


@reauthentication_required
def _sign(request, certification):
    return _renew(request, certification, is_signed=True)


def _renew(request, certification, *, is_signed):
    """Statement and signature; or the statement alone, which is kept to be signed with others."""
    today = timezone.localdate()
    listed, limit = _listed(certification, today), rules.allotment_limit_oz(today)
    form = _renewal_form(request, certification, listed, limit, is_signed=is_signed)
    draft = getattr(certification, "renewal", None)
    if request.method == "POST" and form.is_valid():
        try:
            return _done(request, certification, form, draft and draft.prepared_at)
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
    record_view(request, certification)
    context = {
        **_last_year(certification, listed, limit, today),
        "form": form,
        "draft": draft,
        "place": place_in_queue(request, certification),
        "last_valid_day": last_valid_day_from(today),
        "days_given_up": rules.days_given_up(certification, today=today),
    }
    return render(request, "certification/certification_renew.html", context)


def _done(request, certification, form, prepared_at):
    if form.is_signed:
        renewal = actions.renew_certification(certification=certification, **form.answers, by=request.user)
        return go_on(request, renewal, prepared_at)
    actions.review_renewal(certification=certification, **form.answers, by=request.user)
    return go_on_in_queue(request, certification)


def _last_year(certification, listed, limit, today):
    """What both pages say of the certification that ends."""
    return {
        "certification": certification,
        "patient": certification.patient,
        "facts": facts_of(certification),
        "letters": letters_of(getattr(certification, "renewal", None)).values(),
        "changes": changes_since(certification, listed=listed, limit_oz=limit, today=today),
    }


def _listed(certification, today):
    return list(rules.conditions_for(birth_date=certification.patient.birth_date, day=today))


def _conditions(certification, listed):
    """The list of today for a form, with a line under what is new on it and what was certified last year."""
    hints = {one.code: NEW_CONDITION for one in listed if is_new_on_the_list(one, certification)}
    return {"conditions": listed, "hints": {**hints, **dict.fromkeys(certification.condition_codes, LAST_YEARS)}}


def _renewal_form(request, certification, listed, limit, *, is_signed):
    """What was just posted, or was kept while signing in again, or reviewed or prepared, or last year's answers."""
    guardian = rules.guardian_name(certification.patient, today=timezone.localdate())
    initial = {
        "condition_codes": conditions_kept(certification, listed=listed),
        "monthly_allotment_oz": min(certification.monthly_allotment_oz, limit),
        "allotment_reason": certification.allotment_reason or "",
        "directions": certification.directions,
        **_prepared(certification),
        **_reviewed(certification, guardian),
    }
    return RenewalForm(
        typed_in(request, certification, "renew"),
        **_conditions(certification, listed),
        limit_hint=limit_hint(limit),
        guardian=guardian,
        physician=certification.physician,
        is_signed=is_signed,
        initial=initial,
    )


def _reviewed(certification, guardian):
    """Her own statement for this patient and this year, while nothing has changed since she made it."""
    draft = getattr(certification, "renewal", None)
    if draft is None or not rules.is_as_reviewed(draft, patient=certification.patient, today=timezone.localdate()):
        return {}
    return RenewalForm.initial_from(answers_of(draft.draft)["statement"], guardian)
