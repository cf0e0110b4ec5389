"""The page of a signed certification, and the invitations of its patient and caregiver."""

from collections.abc import Collection

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.requests import SignedInRequest
from certification import actions, rules
from certification.models import Caregiver, CaregiverAssignment, Certification, Invitation, Patient
from certification.presenters.addresses import sign_url, step_url
from certification.presenters.people import PrintedCode, invited_people
from certification.presenters.record import record_of
from certification.views.scope import certification_page, record_view, runs_today, to_sign
from ui.encryption import decrypt, encrypt

CODE = "invitation_code"  # session key: the code that was printed last, encrypted


@certification_page
def confirmation(request: SignedInRequest, certification: Certification) -> HttpResponse:
    """Show the record of the patient; on the day of the signature with the confirmation above it."""
    record_view(request, certification)
    now = timezone.now()
    today = timezone.localdate(now)
    assignments = CaregiverAssignment.objects.select_related("caregiver")
    prefetch_related_objects([certification], "amendments", Prefetch("patient__assignments", assignments))
    following = to_sign(request.user).first()
    people = _people(certification.patient, certification.patient.current_assignment)
    invitable = [each for each in people.values() if rules.may_be_invited(each, today=today)]
    context = {
        "record": record_of(certification, request.user, is_whole="whole" in request.GET, now=now),
        "certification": certification,
        "next_to_sign_url": following and sign_url(following),
        "invited": {row.who: row for row in invited_people(people, today=today)},
        "printed": _printed(request, invitable),
        "site_url": settings.SITE_URL,
    }
    return render(request, "certification/certification_confirmation.html", context)


def _people(patient: Patient, assignment: CaregiverAssignment | None) -> dict[str, Patient | Caregiver]:
    """Return whom the office can invite, by the name that the buttons post."""
    people: dict[str, Patient | Caregiver] = {"patient": patient}
    return {**people, "caregiver": assignment.caregiver} if assignment else people


def _printed(request: SignedInRequest, people: Collection[Patient | Caregiver]) -> PrintedCode | None:
    """Return the code that this session printed last, while it is good and for one of these people."""
    stored = request.session.get(CODE)
    if not stored:
        return None
    invitation = Invitation.objects.filter(pk=stored["invitation"]).first()
    if invitation is None or invitation.person not in people or not rules.is_open(invitation, now=timezone.now()):
        return None
    code = decrypt(stored["code"], context=CODE)
    if rules.code_digest(code) != invitation.code_digest:
        return None
    half = len(code) // 2
    return PrintedCode(invitation, invitation.person, f"{code[:half]}-{code[half:]}")


@certification_page
def invite(request: SignedInRequest, certification: Certification) -> HttpResponse:
    if request.method != "POST" or not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    person = _chosen(request, certification)
    if actions.invite(person=person, by=request.user):
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": person.email})
    else:
        messages.info(request, _("No invitation was sent: there is no email address, or the account was made already."))
    return redirect(step_url(certification, "confirmation"))


@certification_page
def print_code(request: SignedInRequest, certification: Certification) -> HttpResponse:
    """Make a code on paper and lead to the confirmation, which shows it. The session stores it encrypted."""
    if request.method != "POST" or not runs_today(certification):
        return redirect(step_url(certification, "confirmation"))
    try:
        invitation, code = actions.print_code(person=_chosen(request, certification), by=request.user)
        request.session[CODE] = {"invitation": invitation.pk, "code": encrypt(code, context=CODE)}
    except rules.InvitationError as error:
        messages.info(request, str(error))
    return redirect(step_url(certification, "confirmation"))


def _chosen(request: SignedInRequest, certification: Certification) -> Patient | Caregiver:
    patient = certification.patient
    return _people(patient, patient.current_assignment).get(request.POST.get("who", ""), patient)
