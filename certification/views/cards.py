"""The pages of a card: for its holder, for office and staff who print it or end it, and for anybody who checks it."""

from datetime import date
from typing import Any, cast

from allauth.core.ratelimit import respond_429
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from audit.actions import record
from certification import rules
from certification.actions import card_of, revoke_card
from certification.forms.office import LostCardForm
from certification.models import Card, Caregiver, CaregiverAssignment, Certification, Patient
from certification.presenters.addresses import step_url
from certification.presenters.cards import Answer, CardRow, Face, answer_to, counting
from certification.presenters.status_on_day import status_on_day
from certification.views.form_page import form_page, posted
from certification.views.papers import papers_required, pdf_response
from certification.views.scope import OfficeRequest, own_people, say_whose
from ui.rates import is_within

Role = Patient | CaregiverAssignment
MAY_PRINT = "certification.print_card"


@require_safe
def card(request: SignedInRequest) -> HttpResponse:
    """Show a patient's own card, and a caregiver's card for each of the caregiver's patients."""
    roles, has_to_affirm = _roles(request.user)
    if has_to_affirm and not roles:
        return redirect("certification:affirmation")
    faces, ended = _faces(request.user, roles)
    today = timezone.localdate()
    context = {
        "rows": [
            CardRow(face, status_on_day(face.certification, today=today), _opens_certificate(face, today))
            for face in faces
        ],
        "ended": ended,
    }
    return render(request, "certification/card.html", context)


@require_safe
def card_pdf(request: SignedInRequest) -> HttpResponse:
    """Return the cards of `card` as a PDF. Without any, lead to the page, which says why."""
    from certification.papers.cards import cards_pdf  # heavy: docs/adr/0018

    roles, _has_to_affirm = _roles(request.user)
    faces, _ended = _faces(request.user, roles)
    if not faces:
        return redirect("certification:card")
    return pdf_response(cards_pdf(faces, language=get_language()), name="card.pdf")


def _opens_certificate(face: Face, today: date) -> bool:
    """Return whether the holder may read the certificate: the patient and a guardian may, another caregiver not."""
    return not face.is_caregivers or bool(rules.guardian_name(face.patient, today=today))


def _roles(user: User) -> tuple[list[Role], bool]:
    """Return the account's affirmed roles, and whether it still has to affirm any."""
    people = own_people(user)
    roles = [role for person in people for role in _affirmed_roles(person)]
    return roles, any(rules.still_to_affirm(person) for person in people)


def _affirmed_roles(person: Patient | Caregiver) -> list[Role]:
    """Return the patient, or each current assignment of the caregiver, as far as affirmed."""
    if isinstance(person, Patient):
        return [person] if person.affirmed_at else []
    return [each for each in person.assignments.all() if each.affirmed_at and each.ended_date is None]


def _faces(user: User, roles: list[Role]) -> tuple[list[Face], list[Certification]]:
    """Return the cards of these roles, and the certifications that have ended and so have no card."""
    today = timezone.localdate()
    patients = [role if isinstance(role, Patient) else role.patient for role in roles]
    counted = {certification.patient_id: certification for certification in counting(patients)}
    faces, ended = [], []
    for role, patient in zip(roles, patients, strict=True):
        certification = counted[patient.pk]
        record(action="card.view", by=user, subject=patient)
        if certification.is_valid_on(today):
            faces.append(_face(user, role, certification))
        else:
            ended.append(certification)
    return faces, ended


def _face(user: User, role: Role, certification: Certification) -> Face:
    if isinstance(role, Patient):
        return Face(card_of(person=role, by=user), certification, None)
    return Face(card_of(person=role.caregiver, by=user), certification, role)


@papers_required(MAY_PRINT)
@require_safe
def certification_card(request: SignedInRequest, certification: Certification) -> HttpResponse:
    """Show the cards of a patient and of the caregiver, to print for those who have no account."""
    is_staff = may_as_staff(request.user, MAY_PRINT)
    context = {
        "certification": certification,
        "faces": _printed(request.user, certification),
        "back_url": None if is_staff else step_url(certification, "confirmation"),
    }
    return render(request, "certification/certification_card.html", context)


def _printed(user: User, certification: Certification) -> list[Face]:
    """Return the cards to print: none when the certification is not valid today."""
    patient = certification.patient
    record(action="card.view", by=user, subject=patient)
    if not certification.is_valid_on(timezone.localdate()):
        return []
    assignment = patient.current_assignment
    return [_face(user, role, certification) for role in (patient, assignment) if role]


@papers_required(MAY_PRINT)
@require_safe
def certification_card_pdf(request: SignedInRequest, certification: Certification) -> HttpResponse:
    from certification.papers.cards import cards_pdf  # heavy: docs/adr/0018

    faces = _printed(request.user, certification)
    if not faces:
        return redirect(step_url(certification, "card"))
    return pdf_response(cards_pdf(faces, language=certification.patient.language), name="card.pdf")


@papers_required(MAY_PRINT)
@require_http_methods(["GET", "HEAD", "POST"])
def card_lost(request: OfficeRequest, certification: Certification) -> HttpResponse:
    """End a lost or damaged card, and lead to the page that prints a new one."""
    say_whose(request, certification)
    holders = _holders(certification)
    form = LostCardForm(posted(request), holders=holders)

    def act() -> HttpResponse:
        live = Card.objects.live().of(holders[form.cleaned_data["holder"]]).first()
        if live:
            revoke_card(card=live, reason=form.cleaned_data["revoked_reason"], by=request.user)
        messages.success(request, _("The old card is no longer valid. Print the new one, and hand it over or mail it."))
        return redirect(step_url(certification, "card"))

    def look() -> None:
        record(action="card.view", by=request.user, subject=certification.patient)

    template, context = "certification/card_lost.html", {"certification": certification}
    return form_page(request, form, act, template, on_view=look, context=context)


def _holders(certification: Certification) -> dict[str, Patient | Caregiver]:
    assignment = certification.patient.current_assignment
    holders: dict[str, Patient | Caregiver] = {"patient": certification.patient}
    return {**holders, "caregiver": assignment.caregiver} if assignment else holders


@login_not_required
@never_cache
@require_safe
def verify(request: HttpRequest, token: str) -> HttpResponse:
    """Say whether a card is valid, with initials and last valid day.

    Staff with the permission also see whose card it is, and the audit trail records that.
    """
    if not is_within(request, action="verify"):
        return respond_429(request)
    answer = answer_to(token, today=timezone.localdate())
    context: dict[str, Any] = {"answer": answer}
    if answer and may_as_staff(request.user, "certification.check_card"):
        staff = cast("User", request.user)
        record(action="card.check", by=staff, subject=answer.holder)
        context |= {"sees_holder": True, "admin_url": _admin_url(staff, answer)}
    response = render(request, "certification/verify.html", context, status=200 if answer else 404)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _admin_url(user: User, answer: Answer) -> str | None:
    kind = "caregiver" if isinstance(answer.holder, Caregiver) else "patient"
    if not may_as_staff(user, f"certification.view_{kind}"):
        return None
    return reverse(f"admin:certification_{kind}_change", args=[answer.holder.pk])
