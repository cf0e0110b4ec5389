"""The rows of an office's list: drafts, signed certifications, and what patients ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from certification import rules
from certification.invitations import State, states_of
from certification.models import Certification, Draft, PatientRequest
from certification.models.certifications import Office
from certification.presenters.addresses import is_signer, sign_url, step_url, step_url_of
from certification.presenters.status_on_day import StatusOnDay, draft_status, status_on_day
from certification.rules import is_overdue
from certification.steps import next_page, page_names
from certification.templatetags.certifications import more_days
from ui.prepared import Prepared
from ui.rows import filled
from ui.templatetags.portal import short_date

ROW = "certification/_patient_row.html"


@dataclass(frozen=True)
class Filter:
    """A filter of a list, with how many rows it shows."""

    name: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class RequestRow:
    """A request of a patient. `certification_uuid` is that of the latest certification by its physician."""

    asked: PatientRequest
    certification_uuid: Any
    is_overdue: bool


@dataclass(frozen=True)
class PatientRow:
    """A draft or a signed certification as HTML. `next_url` is the page on which the office goes on with it."""

    html: SafeString
    next_url: str
    certification: Certification | None = None
    draft: Draft | None = None
    is_to_sign: bool = False


def patient_rows(
    rows: Sequence[Draft | Certification], user: User, *, today: date, csrf_token: str
) -> list[PatientRow]:
    """Return the rows of a page of the list, in its order: one template that is filled in, as in ui/rows.py."""
    patients = [row.patient for row in rows if isinstance(row, Certification)]
    states = dict(zip((patient.pk for patient in patients), states_of(patients), strict=True))
    pages = step_url_of("confirmation")
    return [
        _row_of_draft(row, user, today)
        if isinstance(row, Draft)
        else _row_of_certification(row, states[row.patient_id], today, next_url=pages(row.uuid), csrf_token=csrf_token)
        for row in rows
    ]


def _row_of_certification(
    certification: Certification, state: State, today: date, *, next_url: str, csrf_token: str
) -> PatientRow:
    patient, status = certification.patient, status_on_day(certification, today=today)
    said, day = _said_day(certification, status)
    values = {
        "name": patient.name,
        "next_url": next_url,
        "uuid": certification.uuid,
        "born": short_date(patient.birth_date),
        "number": patient.number,
        "day": short_date(day),
        "left": more_days(status.days_left),
        "invited": short_date(state.at),
        "csrf_token": csrf_token,
    }
    html = filled(
        ROW,
        values,
        is_draft=False,
        kind=status.kind,
        label=str(status.label),
        said=said,
        invitation=state.kind,
        may_be_invited=certification.runs_on(today) and rules.may_be_invited(patient, today=today),
        can_renew=status.can_renew,
    )
    return PatientRow(html, next_url, certification=certification)


def _said_day(certification: Certification, status: StatusOnDay) -> tuple[str, date | datetime]:
    """Return what the row says of the end of the certification, and the day that it names."""
    if status.days_left is not None:
        return "valid", certification.valid_through
    return ("ended", certification.ended_at) if certification.ended_at else ("over", certification.last_valid_day)


def _row_of_draft(draft: Draft, user: User, today: date) -> PatientRow:
    is_to_sign = draft.prepared_at is not None and is_signer(user, draft)
    status, next_url = draft_status(draft), sign_url(draft) if is_to_sign else _next_url(draft, user, today)
    values = {
        "name": draft.patient_name or _("No name yet"),
        "next_url": next_url,
        "uuid": draft.uuid,
        "saved": date_format(localtime(draft.updated_at), "M j, Y"),
    }
    is_renewal = draft.renews_id is not None
    look = {"is_renewal": is_renewal, "is_to_sign": is_to_sign, "kind": status.kind, "label": str(status.label)}
    return PatientRow(filled(ROW, values, is_draft=True, **look), next_url, draft=draft, is_to_sign=is_to_sign)


def _next_url(draft: Draft, user: User, today: date) -> str:
    """Return the page on which the draft is taken up again; a delegate stops before the signature."""
    if draft.renews:
        return step_url(draft.renews, "renew")
    page = next_page(draft, today=today)
    if page == "sign" and not is_signer(user, draft):
        page = page_names(draft, today=today)[-2]
    return step_url(draft, page)


def request_rows(office: Office, *, most: int, today: date) -> list[RequestRow]:
    """Return at most so many requests to the office, the longest wait first, with their certifications in one query."""
    asked = _asked.rows(physicians=office.physicians, most=most)
    return [RequestRow(each, each.certification_uuid, is_overdue(each, today=today)) for each in asked]


def _asked_of(*, physicians: list[int], most: int) -> QuerySet[PatientRequest]:
    requests = PatientRequest.objects.filter(physician__in=physicians).open()
    signed = Certification.objects.filter(patient=OuterRef("patient"), physician=OuterRef("physician"))
    latest = Subquery(signed.order_by("-certified_at").values("uuid")[:1])
    return requests.select_related("patient").annotate(certification_uuid=latest).order_by("created_at", "pk")[:most]


_asked = Prepared(_asked_of, fixed=["most"])
