"""What has changed since a certification was signed, for the physician who renews it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import rules
from certification.models import CaregiverAssignment, Certification, Condition
from ui.addresses import door_of
from ui.templatetags.portal import phone

LABELS = {
    "name": gettext_lazy("Name"),
    "birth_date": gettext_lazy("Date of birth"),
    "address": gettext_lazy("Home address"),
    "phone": gettext_lazy("Primary phone"),
    "email": gettext_lazy("Email"),
    "caregiver": gettext_lazy("Caregiver"),
}
Assignment = CaregiverAssignment | None


@dataclass(frozen=True)
class Fact:
    """A fact about the patient. `before` is its value at the signature, if that was another."""

    label: Any
    value: str
    before: str = ""


def facts_of(certification: Certification) -> list[Fact]:
    """Return name, contact data and caregiver of the patient, each with its value at the signature."""
    now = certification.patient.facts
    signed = certification.patient_as_signed or now
    facts = [
        Fact(
            LABELS[name],
            _in_words(name, value),
            "" if _is_same(name, value, signed[name]) else _in_words(name, signed[name]),
        )
        for name, value in now.items()
    ]
    then, now_acting = _assignments_of(certification)
    before = _named(then) if _is_other(then, now_acting) else ""
    return [*facts, Fact(LABELS["caregiver"], _named(now_acting), before)]


def facts_below_the_strip(certification: Certification) -> list[Fact]:
    """Return the facts without name and birth date, which the strip above the page shows, unless they have changed."""
    on_strip = (LABELS["name"], LABELS["birth_date"])
    return [fact for fact in facts_of(certification) if fact.before or fact.label not in on_strip]


def _is_same(name: str, value: str, before: str) -> bool:
    """Return whether the fact is as before. An address is the same where only its spelling changed."""
    return value == before or (name == "address" and door_of(value) == door_of(before))


def changes_since(
    certification: Certification, *, listed: Sequence[Condition], limit_oz: Decimal, today: date
) -> list[str]:
    """Return a sentence for each change beside the facts that the physician should know before the renewal.

    `listed` are the conditions that count for the patient's age on `today`, `limit_oz` the limit in ounces a month.
    """
    return [
        *_of_age(certification, today),
        *_of_conditions(certification, listed),
        *_of_limit(certification, limit_oz),
    ]


def names_by_code(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of the conditions with these codes, in one query."""
    return dict(Condition.objects.filter(code__in=list(codes)).order_by("name").values_list("code", "name"))


def conditions_of(certification: Certification) -> list[str]:
    """Return the names of the certified conditions as they are now, by name."""
    return list(names_by_code(certification.condition_codes).values())


def conditions_kept(certification: Certification, *, listed: Sequence[Condition]) -> list[str]:
    """Return the codes of last year that are still listed."""
    codes = {condition.code for condition in listed}
    return [code for code in certification.condition_codes if code in codes]


def is_new_on_the_list(condition: Condition, certification: Certification) -> bool:
    """Return whether the condition came to the list after the signature."""
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


def _assignments_of(certification: Certification) -> tuple[Assignment, Assignment]:
    """Return the caregiver's assignment at the end of the day of the signature, and the present one."""
    day = certification.certified_date
    known = certification.patient.assignments.select_related("caregiver").order_by("pk")
    then = [each for each in known if each.started_date <= day and (each.ended_date is None or each.ended_date > day)]
    now = [each for each in known if each.ended_date is None]
    return then[-1] if then else None, now[-1] if now else None


def _is_other(then: Assignment, now: Assignment) -> bool:
    return (then and then.caregiver_id) != (now and now.caregiver_id)


def _named(assignment: Assignment) -> str:
    if assignment is None:
        return _("none")
    words = {"name": assignment.caregiver.name, "relation": assignment.get_relationship_display()}
    return _("%(name)s (%(relation)s)") % words


def _in_words(name: str, value: str) -> str:
    """Return a fact in the words of a page."""
    if name == "birth_date":
        return date_format(date.fromisoformat(value), "DAY_FORMAT")
    return phone(value) if name == "phone" else value or _("none")
