"""What of this office ends soon, or has ended without a renewal."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import office_required
from audit.actions import record
from certification.models import Certification
from certification.presenters.groups import DUE_LABELS, due_counts, due_on
from certification.presenters.status_on_day import status_on_day
from certification.rules import renewal_opens_date
from certification.views.scope import is_signer
from ui.keyset import page_of

A_PAGE = 50
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")


@office_required
@require_safe
def due_list(request):
    today = timezone.localdate()
    within = request.GET.get("within")
    within = within if within in DUE_LABELS else "30"
    scoped, due = Certification.objects.in_hands_of(request.user, today), due_on(today)
    counts = due_counts(scoped, today)
    page = page_of(
        scoped.filter(due[within]),
        keys=("-expires_date", "-pk") if within == "expired" else ("expires_date", "pk"),
        cursor=request.GET.get("cursor"),
        size=A_PAGE,
        name=f"due {within}",
        read=_read(),
    )
    record(action="certification.due", by=request.user)
    context = {
        "page": page,
        "rows": [_row(certification, request.user, today) for certification in page.rows],
        "filters": [{"name": name, "label": label, "count": counts[name]} for name, label in DUE_LABELS.items()],
        "within": within,
    }
    return render(request, "certification/due_list.html", context)


def _read():
    joined = Certification.objects.select_related("patient", "physician", "renewal_draft")
    return joined.defer(*UNREAD, "renewal_draft__answers")


def _row(certification, user, today):
    begun = getattr(certification, "renewal_draft", None)
    return {
        "certification": certification,
        "patient": certification.patient,
        "status": status_on_day(certification, today=today),
        "ended_days": (today - certification.last_valid_day).days,
        "opens_date": renewal_opens_date(certification),
        "is_begun": begun is not None,
        "is_prepared": begun is not None and begun.prepared_at is not None,
        "is_hers_to_sign": is_signer(user, certification),
    }
