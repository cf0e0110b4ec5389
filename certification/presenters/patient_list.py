"""The rows of an office's list: drafts, signed certifications, and what patients ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.functional import Promise

from accounts.models import User
from certification import rules
from certification.invitations import State, states_of
from certification.models import Certification, Draft, PatientRequest
from certification.presenters.addresses import is_signer, sign_url, step_url
from certification.presenters.status_on_day import StatusOnDay, draft_status, status_on_day
from certification.rules import is_overdue
from certification.steps import next_page, page_names


@dataclass(frozen=True)
class Filter:
    """A filter of a list, with how many rows it shows."""

    name: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class PatientRow:
    """A draft or a signed certification. `next_url` is the page on which the office goes on with it."""

    name: str
    status: StatusOnDay
    next_url: str
    certification: Certification | None = None
    draft: Draft | None = None
    invitation: State | None = None  # of the patient of a certification
    may_be_invited: bool = False
    is_to_sign: bool = False


@dataclass(frozen=True)
class RequestRow:
    """A request of a patient. `certification_uuid` is that of the latest certification by its physician."""

    asked: PatientRequest
    certification_uuid: Any
    is_overdue: bool


def patient_rows(rows: Sequence[Draft | Certification], user: User, *, today: date) -> list[PatientRow]:
    """Return the rows of a page of the list, in its order."""
    patients = [row.patient for row in rows if isinstance(row, Certification)]
    states = dict(zip((patient.pk for patient in patients), states_of(patients), strict=True))
    return [
        _row_of_draft(row, user, today) if isinstance(row, Draft) else _row_of_certification(row, states, today)
        for row in rows
    ]


def _row_of_certification(certification: Certification, states: Mapping[int, State], today: date) -> PatientRow:
    return PatientRow(
        name=certification.patient.name,
        status=status_on_day(certification, today=today),
        next_url=step_url(certification, "confirmation"),
        certification=certification,
        invitation=states[certification.patient_id],
        may_be_invited=certification.runs_on(today) and rules.may_be_invited(certification.patient, today=today),
    )


def _row_of_draft(draft: Draft, user: User, today: date) -> PatientRow:
    is_to_sign = draft.prepared_at is not None and is_signer(user, draft)
    return PatientRow(
        name=draft.patient_name,
        status=draft_status(draft),
        next_url=sign_url(draft) if is_to_sign else _next_url(draft, user, today),
        draft=draft,
        is_to_sign=is_to_sign,
    )


def _next_url(draft: Draft, user: User, today: date) -> str:
    """Return the page on which the draft is taken up again; a delegate stops before the signature."""
    if draft.renews:
        return step_url(draft.renews, "renew")
    page = next_page(draft, today=today)
    if page == "sign" and not is_signer(user, draft):
        page = page_names(draft, today=today)[-2]
    return step_url(draft, page)


def request_rows(requests: QuerySet[PatientRequest], *, most: int, today: date) -> list[RequestRow]:
    """Return at most so many requests of patients, the longest wait first, with their certifications in one query."""
    signed = Certification.objects.filter(patient=OuterRef("patient"), physician=OuterRef("physician"))
    latest = Subquery(signed.order_by("-certified_at").values("uuid")[:1])
    asked = requests.select_related("patient").annotate(certification_uuid=latest).order_by("created_at", "pk")[:most]
    return [RequestRow(each, each.certification_uuid, is_overdue(each, today=today)) for each in asked]
