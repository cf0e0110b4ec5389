"""Who may receive an order, and what staff have to know about it, in words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification.models import CaregiverAssignment, Patient
from certification.rules import is_minor_on, needs_guardian
from delivery.models import Order
from ui.prepared import Prepared

LOOK, KNOW = "look", "know"  # gold: look here; blue: to know
TONES = {
    Order.Status.PLACED: LOOK,
    Order.Status.CONFIRMED: "ready",
    Order.Status.PACKED: "ready",
    Order.Status.OUT_FOR_DELIVERY: KNOW,
    Order.Status.DELIVERED: "ready",
    Order.Status.RETURNED: LOOK,
}
PLACED = gettext_lazy("Placed, to review")


@dataclass(frozen=True)
class Flag:
    """Something about an order that staff have to look at, or to know; `tone` is its colour."""

    words: str
    tone: str


@dataclass(frozen=True)
class StatusInWords:
    """The status of an order for staff; `tone` is its colour."""

    words: str | Promise
    tone: str


@dataclass(frozen=True)
class Receiver:
    """The people who may receive an order. `names` is empty when nobody may yet; `about` says who they are and why."""

    names: tuple[str, ...]
    is_guarded: bool
    about: str

    @property
    def words(self) -> str:
        if not self.names:
            return _("Nobody yet")
        if len(self.names) == 1:
            return _("Only %(name)s") % {"name": self.names[0]}
        return _("%(name)s or %(other)s") % {"name": self.names[0], "other": self.names[1]}


def status_in_words(order: Order) -> StatusInWords:
    status = Order.Status(order.status)
    return StatusInWords(PLACED if status == Order.Status.PLACED else status.label, TONES.get(status, "plain"))


def open_assignments(patients: Collection[int]) -> dict[int, CaregiverAssignment]:
    """Return by patient id the assignment of the caregiver who acts for the patient now."""
    return {row.patient_id: row for row in _open.rows(patients=sorted(patients))}


def _open_of(*, patients: list[int]) -> QuerySet[CaregiverAssignment]:
    found = CaregiverAssignment.objects.filter(patient__in=patients, ended_date=None)
    return found.select_related("caregiver").defer("need", "ended_reason")


_open = Prepared(_open_of)


def receiver_of(patient: Patient, assignment: CaregiverAssignment | None, *, day: date) -> Receiver:
    """Return who may receive a delivery for the patient on `day`: a guarded patient never does."""
    is_guarded = needs_guardian(birth_date=patient.birth_date, has_legal_capacity=patient.has_legal_capacity, day=day)
    acts = assignment is not None and assignment.affirmed_at is not None
    helper = (assignment.caregiver.name,) if assignment and acts else ()
    names = helper if is_guarded else (patient.name, *helper)
    return Receiver(names, is_guarded, _about(patient, assignment, is_guarded=is_guarded, acts=acts, day=day))


def _about(patient: Patient, assignment: CaregiverAssignment | None, *, is_guarded: bool, acts: bool, day: date) -> str:
    words = {"patient": patient.name}
    if is_guarded and is_minor_on(patient.birth_date, day):
        why = _("%(patient)s is under 18, so the guardian orders and receives.") % words
    elif is_guarded:
        why = _("%(patient)s does not decide alone, so the guardian orders and receives.") % words
    elif assignment is None:
        return _("The patient. There is no caregiver.")
    else:
        why = ""
    if assignment is None:
        return _("%(why)s No guardian is named.") % {"why": why}
    who = {"relationship": assignment.get_relationship_display(), "name": assignment.caregiver.name, "why": why}
    if not acts:
        return (_("%(name)s has not affirmed the caregiver’s statement yet. %(why)s") % who).strip()
    if is_guarded:
        return _("%(relationship)s and caregiver. %(why)s") % who
    return _("The patient, or the caregiver (%(relationship)s).") % {"relationship": str(who["relationship"]).lower()}
