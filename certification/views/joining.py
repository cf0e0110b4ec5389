"""The pages on which invited patients and caregivers join and affirm."""

from allauth.decorators import rate_limit
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.cooldown import next_try_at
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.sign_up import sign_in_first_time
from certification import rules
from certification.actions import accept_code, accept_invitation, accept_with_new_account, affirm
from certification.forms.joining import AffirmationForm, BirthDateForm, CodeForm, NewAccountForm
from certification.models import Invitation, Patient
from certification.statements import CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS
from certification.views.form_page import form_page, posted
from certification.views.scope import own_people
from ui.errors import add_to_form
from ui.mailed_links import MailedLink
from ui.rates import is_within
from ui.templatetags.portal import clock
from ui.text import token_digest

INVITATION = "invitation"  # session key: the invitation whose link was opened


def _invitation_of(token: str) -> int | None:
    """Return the primary key of the invitation with this token, or None."""
    return Invitation.objects.filter(token_digest=token_digest(token)).values_list("pk", flat=True).first()


invitation_link = MailedLink(
    INVITATION, "certification:invitation", "certification/invitation_closed.html", _invitation_of
).view()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Accept an invitation with the date of birth. Until that matches, the page shows nothing of the patient."""
    invited = Invitation.objects.filter(pk=request.session.get(INVITATION, 0)).first()
    if invited is None or "code" in request.POST:
        return _by_code(request)
    try:
        _check_is_open_for(request.user, invited)
    except rules.InvitationError as error:
        del request.session[INVITATION]  # the next look asks for a code from paper
        return _closed(request, str(error), status=410)
    if not request.user.is_authenticated:
        return _by_new_account(request, invited)
    if invited.used_at:
        return redirect("certification:affirmation")
    form = BirthDateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            accept_invitation(invitation=invited, birth_date=form.cleaned_data["birth_date"], by=request.user)
            return redirect("certification:affirmation")
        except rules.InvitationError as error:
            add_to_form(form, error)
    return render(request, "certification/invitation.html", {"form": form})


@sensitive_post_parameters("password")
@rate_limit(action="signup")
def _by_new_account(request: HttpRequest, invited: Invitation) -> HttpResponse:
    """Join with a new account: its address is the one to which the link came that this visitor has opened."""
    try:
        rules.check_can_make_account(invited)
    except rules.InvitationError as error:
        has_account = isinstance(error, rules.HasAccountError)
        context = {"email": invited.mailed_to, "has_account": has_account}
        return render(request, "certification/invitation_sign_in.html", context)
    form = NewAccountForm(posted(request), email=invited.mailed_to)
    if form.is_valid():
        try:
            user = accept_with_new_account(invitation=invited, **form.cleaned_data, by=None)
        except rules.InvitationError as error:
            add_to_form(form, error)
        else:
            return sign_in_first_time(request, user, then=reverse("certification:affirmation"))
    context = {"email": invited.mailed_to, "form": form}
    return render(request, "certification/invitation_welcome.html", context)


def _by_code(request: HttpRequest) -> HttpResponse:
    """Accept an invitation with the code on paper and the date of birth.

    Every failure is counted by network address and account, so that a wrong code costs what a wrong birth date costs.
    """
    if not request.user.is_authenticated:
        return render(request, "certification/invitation_wanted.html")
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        if not is_within(request, action="invitation_code", dry_run=True):
            words = _("Too many codes were tried. Compare yours with the paper, and try again at %(time)s Eastern.")
            form.add_error("code", words % {"time": clock(next_try_at(request, action="invitation_code"))})
            status = 429
        else:
            try:
                accept_code(**form.cleaned_data, by=request.user)
                return redirect("certification:affirmation")
            except rules.InvitationError as error:
                is_within(request, action="invitation_code")
                add_to_form(form, error)
    return render(request, "certification/invitation_code.html", {"form": form}, status=status)


def _check_is_open_for(user: User | AnonymousUser, invited: Invitation) -> None:
    """Raise InvitationError for an invitation that is used or has ended.

    The account that joined with it passes, so that a form sent twice ends on the same page.
    """
    if not (invited.used_at and user.is_authenticated and invited.person.user_id == user.pk):
        rules.check_invitation_is_open(invited, now=timezone.now())


def _closed(request: HttpRequest, reason: str, *, status: int) -> HttpResponse:
    return render(request, "certification/invitation_closed.html", {"reason": reason}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def affirmation(request: SignedInRequest) -> HttpResponse:
    people = own_people(request.user)
    role = next((role for person in people for role in rules.still_to_affirm(person)), None)
    if role is None:
        return redirect("delivery:home")
    is_patient = isinstance(role, Patient)
    sentences = PATIENT_AFFIRMATIONS if is_patient else CAREGIVER_AFFIRMATIONS
    form = AffirmationForm(posted(request), sentences=sentences)

    def act() -> HttpResponse:
        affirm(role=role, affirmed=list(form.cleaned_data), by=request.user)
        return redirect("certification:affirmation")

    patient = role if isinstance(role, Patient) else role.patient
    context = {"is_patient": is_patient, "patient": patient}
    return form_page(request, form, act, "certification/affirmation.html", context=context)
