"""Certifications that a physician reviews one after the other and signs together."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from certification import rules
from certification.models import Certification, Draft
from certification.presenters.addresses import sign_url
from certification.presenters.status_on_day import StatusOnDay, status_on_day
from certification.steps import answers_of


@dataclass(frozen=True)
class ChoiceRow:
    """A renewal, or the draft of a new patient, that can be chosen for the batch."""

    uuid: str
    name: str
    certification: Certification | None = None
    status: StatusOnDay | None = None  # of the certification
    draft: Draft | None = None
    is_prepared: bool = False


@dataclass(frozen=True)
class QueuePlace:
    """The place of a page among those that were chosen: number 2 of 5."""

    number: int
    count: int


@dataclass(frozen=True)
class ReviewedRow:
    """A reviewed draft. `value` is what its box posts: the uuid, and the digest of what was reviewed."""

    draft: Draft
    name: str
    url: str
    value: str
    is_as_reviewed: bool
    is_chosen: bool
    conditions: list[str]
    exam_date: date | None
    monthly_allotment_oz: Decimal | None
    explained_to: str | None


@dataclass(frozen=True)
class RefusedRow:
    """A draft that could not be signed with the others, and why."""

    name: str
    url: str
    error: Exception


def choice_of_renewal(certification: Certification, *, today: date) -> ChoiceRow:
    """Return the row of a certification that was read with its `renewal_draft`."""
    begun = getattr(certification, "renewal_draft", None)
    return ChoiceRow(
        uuid=str(certification.uuid),
        name=certification.patient.name,
        certification=certification,
        status=status_on_day(certification, today=today),
        is_prepared=begun is not None and begun.prepared_at is not None,
    )


def choice_of_new_patient(draft: Draft) -> ChoiceRow:
    """Return the row of a draft that the office prepared for a new patient."""
    return ChoiceRow(uuid=str(draft.uuid), name=draft.patient_name, draft=draft)


def reviewed_row(
    draft: Draft, condition_names: Mapping[str, str], *, chosen: Container[str] | None, today: date
) -> ReviewedRow:
    """Return the row of a reviewed draft; `chosen` are the boxes that were ticked, None for all of them."""
    answers = answers_of(draft.answers)
    condition: Mapping[str, Any] = answers["condition"] or {}
    statement: Mapping[str, Any] = answers["statement"] or {}
    value = f"{draft.uuid}:{draft.reviewed_digest}"
    return ReviewedRow(
        draft=draft,
        name=name_of(draft),
        url=sign_url(draft),
        value=value,
        is_as_reviewed=rules.is_as_reviewed(draft, today=today),
        is_chosen=chosen is None or value in chosen,
        conditions=[condition_names.get(code, code) for code in condition.get("condition_codes", [])],
        exam_date=condition.get("exam_date"),
        monthly_allotment_oz=statement.get("monthly_allotment_oz"),
        explained_to=statement.get("explained_to"),
    )


def refused_rows(refused: Sequence[tuple[Draft, Exception]]) -> list[RefusedRow]:
    """Return the drafts that could not be signed, each with its reason."""
    return [RefusedRow(name_of(draft), sign_url(draft), error) for draft, error in refused]


def name_of(draft: Draft) -> str:
    """Return the name of the draft's patient, or what the draft is called without one."""
    return draft.patient_name or str(draft)
