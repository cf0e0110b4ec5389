"""Records of the monitoring report, made together with what they report.

Each write runs inside the caller's transaction, with the order locked.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from django.utils import timezone

from delivery.models import HandOver
from dispensing.models import DUE_AFTER, DispensedUnit, ReportFile, ReportRecord
from dispensing.rules.facts import Facts, facts_of, without_id_number

K, S = ReportRecord.Kind, ReportRecord.Status
NEVER_FILED = (S.WAITING, S.HELD)


def queue_new(units: Collection[DispensedUnit], hand_over: HandOver, *, happened_at: datetime) -> list[ReportRecord]:
    """Queue the report of units that are with the patient since `happened_at`; returns the records."""
    if not units:
        return []
    read = HandOver.objects.select_related(
        "order__patient", "order__certification__physician", "assignment__caregiver"
    ).get(pk=hand_over.pk)
    return [_made(unit, K.NEW, facts_of(unit, read), happened_at=happened_at) for unit in units]


def queue_voids(units: Iterable[DispensedUnit], *, happened_at: datetime) -> list[ReportRecord]:
    """Queue that units are not dispensed any more; returns the voids.

    What was never in a file needs none: it is not reported at all. What waits besides is dropped. A unit that was
    handed over before the portal reported has no record, and none is made.
    """
    voids = []
    for unit in units:
        told = _drop_what_waits(list(unit.reports.select_for_update(no_key=True).order_by("pk")))
        if told is not None and told.kind != K.VOID:
            voids.append(_made(unit, K.VOID, _facts_again(told), happened_at=happened_at, replaces=told))
    return voids


def queue_revision(told: ReportRecord, facts: Facts, *, happened_at: datetime) -> ReportRecord:
    """Queue that a report which the program has was wrong; returns the record."""
    return _made(told.unit, K.REVISE, facts, happened_at=happened_at, replaces=told)


def reopen(record: ReportRecord) -> None:
    """Let a record wait for the next file, within the hour; the caller has changed its facts, or leaves them."""
    record.status, record.problem = S.WAITING, None
    record.due_at, record.alarmed_at = timezone.now() + DUE_AFTER, None
    record.save(update_fields=["status", "problem", "facts", "due_at", "alarmed_at"])


def settle(record: ReportRecord, status: str, *, at: datetime | None = None) -> None:
    """End a record as accepted at a time, or as one that needs no report."""
    record.status, record.problem, record.accepted_at = status, None, at
    record.save(update_fields=["status", "problem", "accepted_at"])


def _drop_what_waits(records: list[ReportRecord]) -> ReportRecord | None:
    """Drop the records of a unit that were in no file yet; return the last one that was in one, or None."""
    told = None
    for record in records:
        if record.status in NEVER_FILED and not record.entries.exists():
            settle(record, S.DROPPED)
        elif record.status != S.DROPPED:
            told = record
    if told is not None and told.status in (*NEVER_FILED, S.ERROR):  # the program may have it: only the void is sent
        settle(told, S.DROPPED)
    return told


def _facts_again(told: ReportRecord) -> Facts:
    """Return the facts of a report once more; without the photo ID where its number is cut."""
    is_cut = HandOver.objects.filter(order=told.unit.order_id, id_cut_at__isnull=False).exists()
    return without_id_number(told.facts) if is_cut else told.facts


def _made(
    unit: DispensedUnit, kind: str, facts: Facts, *, happened_at: datetime, replaces: ReportRecord | None = None
) -> ReportRecord:
    return ReportRecord.objects.create(
        unit=unit,
        kind=kind,
        replaces=replaces,
        filled_date=date.fromisoformat(facts["filled_date"]),
        facts=facts,
        pharmacy_number=replaces.pharmacy_number if replaces else "",
        happened_at=happened_at,
        due_at=happened_at + DUE_AFTER,
    )


def days_reported(first: date, last: date) -> set[date]:
    """Return the days from `first` through `last` of which a dispensing or a zero report is told."""
    records = ReportRecord.objects.filter(kind=K.NEW, filled_date__range=(first, last)).exclude(status=S.DROPPED)
    zero = ReportFile.objects.filter(kind=ReportFile.Kind.ZERO, day__range=(first, last))
    return {*records.values_list("filled_date", flat=True), *(file.day for file in zero.only("day") if file.day)}
