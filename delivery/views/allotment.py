"""The ledger of an allotment: for the patient and the caregiver, and for the physician's office and staff."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import office_required
from accounts.permissions import may_as_staff
from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Certification, Patient
from delivery.orderers import OrdererRequest, not_by_phone, orderer_required
from delivery.presenters.ledger import ledger_of


@require_safe
@not_by_phone
@orderer_required
def own_allotment(request: OrdererRequest) -> HttpResponse:
    patient = request.orderer.patient
    signed = patient.certifications.all()
    certification = signed.defer("condition_codes", "directions", "ended_reason").order_by("-certified_at").first()
    assert certification is not None  # nobody is a patient before a certification is signed
    return _page(request, patient, certification, {"orderer": request.orderer})


@require_safe
def allotment_of(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """Show the ledger at the certification's address to staff who may see entries, and to the office that has it."""
    if may_as_staff(request.user, "delivery.view_allotmententry"):
        return _page_of(request, Certification.objects.all(), uuid, {"is_staff_page": True})
    return cast("HttpResponse", _for_office(request, uuid))


@office_required
def _for_office(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    return _page_of(request, Certification.objects.in_hands_of(request.user, timezone.localdate()), uuid, {})


def _page_of(
    request: SignedInRequest, certifications: QuerySet[Certification], uuid: UUID, context: dict[str, Any]
) -> HttpResponse:
    certification = get_object_or_404(certifications.select_related("patient"), uuid=uuid)
    if certification.patient is None:
        raise Http404
    return _page(request, certification.patient, certification, context)


def _page(
    request: SignedInRequest, patient: Patient, certification: Certification, context: dict[str, Any]
) -> HttpResponse:
    record(action="allotment.view", by=request.user, subject=patient)
    ledger = ledger_of(patient, certification, now=timezone.now())
    return render(request, "delivery/allotment.html", {**context, "patient": patient, "ledger": ledger})
