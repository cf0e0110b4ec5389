"""The rows of the dispensing log, written in the transaction of what they tell of."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from certification.models.people import Person
from delivery.models import HandOver
from dispensing import rules
from dispensing.models import DispensedUnit, LogEntry


@transaction.atomic
def enter_in_log(*, hand_over: HandOver, units: Collection[DispensedUnit], by: User) -> list[LogEntry]:
    """Enter units that a hand-over, or an exchange after it, gave to a patient; returns the entries, one for a unit."""
    if not units:
        return []
    hand_over = HandOver.objects.select_related(
        "order__patient", "order__certification__physician", "assignment__caregiver"
    ).get(pk=hand_over.pk)
    order = hand_over.order
    assert order.certification
    physician = order.certification.physician
    caregiver = hand_over.assignment.caregiver if hand_over.assignment else None
    month = rules.month_supplied(hand_over)
    return LogEntry.objects.bulk_create(
        LogEntry(
            unit=unit,
            dispensed_at=unit.handed_over_at or hand_over.stated_at,
            certifier_name=physician.name,
            certifier_address=physician.practice_address,
            patient_name=order.patient.name,
            patient_address=_address_of(order.patient),
            caregiver_name=caregiver.name if caregiver else "",
            caregiver_address=_address_of(caregiver) if caregiver else "",
            product_name=unit.product.full_name,
            month=month,
        )
        for unit in units
    )


def _address_of(person: Person) -> str:
    return f"{person.street_address}, {person.town}"


@transaction.atomic
def note_taken_back(*, units: Collection[DispensedUnit], by: User) -> None:
    """Note at the entries of units that a correction undid that they are no longer dispensed, and after which one.

    A unit that was handed over before there was a log has no entry.
    """
    now = timezone.now()
    entries = LogEntry.objects.in_bulk([unit.pk for unit in units])
    for unit in units:
        if entry := entries.get(unit.pk):
            entry.taken_back_at, entry.taken_back = now, unit.taken_back
    LogEntry.objects.bulk_update(entries.values(), ["taken_back_at", "taken_back"])


@transaction.atomic
def note_swapped(
    *, came_back: Collection[DispensedUnit], given: Collection[DispensedUnit], hand_over: HandOver, by: User
) -> None:
    """Note at the entries of units that came back that the patient got another one, and enter those `given` instead.

    As many on both sides; each is noted with one of its own product and lot.
    """
    enter_in_log(hand_over=hand_over, units=given, by=by)
    instead = sorted(given, key=_kind_of)
    entries = LogEntry.objects.in_bulk([unit.pk for unit in came_back])
    for unit, other in zip(sorted(came_back, key=_kind_of), instead, strict=True):
        if entry := entries.get(unit.pk):
            entry.taken_back_at, entry.given_instead = timezone.now(), other
    LogEntry.objects.bulk_update(entries.values(), ["taken_back_at", "given_instead"])


def _kind_of(unit: DispensedUnit) -> tuple[int, str, int]:
    return unit.product_id, unit.lot_number, unit.serial
