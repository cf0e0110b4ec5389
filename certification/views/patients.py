"""The list of an office: its drafts and its certifications, each patient's last."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, cast

from allauth.account.decorators import reauthentication_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import office_required, physician_required
from accounts.models import User
from accounts.person import PersonRequest
from accounts.requests import SignedInRequest
from audit.actions import record
from certification.models import Certification, Draft
from certification.models.certifications import Office, office_of
from certification.presenters.addresses import sign_url
from certification.presenters.groups import (
    DRAFT_KEYS_OF,
    GROUPS,
    KEYS_OF,
    KEYS_OF_GROUP,
    LABELS,
    counts_of_office,
    drafts_shown,
    filters_on,
    groups_on,
    in_list_order,
    matching,
    matching_drafts,
)
from certification.presenters.patient_list import Filter, patient_rows, request_rows
from certification.presenters.status_on_day import status_on_day
from certification.views.scope import prepared_for
from ui.keyset import Section, page_of_sections
from ui.prepared import Prepared
from ui.spreadsheets import write_csv
from ui.tidy import tidy

A_PAGE = 50
SEARCH = "patient_search"  # session key: names and birth dates stay out of addresses and logs
SEARCH_MAX_LENGTH = 100
SELDOM = ("stopping",)  # filters that the list hides while they are empty
UNREAD = ("condition_codes", "directions", "ended_reason", "allotment_reason", "patient_as_signed")
SHOWN = (
    "uuid", "status", "certified_date", "expires_date", "deliveries_stop_date", "ended_at", "patient__number",
    "patient__first_name", "patient__middle_name", "patient__last_name", "patient__suffix", "patient__birth_date",
    "patient__has_legal_capacity", "patient__closed_at", "patient__user",
)  # fmt: skip
EXPORTED = (
    "patient_number", "last_name", "first_name", "birth_date", "phone", "certification_number", "status",
    "certified_date", "valid_through", "days_left",
)  # fmt: skip


@office_required
@require_http_methods(["GET", "HEAD", "POST"])
def patient_list(request: PersonRequest) -> HttpResponse:
    today = timezone.localdate()
    show = request.GET.get("show")
    show = show if show in LABELS else "all"
    if request.method == "POST":
        request.session[SEARCH] = tidy(request.POST.get("term", "").replace("\x00", "")[:SEARCH_MAX_LENGTH])
        return redirect(f"{request.path}?show={show}")  # what is found begins on its first page
    office = office_of(request.user, today)
    counts = counts_of_office(office, today)
    term = request.session.get(SEARCH, "")
    sections = _sections_found(office, term, show, today, counts) if term else _sections(office, show, today, counts)
    page = page_of_sections(
        sections,
        cursor=request.GET.get("cursor"),
        size=A_PAGE,
        name=f"patients {show}",
    )
    record(action="certification.list", by=request.user)
    context = {
        "page": page,
        "rows": patient_rows(page.rows, request.user, today=today, csrf_token=get_token(request)),
        **_prepared(request.user, counts),
        "filters": _filters(counts, show),
        "show": show,
        "due": counts["ending"] + counts["expired"],
        "term": term,
        "has_any": counts["all"],
        "is_applicant": request.person.is_applicant,
        "asked": request_rows(office, most=A_PAGE, today=today),
    }
    return render(request, "certification/patient_list.html", context)


def _filters(counts: Mapping[str, int], show: str) -> list[Filter]:
    """Return the filters of the list. Those that are seldom needed are left out while they show nothing."""
    shown = [name for name in LABELS if counts[name] or name not in SELDOM or name == show]
    return [Filter(name, LABELS[name], counts[name]) for name in shown]


def _prepared(user: User, counts: Mapping[str, int]) -> dict[str, Any]:
    """Return how many drafts wait for the physician's review or signature, and the address of the first."""
    prepared = list(prepared_for(user).only("uuid", "reviewed_at", "renews__uuid")) if counts["sign"] else []
    waiting = [draft for draft in prepared if draft.reviewed_at is None]
    return {
        "to_sign": len(waiting),
        "first_to_sign": waiting and sign_url(waiting[0]),
        "reviewed": len(prepared) - len(waiting),
    }


