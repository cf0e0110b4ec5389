"""What is different from the day on which a certification was signed, for who renews it. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import rules
from certification.models import CaregiverAssignment, Certification, Condition
from ui.templatetags.portal import phone

LABELS = {
    "name": gettext_lazy("Name"),
    "birth_date": gettext_lazy("Date of birth"),
    "address": gettext_lazy("Home address"),
    "phone": gettext_lazy("Primary phone"),
    "email": gettext_lazy("Email"),
    "caregiver": gettext_lazy("Caregiver"),
}
Actor = CaregiverAssignment | None


@dataclass(frozen=True)
class Fact:
    """`before` is what stood there when it was signed, where that was something else."""

    label: Any
    value: str
    before: str = ""


def facts_of(certification: Certification) -> list[Fact]:
    """Who and where the patient is, and who acts for her, beside what was signed."""
    now = certification.patient.facts
    signed = certification.patient_as_signed or now
    facts = [
        Fact(LABELS[name], _said(name, value), _said(name, signed[name]) if signed[name] != value else "")
        for name, value in now.items()
    ]
    then, actor = _acted(certification)
    before = _named(then) if _is_other(then, actor) else ""
    return [*facts, Fact(LABELS["caregiver"], _named(actor), before)]


def changes_since(
    certification: Certification, *, listed: Sequence[Condition], limit_oz: Decimal, today: date
) -> list[str]:
    """A sentence for each thing, the facts apart, that the physician should know before she renews it.

    `listed` are the conditions that count for the patient's age on `today`, `limit_oz` the limit in ounces a month.
    """
    return [
        *_of_age(certification, today),
        *_of_conditions(certification, listed),
        *_of_limit(certification, limit_oz),
    ]


def conditions_kept(certification: Certification, *, listed: Sequence[Condition]) -> list[str]:
    """The codes of last year that are still listed."""
    codes = {condition.code for condition in listed}
    return [code for code in certification.condition_codes if code in codes]


def is_new_on_the_list(condition: Condition, certification: Certification) -> bool:
    """It came to the list after the certification was signed."""
    return condition.effective_date > certification.certified_date


def _of_age(certification: Certification, today: date) -> list[str]:
    birth_date = certification.patient.birth_date
    if not rules.is_minor_on(birth_date, certification.certified_date) or rules.is_minor_on(birth_date, today):
        return []
    words = _(
        "The patient has come of age: the conditions are those for adults, no letters are asked for, and risks and "
        "benefits are explained to the patient."
    )
    return [words]


def _of_conditions(certification: Certification, listed: Sequence[Condition]) -> list[str]:
    lost = set(certification.condition_codes) - set(conditions_kept(certification, listed=listed))
    gone = Condition.objects.filter(code__in=lost).order_by("name") if lost else []
    new = [condition.name for condition in listed if is_new_on_the_list(condition, certification)]
    sentences = [
        _("“%(name)s” is no longer on the list for this patient: choose what fits now.") % {"name": condition.name}
        for condition in gone
    ]
    if new:
        sentences.append(_("New on the list of conditions: %(names)s.") % {"names": " · ".join(new)})
    return sentences


def _of_limit(certification: Certification, now: Decimal) -> list[str]:
    before = certification.allotment_limit_oz
    if now == before:
        return []
    words = _("The limit is %(now)s oz a month now; it was %(before)s oz, and this patient had %(had)s oz.")
    return [words % {"now": now, "before": before, "had": certification.monthly_allotment_oz}]


def _acted(certification: Certification) -> tuple[Actor, Actor]:
    """Who acted for the patient at the end of the day on which it was signed, and who does now."""
    day = certification.certified_date
    known = certification.patient.assignments.select_related("caregiver").order_by("pk")
    then = [each for each in known if each.started_date <= day and (each.ended_date is None or each.ended_date > day)]
    now = [each for each in known if each.ended_date is None]
    return then[-1] if then else None, now[-1] if now else None


def _is_other(then: Actor, now: Actor) -> bool:
    return (then and then.caregiver_id) != (now and now.caregiver_id)


def _named(assignment: Actor) -> str:
    if assignment is None:
        return _("none")
    words = {"name": assignment.caregiver.name, "relation": assignment.get_relationship_display()}
    return _("%(name)s (%(relation)s)") % words


def _said(name: str, value: str) -> str:
    """A fact as a page says it."""
    if name == "birth_date":
        return date_format(date.fromisoformat(value), "DAY_FORMAT")
    return phone(value) if name == "phone" else value or _("none")
