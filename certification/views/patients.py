"""The office's list of patients, and the two ends of a draft."""

from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.models import Physician
from accounts.rules import NotEligible, check_physician_is_eligible
from audit.actions import record
from certification.actions import discard_draft, start_certification
from certification.forms import AddForm
from certification.models import Certification
from certification.rules import CertificationError
from certification.standing import LABELS, filters_on, matching, most_urgent_first, standing_of
from certification.steps import next_step
from certification.views.scope import is_draft, own_certification, step_url

A_PAGE = 50
SEARCH = "patient_search"  # session key: names and birth dates stay out of addresses and logs
SEARCH_MAX_LENGTH = 100


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def patient_list(request):
    if request.method == "POST":
        request.session[SEARCH] = request.POST.get("term", "").replace("\x00", "").strip()[:SEARCH_MAX_LENGTH]
        return redirect(request.get_full_path())
    today = timezone.localdate()
    show = request.GET.get("show", "all")
    show = show if show in LABELS else "all"
    term = request.session.get(SEARCH, "")
    scoped = Certification.objects.in_hands_of(request.user, today)
    counts = scoped.aggregate(**{name: Count("pk", filter=where) for name, where in filters_on(today).items()})
    found = matching(scoped, term) if term else scoped
    page = Paginator(_rows(found.filter(filters_on(today)[show]), today), A_PAGE).get_page(request.GET.get("page"))
    record(action="certification.list", by=request.user)
    context = {
        "page": page,
        "rows": [_row(certification, today) for certification in page],
        "filters": [{"name": name, "label": LABELS[name], "count": counts[name]} for name in LABELS],
        "show": show,
        "term": term,
        "has_any": counts["all"],
    }
    return render(request, "certification/patient_list.html", context)


def _row(certification, today):
    next_url = step_url(certification, next_step(certification.draft) if is_draft(certification) else "confirmation")
    return {"certification": certification, "standing": standing_of(certification, today=today), "next_url": next_url}


def _rows(certifications, today):
    joined = certifications.select_related("patient", "physician").annotate(
        invited_at=Max("patient__invitations__sent_at")
    )
    return most_urgent_first(joined, today).defer("condition_codes", "directions", "ended_reason")


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def certification_add(request):
    physicians = _physicians_of(request.user)
    form = AddForm(request.POST if request.method == "POST" else None, physicians=physicians, initial={"key": uuid4()})
    if form.is_valid():
        certification = start_certification(
            physician=form.chosen_physician, key=form.cleaned_data["key"], by=request.user
        )
        return redirect(step_url(certification, "profile"))
    return render(request, "certification/certification_add.html", {"form": form, "obstacle": _obstacle(form)})


def _physicians_of(user):
    if hasattr(user, "physician"):
        return Physician.objects.filter(pk=user.physician.pk)
    current = user.delegations.current(timezone.localdate())
    return Physician.objects.filter(delegates__in=current).order_by("search_name").distinct()


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
