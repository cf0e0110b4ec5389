"""The office's list of patients, and the two ends of a draft."""

from uuid import uuid4

from django.contrib import messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import office_required
from accounts.models import Physician
from accounts.rules import NotEligible, check_physician_is_eligible
from audit.actions import record
from certification.actions import discard_draft, start_certification
from certification.forms import AddForm
from certification.invitations import states_of
from certification.models import Certification, PatientRequest
from certification.rules import CertificationError, is_overdue
from certification.standing import KEYS_OF, LABELS, counts_of, filters_on, matching, placed, standing_of
from certification.steps import next_step
from certification.views.scope import (
    is_draft,
    is_signer,
    own_certification,
    prepared_for,
    runs_today,
    sign_url,
    step_url,
)
from ui.keyset import page_of
from ui.spreadsheets import write_csv

A_PAGE = 50
SEARCH = "patient_search"  # session key: names and birth dates stay out of addresses and logs
SEARCH_MAX_LENGTH = 100
SELDOM = ("stopping",)  # a filter that shows only while somebody stands in it
UNREAD = ("draft", "condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")
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
    scoped = Certification.objects.in_hands_of(request.user, today)
    counts = counts_of(scoped, today)
    term = request.session.get(SEARCH, "")
    page = _page(request, matching(scoped, term) if term else scoped, show, today)
    prepared = prepared_for(request.user).only("uuid", "reviewed_at", "renewal_of__uuid") if counts["sign"] else []
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


def _page(request, found, show, today):
    return page_of(
        placed(found.filter(filters_on(today)[show]), today),
        keys=KEYS_OF[show],
        cursor=request.GET.get("cursor"),
        size=A_PAGE,
        name=f"patients {show}",
        read=_read(),
    )


def _read():
    unread = UNREAD[1:]
    joined = Certification.objects.select_related("patient", "physician", "renewal_of__patient")
    return joined.defer(*unread, *(f"renewal_of__{name}" for name in (*unread, "draft")))


@office_required
@require_safe
def patient_csv(request):
    """The signed certifications of this office, each patient's last: no condition, no directions."""
    today = timezone.localdate()
    signed = Certification.objects.in_hands_of(request.user, today).exclude(status=Certification.Status.DRAFT)
    shown = (
        signed.filter(filters_on(today)["all"]).select_related("patient").defer(*UNREAD).order_by("expires_date", "pk")
    )
    record(action="certification.export", by=request.user)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="patients-{today}.csv"'},
    )
    write_csv(response, EXPORTED, (_exported(one, today) for one in shown.iterator(chunk_size=2000)))
    return response


def _exported(certification, today):
    patient, standing = certification.patient, standing_of(certification, today=today)
    return [
        patient.number, patient.last_name, patient.first_name, patient.birth_date, patient.phone.as_national,
        certification.number, standing.label, certification.certified_date, certification.last_valid_day,
        standing.days_left,
    ]  # fmt: skip


def _asked(user, today):
    """What patients ask of this office and nobody has answered, the longest wait first."""
    waiting = PatientRequest.objects.in_hands_of(user, today).open()
    signed = Certification.objects.filter(patient=OuterRef("patient"), physician=OuterRef("physician"))
    latest = Subquery(signed.order_by("-certified_at").values("uuid")[:1])
    asked = waiting.select_related("patient").annotate(certification_uuid=latest).order_by("created_at", "pk")[:A_PAGE]
    return [{"asked": one, "is_overdue": is_overdue(one, today=today)} for one in asked]


def _shown(page, user, today):
    rows = [_row(certification, user, today) for certification in page.rows]
    signed = [row for row in rows if row["certification"].patient]
    for row, state in zip(signed, states_of(row["certification"].patient for row in signed), strict=True):
        row["invitation"] = state
    return rows


def _row(certification, user, today):
    patient = certification.patient or (certification.renewal_of and certification.renewal_of.patient)
    is_hers_to_sign = bool(certification.prepared_at) and is_signer(user, certification)
    return {
        "certification": certification,
        "name": patient.name if patient else certification.draft_name,
        "standing": standing_of(certification, today=today),
        "runs": runs_today(certification),
        "next_url": sign_url(certification) if is_hers_to_sign else _next_url(certification, user, today),
        "is_hers_to_sign": is_hers_to_sign,
    }


def _next_url(certification, user, today):
    if not is_draft(certification):
        return step_url(certification, "confirmation")
    if certification.renewal_of_id:
        return step_url(certification.renewal_of, "renew")
    step = next_step(certification.draft, today=today)
    is_hers_alone = step in ("statement", "review") and not is_signer(user, certification)
    return step_url(certification, "caregiver" if is_hers_alone else step)


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def certification_add(request):
    physicians = _physicians_of(request.user)
    form = AddForm(
        request.POST if request.method == "POST" else None,
        physicians=physicians,
        is_applicant=request.user.is_applicant,
        initial={"key": uuid4()},
    )
    if form.is_valid():
        certification = start_certification(
            physician=form.chosen_physician,
            questions=form.answers,
            key=form.cleaned_data["key"],
            by=request.user,
        )
        return redirect(step_url(certification, "profile"))
    return render(request, "certification/certification_add.html", {"form": form, "obstacle": _obstacle(form)})


def _physicians_of(user):
    """Herself, and those for whom she prepares."""
    current = user.delegations.current(timezone.localdate())
    return Physician.objects.filter(Q(user=user) | Q(delegates__in=current)).order_by("search_name").distinct()


def _obstacle(form):
    """Why the physician could not sign today: better known before the work than after it."""
    if form.only_physician is None:
        return ""
    try:
        check_physician_is_eligible(form.only_physician, today=timezone.localdate())
    except NotEligible as error:
        return str(error)
    return ""


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def certification_discard(request, uuid):
    certification = own_certification(request, uuid)
    if not is_draft(certification):
        return redirect(step_url(certification, "confirmation"))
    if request.method != "POST":
        return render(request, "certification/certification_discard.html", {"certification": certification})
    try:
        discard_draft(certification=certification, by=request.user)
    except (CertificationError, Certification.DoesNotExist):
        return redirect(reverse("certification:patient-list"))
    messages.success(request, _("The draft was discarded."))
    return redirect("certification:patient-list")
