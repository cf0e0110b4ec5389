"""What changed of a patient since the certification was signed: old and new value, who changed it, and why.

Values come from the amendments, caregivers from their assignments, and who named them, and what patients changed
themselves, from the audit trail.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from audit.models import Event
from certification.models import Amendment, CaregiverAssignment, Certification
from certification.presenters.changes import names_by_code
from certification.templatetags.certifications import ounces_and_grams
from ui.templatetags.portal import phone

ASSIGNMENT, PATIENT, CERTIFICATION = (
    "certification.caregiverassignment",
    "certification.patient",
    "certification.certification",
)
NAMES = ("first_name", "middle_name", "last_name", "suffix")
PLACE = ("street", "unit", "city", "zip_code")
# What the patient or caregiver changed without us: the trail says that it was changed, and not from what.
OWN = {"person.change_phone": gettext_lazy("Phone"), "person.follow_email": gettext_lazy("Email")}


@dataclass(frozen=True)
class Change:
    """One change. `before` and `now` are empty where nobody kept the values; `seen` is the paper that proved it."""

    at: datetime
    what: str | Promise
    before: str
    now: str
    who: str
    why: str = ""
    seen: str = ""


def history_of(certification: Certification, viewer: User) -> list[Change]:
    """Return the changes since the signature, the latest first, in the words of the account that looks at them."""
    amendments = list(certification.amendments.all())
    assignments = list(certification.patient.assignments.all())
    events = _events(certification, assignments)
    actors = {each.actor_id for each in events} | {each.amended_by_id for each in amendments}
    people = _People(certification, viewer, [pk for pk in {*actors, certification.ended_by_id} if pk])
    changes = [
        *_of_amendments(amendments, people),
        *_of_caregivers(certification, assignments, events, people),
        *_of_events(events, people),
        *_of_the_end(certification, people),
    ]
    return sorted(changes, key=lambda change: change.at, reverse=True)


class _People:
    """The names of accounts, as the account that opens the page reads them."""

    def __init__(self, certification: Certification, viewer: User, accounts: Iterable[int]) -> None:
        self.physician, self.viewer, self.patient = certification.physician, viewer, certification.patient
        self.accounts = {user.pk: user for user in User.objects.filter(pk__in=list(accounts))}

    def named(self, pk: int | None) -> str:
        user = self.accounts.get(pk or 0)
        if pk == self.viewer.pk:
            return _("You")
        if pk == self.physician.user_id:
            return _("Dr. %(name)s") % {"name": self.physician.name}
        if pk == self.patient.user_id:
            return self.patient.name
        if user is None or user.is_staff:
            return _("The program")
        return _("%(email)s, delegate") % {"email": user.email}


def _events(certification: Certification, assignments: Iterable[CaregiverAssignment]) -> list[Event]:
    """Return the events of the trail that say who named or ended a caregiver, and what the patient changed."""
    pks = [assignment.pk for assignment in assignments]
    wanted = (
        Q(subject_type=ASSIGNMENT, subject_id__in=pks, action__in=["caregiver.assign", "caregiver.end"])
        | Q(subject_type=PATIENT, subject_id=certification.patient_id, action__in=list(OWN))
        | Q(subject_type=CERTIFICATION, subject_id=certification.pk, action="certification.reinstate")
    )
    done = Event.objects.filter(wanted, outcome=Event.Outcome.DONE, created_at__gte=certification.certified_at)
    return list(done.order_by("pk"))


def _of_amendments(amendments: Iterable[Amendment], people: _People) -> Iterable[Change]:
    amendments = list(amendments)
    codes = {
        code for each in amendments for side in (each.before, each.after) for code in side.get("condition_codes", [])
    }
    names = names_by_code(codes) if codes else {}
    for amendment in amendments:
        seen = str(amendment.get_proof_display()) if amendment.proof else ""
        before, after = _in_words(amendment.before, names), _in_words(amendment.after, names)
        for label, now in after.items():
            if before[label] != now:
                yield Change(
                    at=amendment.created_at,
                    what=label,
                    before=before[label],
                    now=now,
                    who=people.named(amendment.amended_by_id),
                    why=amendment.reason,
                    seen=seen,
                )


def _in_words(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Return what one side of an amendment says, by label, in the words of a page."""
    words: dict[str, str] = {}
    if "condition_codes" in values:
        words[_("Condition")] = ", ".join(sorted(names.get(code, code) for code in values["condition_codes"]))
        words[_("Directions")] = values["directions"] or _("None")
    if "monthly_allotment_oz" in values:
        words[_("Allotment")] = ounces_and_grams(Decimal(values["monthly_allotment_oz"]))
    if "last_name" in values:
        words[_("Name")] = " ".join(values[name] for name in NAMES if values[name])
        words[_("Date of birth")] = date_format(date.fromisoformat(values["birth_date"]), "DAY_FORMAT")
    if "street" in values:
        words[_("Phone")] = phone(values["phone"])
        words[_("Email")] = values["email"] or _("None")
        words[_("Home")] = _address(values)
    return words


def _address(values: Mapping[str, Any]) -> str:
    street, unit, city, zip_code = (values[name] for name in PLACE)
    return ", ".join([*(part for part in (street, unit) if part), f"{city}, CT {zip_code}"])


def _of_caregivers(
    certification: Certification, assignments: Iterable[CaregiverAssignment], events: Iterable[Event], people: _People
) -> Iterable[Change]:
    by_act = {(each.action, each.subject_id): each for each in events if each.subject_type == ASSIGNMENT}
    acted = sorted(assignments, key=lambda each: each.pk)
    label, none = _("Caregiver"), _("None")
    for before, assignment, after in zip([None, *acted], acted, [*acted[1:], None], strict=False):
        name, why = assignment.caregiver.name, assignment.ended_reason or ""
        if named := by_act.get(("caregiver.assign", assignment.pk)):
            was, reason = none, None
            if before and _replaces(assignment, before):
                was, reason = before.caregiver.name, before.ended_reason
            yield Change(assignment.created_at, label, was, name, people.named(named.actor_id), reason or "")
        if assignment.affirmed_at and assignment.affirmed_at >= certification.certified_at:
            yield Change(assignment.affirmed_at, label, _("Not affirmed"), _("Affirmed"), name)
        ended = by_act.get(("caregiver.end", assignment.pk))
        if ended and not (after and _replaces(after, assignment)):
            yield Change(ended.created_at, label, name, none, people.named(ended.actor_id), why)


def _replaces(assignment: CaregiverAssignment, before: CaregiverAssignment) -> bool:
    """Return whether the caregiver before ended on the day this one began: one act, which one line says."""
    return before.ended_date == assignment.started_date


def _of_events(events: Iterable[Event], people: _People) -> Iterable[Change]:
    for event in events:
        if event.action in OWN:
            yield Change(event.created_at, OWN[event.action], "", "", people.named(event.actor_id))
        if event.action == "certification.reinstate":
            active = str(Certification.Status.ACTIVE.label)
            yield Change(event.created_at, _("Certification"), _("Ended"), active, people.named(event.actor_id))


def _of_the_end(certification: Certification, people: _People) -> Iterable[Change]:
    """Return when and by whom it was ended. Why is the office's own word; that of staff is not for this page."""
    if certification.ended_at is None:
        return
    is_own = certification.ended_by_id == certification.physician.user_id
    yield Change(
        at=timezone.localtime(certification.ended_at),
        what=_("Certification"),
        before=str(Certification.Status.ACTIVE.label),
        now=str(Certification.Status(certification.status).label),
        who=people.named(certification.ended_by_id),
        why=certification.ended_reason if is_own else "",
    )
