"""The list of an office's certifications that end soon or have ended without a renewal."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import office_required
from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Certification
from certification.models.certifications import office_of
from certification.presenters.due_list import due_row
from certification.presenters.groups import DUE_LABELS, due_counts, due_on
from certification.presenters.patient_list import Filter
from ui.keyset import page_of
from ui.prepared import Prepared

A_PAGE = 50
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")


@office_required
@require_safe
def due_list(request: SignedInRequest) -> HttpResponse:
    today = timezone.localdate()
    within = request.GET.get("within")
    within = within if within in DUE_LABELS else "30"
    office, due = office_of(request.user, today), due_on(today)
    counts = due_counts(office, today)
    page = page_of(
        Certification.objects.filter(physician__in=office.physicians).filter(due[within]),
        keys=("-expires_date", "-pk") if within == "expired" else ("expires_date", "pk"),
        cursor=request.GET.get("cursor"),
        size=A_PAGE,
        name=f"due {within}",
        read=_read,
    )
    record(action="certification.due", by=request.user)
    context = {
        "page": page,
        "rows": [due_row(certification, request.user, today=today) for certification in page.rows],
        "filters": [Filter(name, label, counts[name]) for name, label in DUE_LABELS.items()],
        "within": within,
    }
    return render(request, "certification/due_list.html", context)


def _read_rows(*, pks: list[int]) -> QuerySet[Certification]:
    joined = Certification.objects.filter(pk__in=pks).select_related("patient", "physician", "renewal_draft")
    return joined.defer(*UNREAD, "renewal_draft__answers")


_read = Prepared(_read_rows)
