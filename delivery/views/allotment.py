"""The ledger of an allotment: for the patient and the caregiver, and for physician, her office and staff."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import office_required
from accounts.permissions import may_as_staff
from audit.actions import record
from certification.models import Certification
from delivery.acting import acting_required, not_by_phone
from delivery.ledger import ledger_of


@require_safe
@not_by_phone
@acting_required
def own_allotment(request):
    patient = request.acting.patient
    signed = patient.certifications.exclude(status=Certification.Status.DRAFT)
    certification = signed.defer("condition_codes", "directions", "ended_reason").order_by("-certified_at").first()
    return _page(request, patient, certification, {"acting": request.acting})


@require_safe
def allotment_of(request, uuid):
    """By the certification's address: staff who may see entries, and the office in whose hands it is."""
    if may_as_staff(request.user, "delivery.view_allotmententry"):
        return _page_of(request, Certification.objects.all(), uuid, {"is_staff_page": True})
    return _for_office(request, uuid)


@office_required
def _for_office(request, uuid):
    return _page_of(request, Certification.objects.in_hands_of(request.user, timezone.localdate()), uuid, {})


def _page_of(request, certifications, uuid, context):
    certification = get_object_or_404(certifications.select_related("patient"), uuid=uuid)
    if certification.patient is None:
        raise Http404
    return _page(request, certification.patient, certification, context)


def _page(request, patient, certification, context):
    record(action="allotment.view", by=request.user, subject=patient)
    ledger = ledger_of(patient, certification, now=timezone.now())
    return render(request, "delivery/allotment.html", {**context, "patient": patient, "ledger": ledger})
