"""A patient's record, for the patient and the caregiver: certifications, papers, and who viewed the record."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record
from certification.rules import guardian_name
from delivery.orderers import OrdererRequest, not_by_phone, orderer_required
from delivery.presenters.record import certification_rows
from delivery.presenters.record_views import page_of_record_views


@require_safe
@not_by_phone
@orderer_required
def own_record(request: OrdererRequest) -> HttpResponse:
    orderer, today = request.orderer, timezone.localdate()
    patient = orderer.patient
    record_views, page = page_of_record_views(patient, but=request.user, cursor=request.GET.get("page"))
    if orderer.is_for_somebody_else:
        record(action="patient.view", by=request.user, subject=patient)
    context = {
        "orderer": orderer,
        "patient": patient,
        "history": certification_rows(patient, today=today),
        "sees_certificates": not orderer.is_for_somebody_else or bool(guardian_name(patient, today=today)),
        "record_views": record_views,
        "page": page,
    }
    return render(request, "delivery/record.html", context)
