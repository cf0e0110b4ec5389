"""Who got some of a lot, where each unit is, and the way to each person."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from certification.models import Caregiver, CaregiverAssignment, Patient
from certification.rules import is_guarded
from certification.writes.messages import email_of, phone_of
from delivery.models import Lot
from dispensing.models import DispensedUnit, RecalledPerson
from notifications.ways import Known, Way, known_of, way_to

P = DispensedUnit.Place


@dataclass(frozen=True)
class TracedUnit:
    """A unit of the lot, the order and the patient that it was packed for."""

    serial: int
    place: str
    order_number: str | None
    patient_id: int
    handed_over_at: datetime | None


@dataclass(frozen=True)
class Holder:
    """A patient who got `units` of the lot: whom to tell, the caregiver in the place of the patient or the patient."""

    patient: Patient
    caregiver: Caregiver | None
    units: int
    way: Way

    @property
    def told(self) -> Patient | Caregiver:
        """Return who is told."""
        return self.caregiver or self.patient

    @property
    def way_in_words(self) -> str:
        """Return the way as the pages of staff name it."""
        return str(RecalledPerson.Way(self.way.channel).label)


@dataclass(frozen=True)
class Trace:
    """Every unit of a lot, and every patient who got one, with what was read about the ways to them."""

    units: list[TracedUnit]
    holders: list[Holder]
    known: Known

    @property
    def places(self) -> dict[str, int]:
        """Return how many units are at each place, by its name."""
        counts = Counter(unit.place for unit in self.units)
        return {str(place.label): counts[place] for place in P if counts[place]}


def trace(lots: Collection[Lot], *, today: date) -> Trace:
    """Return every unit of the lots, and the patients who got one, in at most six queries.

    What came back later counts, because some of it may have been used; what never reached a patient does not.
    """
    units = DispensedUnit.objects.filter(lot__in=lots)
    rows = units.order_by("serial").values_list("serial", "place", "order__number", "order__patient", "handed_over_at")
    found = [TracedUnit(*row) for row in rows]
    counts = Counter(unit.patient_id for unit in found if unit.handed_over_at and unit.place != P.MISSING)
    holders, known = holders_of(_patients_with(units), counts, today=today)
    return Trace(found, holders, known)


def _patients_with(units: QuerySet[DispensedUnit]) -> QuerySet[Patient]:
    got = units.filter(handed_over_at__isnull=False).exclude(place=P.MISSING)
    return Patient.objects.filter(pk__in=got.values("order__patient"))


def holders_of(patients: QuerySet[Patient], units: Counter[int], *, today: date) -> tuple[list[Holder], Known]:
    """Return whom to tell for each patient and by which way, and what was read about the ways; in four queries."""
    people = list(patients.select_related("user").order_by("pk"))
    open_ones = CaregiverAssignment.objects.filter(ended_date__isnull=True, patient__in=patients)
    assignments = open_ones.select_related("caregiver__user").defer("need", "ended_reason")
    caregivers = {row.patient_id: row.caregiver for row in assignments}
    told = {patient.pk: caregiver_to_tell(patient, caregivers.get(patient.pk), today=today) for patient in people}
    known = known_of(_ways_of(told[patient.pk] or patient for patient in people))
    holders = [
        Holder(patient, told[patient.pk], units[patient.pk], _way(told[patient.pk] or patient, known))
        for patient in people
    ]
    return holders, known


def caregiver_to_tell(patient: Patient, caregiver: Caregiver | None, *, today: date) -> Caregiver | None:
    """Return the caregiver who is told in the place of the patient: who orders alone, or is reached by mail alone."""
    if caregiver and (is_guarded(patient, today=today) or (email_of(caregiver) and not email_of(patient))):
        return caregiver
    return None


def _ways_of(people: Iterable[Patient | Caregiver]) -> list[tuple[str, str]]:
    return [(email_of(person), phone_of(person)) for person in people]


def _way(person: Patient | Caregiver, known: Known) -> Way:
    return way_to(email=email_of(person), phone=phone_of(person), kind="lot_recalled", known=known)
