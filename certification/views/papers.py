"""Who may open the papers of a certification: card and certificate."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.decorators import View, office_required
from accounts.models import User
from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from certification import rules
from certification.models import Certification, Patient
from certification.views.scope import own_certification

UNREAD = ("condition_codes", "directions", "ended_reason")  # no paper shows them


def papers_required(permission: str, *, for_patient: bool = False) -> Callable[[View], View]:
    """For the office that has it, for staff with `permission`; where that is meant, for the patient or her guardian.

    The view gets the certification. Everybody else gets the 404 of a page that is not there, as for a draft.
    """

    def decorate(view: View) -> View:
        @office_required
        def for_office(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
            return view(request, get_object_or_404(_signed(), pk=own_certification(request, uuid).pk))

        @wraps(view)
        def guarded(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
            if may_as_staff(request.user, permission):
                return view(request, get_object_or_404(_signed(), uuid=uuid))
            if for_patient and (hers := _hers(request.user, uuid)):
                return view(request, hers)
            return for_office(request, uuid)

        return guarded

    return decorate


def _hers(user: User, uuid: UUID) -> Certification | None:
    """The patient's own, or that of somebody for whom the account decides as the guardian; else None."""
    certification = _signed().filter(uuid=uuid).first()
    if certification is None or certification.patient.user_id == user.pk:
        return certification
    patient = certification.patient
    is_guarded = bool(rules.guardian_name(patient, today=timezone.localdate()))
    acts_for_her = Patient.objects.in_hands_of(user).filter(pk=patient.pk).exists()
    return certification if is_guarded and acts_for_her else None


def _signed() -> QuerySet[Certification]:
    joined = Certification.objects.select_related("patient", "physician")
    return joined.prefetch_related("patient__assignments__caregiver").defer(*UNREAD)


def pdf_response(content: bytes, *, name: str) -> HttpResponse:
    """To look at in the browser, or to keep under `name`."""
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