def _drafts(office: Office, show: str, counts: Mapping[str, int], term: str = "") -> list[Section]:
    """Return the drafts of a filter as the first section of the list, if the office has any."""
    if show not in DRAFT_KEYS_OF or not (counts["sign"] or counts["draft"]):
        return []
    drafts: QuerySet[Draft] = Draft.objects.of(office)
    shown = drafts_shown(matching_drafts(drafts, term) if term else drafts, show)
    shown = shown.select_related("physician", "renews__patient")
    return [Section("drafts", shown, DRAFT_KEYS_OF[show], is_small=True)]


def _sections_found(office: Office, term: str, show: str, today: date, counts: Mapping[str, int]) -> list[Section]:
    """Return the sections of what a search has found: drafts, then certifications."""
    sections = _drafts(office, show, counts, term)
    if show in KEYS_OF:
        signed = matching(Certification.objects.filter(physician__in=office.physicians), term)
        found = in_list_order(signed.filter(filters_on(today)[show]), today)
        sections.append(Section("signed", found, KEYS_OF[show], _read))
    return sections


def _sections(office: Office, show: str, today: date, counts: Mapping[str, int]) -> list[Section]:
    """Return the sections of the whole list: drafts, then certifications.

    In the filter "all" each group that has rows is a section, because each comes sorted out of an index: a page reads
    as many entries as it shows, and not those of all patients.
    """
    sections = _drafts(office, show, counts)
    groups = [group for group in GROUPS if counts[group]] if show == "all" else [show] if show in KEYS_OF else []
    for group in groups:
        asked: dict[str, Any] = {"physicians": office.physicians, "show": show, "group": group, "today": today}
        found = SimpleLazyObject(partial(_found, **asked))  # the first page needs only its keys
        sections.append(Section(group, cast(Any, found), _keys_in(show), _read, first=partial(_first_keys, asked)))
    return sections


def _keys_in(show: str) -> tuple[str, ...]:
    return KEYS_OF_GROUP if show == "all" else KEYS_OF[show]


def _found(*, physicians: list[int], show: str, group: str, today: date) -> QuerySet[Certification]:
    where = groups_on(today)[group] if show == "all" else filters_on(today)[show]
    return Certification.objects.filter(physician__in=physicians).filter(where)


def _first_keys(asked: Mapping[str, Any], limit: int) -> list[tuple[Any, ...]]:
    return _keys.rows(**asked, most=A_PAGE + 1)[:limit]


def _keys_of(*, physicians: list[int], show: str, group: str, today: date, most: int) -> QuerySet[Certification, Any]:
    found, keys = _found(physicians=physicians, show=show, group=group, today=today), _keys_in(show)
    return found.order_by(*keys).values_list(*(key.removeprefix("-") for key in keys))[:most]


_keys = Prepared(_keys_of, fixed=["show", "group", "today", "most"])


# What a row of the list shows: an office has fifty of them on a page.
_read = Prepared(lambda *, pks: Certification.objects.filter(pk__in=pks).select_related("patient").only(*SHOWN))


@physician_required
@require_safe
@reauthentication_required
def patient_csv(request: SignedInRequest) -> HttpResponse:
    """Return the physician's latest certification of each patient as CSV, without conditions and directions.

    It takes all patients out of the portal at once: the password is asked for first, and delegates have no such link.
    """
    today = timezone.localdate()
    signed = Certification.objects.in_hands_of(request.user, today).filter(filters_on(today)["all"])
    shown = signed.select_related("patient").defer(*UNREAD).order_by("expires_date", "pk")
    record(action="certification.export", by=request.user)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="patients-{today}.csv"'},
    )
    write_csv(response, EXPORTED, (_exported(each, today) for each in shown.iterator(chunk_size=2000)))
    return response


def _exported(certification: Certification, today: date) -> list[Any]:
    patient, status = certification.patient, status_on_day(certification, today=today)
    return [
        patient.number, patient.last_name, patient.first_name, patient.birth_date, patient.phone.as_national,
        certification.number, status.label, certification.certified_date, certification.last_valid_day,
        status.days_left,
    ]  # fmt: skip
