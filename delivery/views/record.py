"""What is on record of a patient, for her and for who acts for her: certifications, papers, and who looked at it."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.actions import record
from certification.models import Certification
from certification.rules import guardian_name
from certification.standing import standing_of
from delivery.orderers import not_by_phone, orderer_required
from delivery.presenters.record_views import page_of_record_views

UNREAD = ("draft", "condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")


@require_safe
@not_by_phone
@orderer_required
def own_record(request):
    patient, today = request.orderer.patient, timezone.localdate()
    signed = Certification.objects.filter(patient=patient).exclude(status=Certification.Status.DRAFT)
    certifications = signed.select_related("physician").defer(*UNREAD).order_by("-certified_at")
    record_views, page = page_of_record_views(patient, but=request.user, cursor=request.GET.get("page"))
    if request.orderer.is_for_somebody_else:
        record(action="patient.view", by=request.user, subject=patient)
    context = {
        "orderer": request.orderer,
        "patient": patient,
        "history": [(one, standing_of(one, today=today)) for one in certifications],
        "sees_certificates": not request.orderer.is_for_somebody_else or bool(guardian_name(patient, today=today)),
        "record_views": record_views,
        "page": page,
    }
    return render(request, "delivery/record.html", context)
