"""Batches of roster rows written, each inside its caller's transaction; a row changes only what it changes."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.models import Physician, Registration, RosterImport
from accounts.rosters.report import Report
from accounts.rosters.rows import ProgramRow, RegistrationRow, RowProblem
from audit.actions import record
from ui.text import search_name

Kind = RosterImport.Kind
SOURCES = {
    Kind.PROGRAM: "Program roster",
    Kind.ELICENSE: "State licenses and credentials",
    Kind.DEA: "DEA registrants",
}
COLUMN_OF_KIND: dict[str, str] = {
    Registration.Kind.MEDICAL_LICENSE: "license_number",
    Registration.Kind.CONTROLLED_SUBSTANCE: "csp_number",
}


def write_program(batch: list[ProgramRow], report: Report) -> None:
    numbers = [row.fields["dea_number"] for row in batch]
    npis = [row.fields["npi"] for row in batch if row.fields["npi"]]
    known = (
        Physician.objects.prefetch_related("registrations")
        .select_for_update(no_key=True, of=("self",))
        .filter(Q(dea_number__in=numbers) | Q(npi__in=npis))
        .order_by("pk")
    )
    by_number, by_npi = defaultdict(list), defaultdict(list)
    for physician in known:
        by_number[physician.dea_number].append(physician)
        by_npi[physician.npi].append(physician)
    for row in batch:
        number, npi = row.fields["dea_number"], row.fields["npi"]
        # A row before this one may have given a physician of the batch another number.
        same = next((one for one in by_number.get(number, []) if one.dea_number == number), None)
        namesakes = [one for one in by_npi.get(npi, []) if one.npi == npi and npi and not same]
        if problem := _not_one_physician(row, namesakes):
            report.add(row.line, [problem])
        else:
            report.outcomes[_write_physician(row, same or next(iter(namesakes), None), report)] += 1


def _not_one_physician(row: ProgramRow, namesakes: list[Physician]) -> RowProblem | None:
    """Why a new DEA number is not simply given to the physician who has this NPI."""
    if len(namesakes) > 1:
        return RowProblem("npi", _("Two of our physicians have this NPI. Correct one of them first."))
    last_name = search_name(row.fields["last_name"])
    if namesakes and search_name(namesakes[0].last_name) != last_name:
        return RowProblem(
            "npi", _("This NPI belongs to a physician with another DEA number and last name. Find out who it is.")
        )
    return None


def _write_physician(row: ProgramRow, physician: Physician | None, report: Report) -> str:
    """`new`, `changed` or `unchanged`: the physician and the registrations that the row names."""
    is_new = physician is None
    physician = physician or Physician(ssn_digest="")
    had_number = physician.dea_number
    fields = dict(row.fields)
    if fields["dea_number"] == had_number and not fields["dea_suffix"]:
        del fields["dea_suffix"]  # a roster may leave it out: what is known of the number stays
    changed = [name for name, value in fields.items() if getattr(physician, name) != value]
    for name in changed:
        setattr(physician, name, fields[name])
    if not any(constant_time_compare(physician.ssn_digest, digest) for digest in row.ssn_digests):
        physician.ssn_digest = row.ssn_digests[0]
        changed.append("ssn_digest")
    if changed:
        physician.search_name = search_name(physician.last_name, physician.first_name)
        physician.save()
    named = [_name_registration(physician, kind, number, row.line, report) for kind, number in _named(row, had_number)]
    named.append(_name_access(physician, row, report))
    if not (changed or any(named)):
        return "unchanged"
    record(action="physician.add" if is_new else "physician.import", by=report.by, subject=physician)
    return "new" if is_new else "changed"


def _named(row: ProgramRow, had_number: str) -> Iterator[tuple[str, str]]:
    kinds = Registration.Kind
    if row.license_number:
        yield kinds.MEDICAL_LICENSE, row.license_number
    if row.csp_number:
        yield kinds.CONTROLLED_SUBSTANCE, row.csp_number
    if row.fields["dea_number"] != had_number:
        yield kinds.DEA, row.fields["dea_number"]


def _name_registration(physician: Physician, kind: str, number: str, line: int, report: Report) -> bool:
    """Whether something changed: a number that is new to us is on record, and not active until it is confirmed."""
    standing = _standing(physician, kind)
    if standing and standing.number == number:
        return False
    if standing and kind != Registration.Kind.DEA and _is_by_hand(standing):
        reason = _("The row names another number than a person has verified; that one was kept. Please compare them.")
        report.add(line, [RowProblem(COLUMN_OF_KIND[kind], reason, is_warning=True)])
        return False
    registration = standing or Registration(physician=physician, kind=kind)
    registration.number, registration.state, registration.schedules = number, "", ""
    registration.is_active, registration.is_limited, registration.expires_date = False, False, None
    _save_checked(registration, report)
    return True


def _name_access(physician: Physician, row: ProgramRow, report: Report) -> bool:
    """Whether access to the monitoring program changed: only where the row says it, and nobody looked it up."""
    kind = Registration.Kind.PRESCRIPTION_MONITORING
    standing = _standing(physician, kind)
    if row.has_access is None or (standing and standing.is_active == row.has_access):
        return False
    if standing and _is_by_hand(standing):
        reason = _("The row contradicts what a person has verified; that was kept. Please compare them.")
        report.add(row.line, [RowProblem("monitoring_access", reason, is_warning=True)])
        return False
    registration = standing or Registration(physician=physician, kind=kind)
    registration.is_active = row.has_access
    _save_checked(registration, report)
    return True


def _standing(physician: Physician, kind: str) -> Registration | None:
    return next((one for one in physician.registrations.all() if one.kind == kind), None)


def _is_by_hand(registration: Registration) -> bool:
    return registration.verified_by_id is not None and registration.source not in SOURCES.values()


def _save_checked(registration: Registration, report: Report) -> None:
    registration.source = SOURCES[Kind(report.run.kind)]
    registration.verified_at, registration.verified_by = timezone.now(), report.by
    registration.save()
    record(action="registration.check", by=report.by, subject=registration)


def write_credentials(batch: list[RegistrationRow], report: Report) -> None:
    numbers = [row.number for row in batch]
    kinds = [Registration.Kind.MEDICAL_LICENSE, Registration.Kind.CONTROLLED_SUBSTANCE]
    held = Registration.objects.filter(kind__in=kinds, number__in=numbers)
    _lock_physicians(pk__in=held.values("physician"))
    standing = {registration.number: registration for registration in held.order_by("pk")}
    for row in batch:
        registration = standing.get(row.number)
        if registration:  # it was there when we began to read
            report.outcomes[_write_registration(registration, row, report)] += 1


def write_dea(batch: list[RegistrationRow], report: Report) -> None:
    physicians = _lock_physicians(dea_number__in=[row.number for row in batch])
    held = {one.physician_id: one for one in Registration.objects.filter(kind="dea", physician__in=physicians.values())}
    for row in batch:
        pk = physicians.get(row.number)
        if pk:  # it was there when we began to read
            registration = held.get(pk) or Registration(physician_id=pk, kind="dea", number=row.number)
            report.outcomes[_write_registration(registration, row, report)] += 1


def _lock_physicians(**which: Any) -> dict[str, int]:
    """Keys by DEA number; the rows stay locked until the batch is written."""
    rows = Physician.objects.select_for_update(no_key=True, of=("self",)).filter(**which).order_by("pk")
    return dict(rows.values_list("dea_number", "pk"))


def _write_registration(registration: Registration, row: RegistrationRow, report: Report) -> str:
    """`new`, `changed` or `unchanged`. A record of the registry older than what a person has verified stays out."""
    is_new = registration.pk is None
    checked = None if is_new else timezone.localdate(registration.verified_at)
    if checked and row.as_of and _is_by_hand(registration) and row.as_of < checked:
        return "unchanged"
    facts = {"number": row.number, **row.facts}
    changed = [name for name, value in facts.items() if getattr(registration, name) != value]
    is_newly_seen = bool(checked and row.as_of and checked < row.as_of <= timezone.localdate())
    if is_new or changed or is_newly_seen:
        for name in changed:
            setattr(registration, name, facts[name])
        _save_checked(registration, report)
    if is_new:
        return "new"
    return "changed" if changed else "unchanged"
