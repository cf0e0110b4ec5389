"""The list of an office: its drafts and its certifications, each patient's last."""

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import office_required
from audit.actions import record
from certification.invitations import states_of
from certification.models import Certification, Draft, PatientRequest
from certification.presenters.groups import (
    DRAFT_KEYS_OF,
    KEYS_OF,
    LABELS,
    counts_of,
    drafts_shown,
    filters_on,
    in_list_order,
    matching,
    matching_drafts,
)
from certification.presenters.status_on_day import draft_status, status_on_day
from certification.rules import is_overdue
from certification.steps import next_step
from certification.views.scope import is_signer, prepared_for, runs_today, sign_url, step_url
from ui.keyset import Section, page_of_sections
from ui.spreadsheets import write_csv

A_PAGE = 50
SEARCH = "patient_search"  # session key: names and birth dates stay out of addresses and logs
SEARCH_MAX_LENGTH = 100
SELDOM = ("stopping",)  # a filter that shows only while somebody stands in it
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")
EXPORTED = (
    "patient_number", "last_name", "first_name", "birth_date", "phone", "certification_number", "status",
    "certified_date", "valid_through", "days_left",
)  # fmt: skip


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def patient_list(request):
    today = timezone.localdate()
    show = request.GET.get("show")
    show = show if show in LABELS else "all"
    if request.method == "POST":
        request.session[SEARCH] = request.POST.get("term", "").replace("\x00", "").strip()[:SEARCH_MAX_LENGTH]
        return redirect(f"{request.path}?show={show}")  # what is found begins on its first page
    signed = Certification.objects.in_hands_of(request.user, today)
    drafts = Draft.objects.in_hands_of(request.user, today)
    counts = counts_of(signed, drafts, today)
    has_drafts = bool(counts["sign"] or counts["draft"])
    term = request.session.get(SEARCH, "")
    if term:
        signed, drafts = matching(signed, term), matching_drafts(drafts, term) if has_drafts else drafts
    page = page_of_sections(
        _sections(signed, drafts if has_drafts else drafts.none(), show, today),
        cursor=request.GET.get("cursor"),
        size=A_PAGE,
        name=f"patients {show}",
    )
    prepared = prepared_for(request.user).only("uuid", "reviewed_at", "renews__uuid") if counts["sign"] else []
    waiting = [one for one in prepared if one.reviewed_at is None]
    record(action="certification.list", by=request.user)
    context = {
        "page": page,
        "rows": _shown(page, request.user, today),
        "to_sign": len(waiting),
        "first_to_sign": waiting and sign_url(waiting[0]),
        "reviewed": len(prepared) - len(waiting),
        "filters": [
            {"name": name, "label": label, "count": counts[name]}
            for name, label in LABELS.items()
            if counts[name] or name not in SELDOM or name == show
        ],
        "show": show,
        "due": counts["ending"] + counts["expired"],
        "term": term,
        "has_any": counts["all"],
        "is_applicant": request.user.is_applicant,
        "asked": _asked(request.user, today),
    }
    return render(request, "certification/patient_list.html", context)


def _sections(signed, drafts, show, today):
    """The drafts of a filter, then its certifications."""
    shown = drafts_shown(drafts, show).select_related("physician", "renews__patient")
    sections = []
    if show in DRAFT_KEYS_OF:
        sections.append(Section("drafts", shown, DRAFT_KEYS_OF[show], is_small=True))
    if show in KEYS_OF:
        found = in_list_order(signed.filter(filters_on(today)[show]), today)
        read = Certification.objects.select_related("patient", "physician").defer(*UNREAD)
        sections.append(Section("signed", found, KEYS_OF[show], read))
    return sections


@office_required
@require_safe
def patient_csv(request):
    """The signed certifications of this office, each patient's last: no condition, no directions."""
    today = timezone.localdate()
    signed = Certification.objects.in_hands_of(request.user, today).filter(filters_on(today)["all"])
    shown = signed.select_related("patient").defer(*UNREAD).order_by("expires_date", "pk")
    record(action="certification.export", by=request.user)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="patients-{today}.csv"'},
    )
    write_csv(response, EXPORTED, (_exported(one, today) for one in shown.iterator(chunk_size=2000)))
    return response


def _exported(certification, today):
    patient, status = certification.patient, status_on_day(certification, today=today)
    return [
        patient.number, patient.last_name, patient.first_name, patient.birth_date, patient.phone.as_national,
        certification.number, status.label, certification.certified_date, certification.last_valid_day,
        status.days_left,
    ]  # fmt: skip


def _asked(user, today):
    """What patients ask of this office and nobody has answered, the longest wait first."""
    waiting = PatientRequest.objects.in_hands_of(user, today).open()
    signed = Certification.objects.filter(patient=OuterRef("patient"), physician=OuterRef("physician"))
    latest = Subquery(signed.order_by("-certified_at").values("uuid")[:1])
    asked = waiting.select_related("patient").annotate(certification_uuid=latest).order_by("created_at", "pk")[:A_PAGE]
    return [{"asked": one, "is_overdue": is_overdue(one, today=today)} for one in asked]


def _shown(page, user, today):
    rows = [_row_of_draft(row, user, today) if isinstance(row, Draft) else _row(row, today) for row in page.rows]
    signed = [row for row in rows if "certification" in row]
    states = states_of(row["certification"].patient for row in signed)
    for row, state in zip(signed, states, strict=True):
        row["invitation"] = state
    return rows


def _row(certification, today):
    return {
        "certification": certification,
        "name": certification.patient.name,
        "status": status_on_day(certification, today=today),
        "runs": runs_today(certification),
        "next_url": step_url(certification, "confirmation"),
    }


def _row_of_draft(draft, user, today):
    is_to_sign = draft.prepared_at is not None and is_signer(user, draft)
    return {
        "draft": draft,
        "name": draft.patient_name,
        "status": draft_status(draft),
        "next_url": sign_url(draft) if is_to_sign else _next_url(draft, user, today),
        "is_to_sign": is_to_sign,
    }


def _next_url(draft, user, today):
    """Where the draft is taken up again: a delegate stops before the statement."""
    if draft.renews:
        return step_url(draft.renews, "renew")
    step = next_step(draft, today=today)
    is_for_signer = step in ("statement", "review") and not is_signer(user, draft)
    return step_url(draft, "caregiver" if is_for_signer else step)
