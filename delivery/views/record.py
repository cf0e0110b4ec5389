"""A patient's record, for the patient and the caregiver: certifications, papers, and who viewed the record."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record
from certification.rules import needs_guardian
from delivery.orderers import OrdererRequest, not_by_phone, orderer_required
from delivery.presenters.record import certification_rows
from delivery.presenters.record_views import page_of_record_views


@require_safe
@not_by_phone
@orderer_required
def own_record(request: OrdererRequest) -> HttpResponse:
    orderer, today = request.orderer, timezone.localdate()
    patient = orderer.patient
    capacity = patient.has_legal_capacity
    is_guarded = needs_guardian(birth_date=patient.birth_date, has_legal_capacity=capacity, day=today)
    record_views, page = page_of_record_views(patient, but=request.user, cursor=request.GET.get("page"))
    if orderer.is_for_somebody_else:
        record(action="patient.view", by=request.user, subject=patient)
    sees_certificates = is_guarded or not orderer.is_for_somebody_else  # a caregiver only as the guardian
    context = {
        "orderer": orderer,
        "patient": patient,
        "history": certification_rows(patient, names_conditions=sees_certificates, today=today),
        "sees_certificates": sees_certificates,
        "record_views": record_views,
        "page": page,
    }
    return render(request, "delivery/record.html", context)
