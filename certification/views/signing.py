"""What the physician alone does: her statement and signature, and on to the next that waits."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.rules import AccountsError
from certification import actions, rules
from certification.forms import SignatureForm, SigningForm
from certification.models import Certification, Condition
from certification.statements import QUESTIONS, attested
from certification.steps import answers_of, guardian_of, is_minor, step_errors
from certification.views.kept import keeping_what_was_typed, typed_in
from certification.views.scope import (
    STEP_LABELS,
    is_draft,
    is_signer,
    own_certification,
    record_view,
    sign_url,
    step_context,
    step_url,
    tell_who_signs,
    to_sign,
)
from certification.views.several import go_on_in_queue, is_for_later, place_in_queue
from certification.views.steps import limit_hint
from ui.errors import add_to_form


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request, uuid):
    certification = own_certification(request, uuid)
    if not is_draft(certification):
        return redirect(step_url(certification, "confirmation"))
    if certification.renewal_of_id:
        return redirect(step_url(certification.renewal_of, "renew"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    return _review(request, certification)


@reauthentication_required
def _review(request, certification):
    is_elsewhere = False
    form = SignatureForm(request.POST if request.method == "POST" else None, physician=certification.physician)
    if form.is_valid():
        try:
            actions.certify_patient(
                certification=certification,
                signature_name=form.cleaned_data["signature_name"],
                seen=request.POST.get("seen", ""),
                by=request.user,
            )
            return redirect(step_url(certification, "confirmation"))
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            is_elsewhere = isinstance(error, rules.ElsewhereError)
            certification.refresh_from_db()
    record_view(request, certification)
    context = {**_review_context(certification, form), "is_elsewhere": is_elsewhere}
    return render(request, "certification/certification_review.html", context)


def _review_context(certification, form):
    errors = step_errors(certification.draft, physician=certification.physician, today=timezone.localdate())
    return {
        **step_context(certification, "review", errors),
        "form": form,
        "problems": [
            {"label": STEP_LABELS[step], "sentence": str(error), "url": step_url(certification, step)}
            for step, error in errors.items()
        ],
        **_answers_context(certification),
        "sentences": attested(guardian=_guardian_in(certification)).values(),
    }


def _answers_context(certification):
    answers = answers_of(certification.draft)
    codes = (answers["condition"] or {}).get("condition_codes", [])
    return {
        **answers,
        "seen": rules.draft_digest(certification.draft),
        "confirmed": [(sentence, (answers["questions"] or {}).get(name)) for name, sentence in QUESTIONS.items()],
        "conditions": Condition.objects.filter(code__in=codes),
        "is_minor": is_minor(answers, today=timezone.localdate()),
        "letters": certification.letters.all(),
        "last_valid_day": last_valid_day_from(timezone.localdate()),
    }


def _guardian_in(certification):
    return guardian_of(answers_of(certification.draft), today=timezone.localdate())


def last_valid_day_from(today):
    return Certification(expires_date=rules.expires_date_for(today)).last_valid_day


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request, uuid):
    """Statement and signature on one page, for what the office has prepared; then the next one."""
    certification = own_certification(request, uuid)
    if not is_draft(certification):
        return redirect(step_url(certification, "confirmation"))
    if certification.renewal_of_id:
        return redirect(step_url(certification.renewal_of, "renew"))
    if not is_signer(request.user, certification):
        return tell_who_signs(request, certification)
    errors = step_errors(certification.draft, physician=certification.physician, today=timezone.localdate())
    if errors.keys() - {"statement"}:
        return redirect(step_url(certification, "review"))
    if "skip" in request.POST:
        return go_on_in_queue(request, certification)
    if is_for_later(request, certification):
        return _attest(request, certification, is_signed=False)
    return keeping_what_was_typed(_sign, request, certification, "sign")


@reauthentication_required
def _sign(request, certification):
    return _attest(request, certification, is_signed=True)


def _attest(request, certification, *, is_signed):
    """Statement and signature; or the statement alone, which is kept to be signed with others."""
    form = _signing_form(request, certification, timezone.localdate(), is_signed=is_signed)
    if request.method == "POST" and form.is_valid():
        try:
            return _done(request, certification, form)
        except (rules.CertificationError, AccountsError) as error:
            add_to_form(form, error)
            certification.refresh_from_db()
    record_view(request, certification)
    context = {
        **_answers_context(certification),
        "certification": certification,
        "form": form,
        "name": certification.draft_name,
        "return_to": "sign",
        "draft": certification,
        "place": place_in_queue(request, certification),
        "to_sign": to_sign(request.user).count(),
    }
    return render(request, "certification/certification_sign.html", context)


def _done(request, certification, form):
    answers = {**form.answers, "seen": request.POST.get("seen", "")}
    if form.is_signed:
        signed = actions.certify_patient(certification=certification, **answers, by=request.user)
        return go_on(request, signed, certification.prepared_at)
    actions.review_draft(certification=certification, **answers, by=request.user)
    return go_on_in_queue(request, certification)


def _signing_form(request, certification, today, *, is_signed):
    saved, guardian = answers_of(certification.draft)["statement"], _guardian_in(certification)
    return SigningForm(
        typed_in(request, certification, "sign"),
        limit_hint=limit_hint(rules.allotment_limit_oz(today)),
        physician=certification.physician,
        is_signed=is_signed,
        guardian=guardian,
        initial=SigningForm.initial_from(saved, guardian)
        if saved
        else {"monthly_allotment_oz": rules.allotment_limit_oz(today)},
    )


def go_on(request, signed, prepared_at):
    """From what was prepared to the next that waits, in their order, without a page in between."""
    if prepared_at is None:
        return redirect(step_url(signed, "confirmation"))
    words = _("Signed: certification %(number)s, valid through %(day)s.")
    day = date_format(signed.last_valid_day, "DAY_FORMAT")
    messages.success(request, words % {"number": signed.number, "day": day})
    later = Q(prepared_at__gt=prepared_at) | Q(prepared_at=prepared_at, pk__gt=signed.pk)
    following = to_sign(request.user).filter(later).first()
    return redirect(sign_url(following) if following else "certification:patient-list")
