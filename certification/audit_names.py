"""How patients, caregivers and what belongs to them are named in the audit trail."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit import names
from audit.names import ACCOUNT, MOST_FOUND, Actor, Found, Name
from certification.models import (
    Card,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Invitation,
    Letter,
    Patient,
    PatientRequest,
    TakeOver,
)
from certification.search import numbered, people_called

PATIENT, CAREGIVER = "certification.patient", "certification.caregiver"
CERTIFICATION, DRAFT = "certification.certification", "certification.draft"


def person_columns(prefix: str) -> list[str]:
    """Return the columns of a person's number and name; `prefix` is the way to the person, as "patient__"."""
    return [f"{prefix}{name}" for name in ("number", "first_name", "last_name")]


def person_name(number: str | None, first: str | None, last: str | None) -> str:
    """Return how the trail names a person: the name and the number; empty without a number."""
    return f"{first} {last}, {number}" if number else ""


def _either(*columns: str | None) -> str:
    """Return the name of the patient or the caregiver: of six columns, three are empty."""
    return person_name(*columns[:3]) or person_name(*columns[3:])


EITHER = [*person_columns("patient__"), *person_columns("caregiver__")]


def patients(ids: Collection[int]) -> dict[int, Actor]:
    """Return the patients among these accounts."""
    return _actors(Patient, PATIENT, _("patient"), ids)


def caregivers(ids: Collection[int]) -> dict[int, Actor]:
    """Return the caregivers among these accounts."""
    return _actors(Caregiver, CAREGIVER, _("caregiver"), ids)


def _actors(model: type[Patient] | type[Caregiver], label: str, role: str, ids: Collection[int]) -> dict[int, Actor]:
    rows = model.objects.filter(user__in=ids).values_list("user", "pk", *person_columns(""))
    return {user: Actor(person_name(*name), role, label, pk) for user, pk, *name in rows}


def search(term: str) -> Iterator[Found]:
    """Find people as their lists do or by their whole e-mail address, and certifications by their number."""
    for model, label, role in ((Patient, PATIENT, _("patient")), (Caregiver, CAREGIVER, _("caregiver"))):
        people = model.objects.filter(people_called(term))
        if "@" in term:
            people = model.objects.filter(email=term.strip().lower())
        for pk, *name in people.order_by("search_name").values_list("pk", *person_columns(""))[: MOST_FOUND + 1]:
            yield Found(label, pk, f"{person_name(*name)}, {role}")
    for pk, found in Certification.objects.filter(numbered(term)).values_list("pk", "number"):
        yield Found(CERTIFICATION, pk, _("certification %(number)s") % {"number": found})


def of_patient(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the ids of the patients' certifications with their drafts, papers, caregivers, requests and accounts.

    A certification has the id of its draft, so the draft's events are found by it.
    """
    signed = Certification.objects.filter(patient__in=pks)
    rows = {"patient__in": pks}
    return {
        CERTIFICATION: signed.values_list("pk", flat=True),
        DRAFT: signed.values_list("pk", flat=True),
        "certification.letter": Letter.objects.filter(certification__in=signed).values_list("pk", flat=True),
        "certification.card": Card.objects.filter(**rows).values_list("pk", flat=True),
        "certification.invitation": Invitation.objects.filter(**rows).values_list("pk", flat=True),
        "certification.caregiverassignment": CaregiverAssignment.objects.filter(**rows).values_list("pk", flat=True),
        "certification.patientrequest": PatientRequest.objects.filter(**rows).values_list("pk", flat=True),
        "certification.takeover": TakeOver.objects.filter(**rows).values_list("pk", flat=True),
        ACCOUNT: Patient.objects.filter(pk__in=pks).values_list("user", flat=True),
    }


def showing_patient(pks: Collection[int]) -> dict[str, QuerySet[Any]]:
    """Return the caregivers who are or were assigned to the patients: their pages name the patients."""
    assigned = CaregiverAssignment.objects.filter(patient__in=pks).values("caregiver")
    return {CAREGIVER: Caregiver.objects.filter(pk__in=assigned)}


def of_caregiver(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the ids of the caregivers' cards, invitations, assignments and accounts."""
    rows = {"caregiver__in": pks}
    return {
        "certification.card": Card.objects.filter(**rows).values_list("pk", flat=True),
        "certification.invitation": Invitation.objects.filter(**rows).values_list("pk", flat=True),
        "certification.caregiverassignment": CaregiverAssignment.objects.filter(**rows).values_list("pk", flat=True),
        ACCOUNT: Caregiver.objects.filter(pk__in=pks).values_list("user", flat=True),
    }


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    say, of_patient_columns = names.register, person_columns("patient__")
    for label in (PATIENT, CAREGIVER):
        say(label, *person_columns(""), say=lambda *name: Name("", person_name(*name)))
    for label in (CERTIFICATION, DRAFT):
        say(
            label,
            "number",
            *of_patient_columns,
            say=lambda number, *name: Name(number, person_name(*name)),
            found_in=CERTIFICATION,  # a draft is named once it is signed: the certification takes its id
        )
    say(
        "certification.letter",
        *person_columns("certification__patient__"),
        say=lambda *name: Name("", person_name(*name)),
    )
    for label in ("certification.card", "certification.invitation"):
        say(label, *EITHER, say=lambda *columns: Name("", _either(*columns)))
    for label in ("certification.caregiverassignment", "certification.patientrequest", "certification.takeover"):
        say(label, *of_patient_columns, say=lambda *name: Name("", person_name(*name)))
    say("certification.condition", "name", say=lambda name: Name(name))
    say("certification.allotmentlimit", "effective_date", say=lambda day: Name(f"{day:%Y-%m-%d}"))
    names.register_actors(caregivers, rank=5)
    names.register_actors(patients, rank=4)
    names.register_search(search)
    names.register_belongings(PATIENT, of_patient)
    names.register_shown(PATIENT, showing_patient)
    names.register_belongings(CAREGIVER, of_caregiver)
