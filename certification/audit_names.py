"""How patients, caregivers and what belongs to them are named in the audit trail."""

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
from certification.search import people_called

PATIENT, CAREGIVER = "certification.patient", "certification.caregiver"
CERTIFICATION, DRAFT = "certification.certification", "certification.draft"


def person_columns(prefix):
    """Number and name of a person, where `prefix` is the way there."""
    return [f"{prefix}{name}" for name in ("number", "first_name", "last_name")]


def person_name(number, first, last):
    return f"{first} {last}, {number}" if number else ""


def _either(*columns):
    """The patient or the caregiver: of six columns, three are empty."""
    return person_name(*columns[:3]) or person_name(*columns[3:])


EITHER = [*person_columns("patient__"), *person_columns("caregiver__")]


def patients(ids):
    return _actors(Patient, PATIENT, _("patient"), ids)


def caregivers(ids):
    return _actors(Caregiver, CAREGIVER, _("caregiver"), ids)


def _actors(model, label, role, ids):
    rows = model.objects.filter(user__in=ids).values_list("user", "pk", *person_columns(""))
    return {user: Actor(person_name(*name), role, label, pk) for user, pk, *name in rows}


def search(term):
    """Patients and caregivers as their lists find them, or by their whole e-mail address."""
    for model, label, role in ((Patient, PATIENT, _("patient")), (Caregiver, CAREGIVER, _("caregiver"))):
        people = model.objects.filter(people_called(term))
        if "@" in term:
            people = model.objects.filter(email=term.strip().lower())
        for pk, *name in people.order_by("search_name").values_list("pk", *person_columns(""))[:MOST_FOUND]:
            yield Found(label, pk, f"{person_name(*name)}, {role}")
    number = term.strip().upper()
    for pk, found in Certification.objects.filter(number=number).values_list("pk", "number"):
        yield Found(CERTIFICATION, pk, _("certification %(number)s") % {"number": found})


def of_patient(pks):
    """The patient's certifications with their drafts, papers, caregivers, requests and account.

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


def of_caregiver(pks):
    rows = {"caregiver__in": pks}
    return {
        "certification.card": Card.objects.filter(**rows).values_list("pk", flat=True),
        "certification.invitation": Invitation.objects.filter(**rows).values_list("pk", flat=True),
        "certification.caregiverassignment": CaregiverAssignment.objects.filter(**rows).values_list("pk", flat=True),
        ACCOUNT: Caregiver.objects.filter(pk__in=pks).values_list("user", flat=True),
    }


def register():
    say, of_one = names.register, person_columns("patient__")
    for label in (PATIENT, CAREGIVER):
        say(label, *person_columns(""), say=lambda *name: Name("", person_name(*name)))
    for label in (CERTIFICATION, DRAFT):
        say(
            label,
            "number",
            *of_one,
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
        say(label, *of_one, say=lambda *name: Name("", person_name(*name)))
    say("certification.condition", "name", say=lambda name: Name(name))
    say("certification.allotmentlimit", "effective_date", say=lambda day: Name(f"{day:%Y-%m-%d}"))
    names.register_actors(caregivers, rank=5)
    names.register_actors(patients, rank=4)
    names.register_search(search)
    names.register_belongings(PATIENT, of_patient)
    names.register_belongings(CAREGIVER, of_caregiver)
