"""The answers of a draft: JSON in the row, dates and decimals in the code."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from certification.models import Answers, Draft

_READERS: dict[str, Callable[[str], Any]] = {
    "birth_date": date.fromisoformat,
    "exam_date": date.fromisoformat,
    "monitoring_reviewed_date": date.fromisoformat,
    "monthly_allotment_oz": Decimal,
}


def to_json(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of one step as JSON values: dates in ISO form, decimals and phone numbers as text."""
    return {
        name: value if isinstance(value, bool | list | int | None) else str(value) for name, value in answers.items()
    }


def from_json(answers: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the answers of one step from its JSON, the reverse of `to_json`; None stays None: it was not answered."""
    if answers is None:
        return None
    return {name: _READERS[name](value) if name in _READERS and value else value for name, value in answers.items()}


def with_answers(draft: Draft, answers: Mapping[str, Answers]) -> dict[str, Any]:
    """Return the answers of the draft, as JSON, with those of some steps replaced."""
    return {**draft.answers, **{step: to_json(given) for step, given in answers.items()}}
