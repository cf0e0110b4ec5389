"""The steps of a draft with their state, as the step indicator shows them, and what is missing before it is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from certification.models import Draft
from certification.presenters.addresses import step_url
from certification.steps import PAGE_OF, STEPS, page_names

SIGN = "sign"
PAGE_LABELS: dict[str, str | Promise] = {**STEPS, SIGN: gettext_lazy("Review and sign")}


@dataclass(frozen=True)
class DraftStep:
    """A page of a draft in the step indicator; `state` is "current", "done" or "todo"."""

    label: str | Promise
    url: str
    state: str


@dataclass(frozen=True)
class Problem:
    """Why a draft cannot be signed yet, and the page on which the office corrects it."""

    label: str | Promise
    sentence: str
    url: str


def steps_of(draft: Draft, current: str, errors: Mapping[str, Exception], *, today: date) -> list[DraftStep]:
    """Return the pages of the draft in their order. A page is done when its steps could be signed as they are."""
    todo = {PAGE_OF.get(step, step) for step in errors} | {SIGN}
    steps = []
    for name in page_names(draft, today=today, also=current):
        state = "current" if name == current else "todo" if name in todo else "done"
        steps.append(DraftStep(PAGE_LABELS[name], step_url(draft, name), state))
    return steps


def problems_of(draft: Draft, errors: Mapping[str, Exception]) -> list[Problem]:
    """Return the problem of each step that is not complete, but for the statement, which is made while signing."""
    return [
        Problem(STEPS[step], str(error), step_url(draft, PAGE_OF.get(step, step)))
        for step, error in errors.items()
        if step != "statement"
    ]
