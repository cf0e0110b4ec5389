"""The guard of the papers of a certification (card and certificate), and the answer with a PDF."""

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

UNREAD = ("condition_codes", "directions", "ended_reason")  # the certificate alone reads the first, where it names it


def papers_required(permission: str, *, for_patient: bool = False) -> Callable[[View], View]:
    """Let in the certification's office, staff with `permission` and, with `for_patient`, the patient and the guardian.

    The view gets the certification. Everybody else gets a 404, as for a page that does not exist.
    """

    def decorate(view: View) -> View:
        @office_required
        def for_office(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
            return view(request, get_object_or_404(_signed(), pk=own_certification(request, uuid).pk))

        @wraps(view)
        def guarded(request: SignedInRequest, uuid: UUID) -> HttpResponseBase:
            if may_as_staff(request.user, permission):
                return view(request, get_object_or_404(_signed(), uuid=uuid))
            if for_patient and (certification := _own_or_guarded(request.user, uuid)):
                return view(request, certification)
            return for_office(request, uuid)

        return guarded

    return decorate


def _own_or_guarded(user: User, uuid: UUID) -> Certification | None:
    """Return the certification if it is the account's own, or that of a patient for whom the account decides."""
    certification = _signed().filter(uuid=uuid).first()
    if certification is None or certification.patient.user_id == user.pk:
        return certification
    patient = certification.patient
    is_guarded = bool(rules.guardian_name(patient, today=timezone.localdate()))
    is_caregiver = Patient.objects.in_hands_of(user).filter(pk=patient.pk).exists()
    return certification if is_guarded and is_caregiver else None


def _signed() -> QuerySet[Certification]:
    joined = Certification.objects.select_related("patient", "physician")
    return joined.prefetch_related("patient__assignments__caregiver").defer(*UNREAD)


def pdf_response(content: bytes, *, name: str) -> HttpResponse:
    """Return a PDF that the browser shows, and saves under `name`."""
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
