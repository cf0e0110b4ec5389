"""The steps of a draft with their state, as the step indicator shows them, and what is missing before it is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from certification.models import Draft
from certification.presenters.addresses import step_url
from certification.steps import OPTIONAL_STEPS, STEPS, step_names

REVIEW = "review"
STEP_LABELS: dict[str, str | Promise] = {**STEPS, REVIEW: gettext_lazy("Review and sign")}


@dataclass(frozen=True)
class DraftStep:
    """A step of a draft; `state` is "current", "done" or "todo"."""

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
    """Return the steps of the draft in their order. A step is done when it could be signed as it is."""
    names = [*step_names(draft, today=today), REVIEW]
    place = names.index(current)
    steps = []
    for number, name in enumerate(names):
        is_done = name in STEPS and name not in errors
        if name in OPTIONAL_STEPS and name not in draft.answers:
            is_done = is_done and number < place
        state = "current" if name == current else "done" if is_done else "todo"
        steps.append(DraftStep(STEP_LABELS[name], step_url(draft, name), state))
    return steps


def problems_of(draft: Draft, errors: Mapping[str, Exception]) -> list[Problem]:
    """Return the problem of each step that is not complete."""
    return [Problem(STEP_LABELS[step], str(error), step_url(draft, step)) for step, error in errors.items()]
