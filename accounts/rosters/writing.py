"""Write batches of roster rows. Each function runs inside the caller's transaction."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Physician, Registration, RosterImport
from accounts.rosters.report import Report
from accounts.rosters.rows import ProgramRow, RegistrationRow, RowProblem
from audit.actions import record
from ui.person_names import in_name_case
from ui.text import search_name

Kind = RosterImport.Kind
SOURCES = {
    Kind.PROGRAM: "Program roster",
    Kind.ELICENSE: "State licenses and credentials",
    Kind.DEA: "DEA registrants",
}
PROVEN = {"is_active", "is_limited", "expires_date"}  # facts by which a registration counts, or does not
COLUMN_OF_KIND: dict[str, str] = {
    Registration.Kind.MEDICAL_LICENSE: "license_number",
    Registration.Kind.CONTROLLED_SUBSTANCE: "csp_number",
}


def write_program(batch: list[ProgramRow], report: Report) -> None:
    """Write rows of the program's roster: new physicians, and what changed of known ones."""
    numbers = [row.fields["dea_number"] for row in batch]
    npis = [row.fields["npi"] for row in batch if row.fields["npi"]]
    physicians = (
        Physician.objects.prefetch_related("registrations")
        .select_for_update(no_key=True, of=("self",))
        .filter(Q(dea_number__in=numbers) | Q(npi__in=npis))
        .order_by("pk")
    )
    by_number, by_npi = defaultdict(list), defaultdict(list)
    for physician in physicians:
        by_number[physician.dea_number].append(physician)
        by_npi[physician.npi].append(physician)
    for row in batch:
        number, npi = row.fields["dea_number"], row.fields["npi"]
        # A row before this one may have given a physician of the batch another number.
        same = next((found for found in by_number.get(number, []) if found.dea_number == number), None)
        namesakes = [found for found in by_npi.get(npi, []) if found.npi == npi and npi and not same]
        if problem := _not_one_physician(row, namesakes):
            report.add(row.line, [problem])
        else:
            report.outcomes[_write_physician(row, same or next(iter(namesakes), None), report)] += 1


def _not_one_physician(row: ProgramRow, namesakes: list[Physician]) -> RowProblem | None:
    """Return why a new DEA number is not given to the physician who has this NPI, or None."""
    if len(namesakes) > 1:
        return RowProblem("npi", _("Two of our physicians have this NPI. Correct one of them first."))
    last_name = search_name(row.fields["last_name"])
    if namesakes and search_name(namesakes[0].last_name) != last_name:
        return RowProblem(
            "npi", _("This NPI belongs to a physician with another DEA number and last name. Find out who it is.")
        )
    return None


def _write_physician(row: ProgramRow, physician: Physician | None, report: Report) -> str:
    """Write the physician and registrations that the row names; return `new`, `changed` or `unchanged`."""
    is_new = physician is None
    physician = physician or Physician(ssn_digest="")
    had_number = physician.dea_number
    fields = dict(row.fields)
    if fields["dea_number"] == had_number and not fields["dea_suffix"]:
        del fields["dea_suffix"]  # a roster may leave the suffix out: the one on record stays
    for name in ("first_name", "last_name"):
        if in_name_case(getattr(physician, name).upper()) == fields[name]:
            del fields[name]  # the same in capitals: MacKay on record stays, and does not become Mackay
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
    """Write a new number, not active until it is confirmed; return whether something changed."""
    known = _registration_of(physician, kind)
    if known and known.number == number:
        return False
    if known and kind != Registration.Kind.DEA and _is_by_hand(known):
        reason = _("The row names another number than a person has verified; that one was kept. Please compare them.")
        report.add(line, [RowProblem(COLUMN_OF_KIND[kind], reason, is_warning=True)])
        return False
    registration = known or Registration(physician=physician, kind=kind)
    registration.number, registration.state, registration.schedules = number, "", ""
    registration.is_active, registration.is_limited, registration.expires_date = False, False, None
    _save_checked(registration, report)
    return True


def _name_access(physician: Physician, row: ProgramRow, report: Report) -> bool:
    """Write the access to the monitoring program; return whether it changed.

    It is written only where the row says it and nobody looked it up.
    """
    kind = Registration.Kind.PRESCRIPTION_MONITORING
    known = _registration_of(physician, kind)
    if row.has_access is None or (known and known.is_active == row.has_access):
        return False
    if known and _is_by_hand(known):
        reason = _("The row contradicts what a person has verified; that was kept. Please compare them.")
        report.add(row.line, [RowProblem("monitoring_access", reason, is_warning=True)])
        return False
    registration = known or Registration(physician=physician, kind=kind)
    registration.is_active = row.has_access
    _save_checked(registration, report)
    return True


def _registration_of(physician: Physician, kind: str) -> Registration | None:
    """Return the physician's registration of this kind, or None."""
    return next((registration for registration in physician.registrations.all() if registration.kind == kind), None)


def _is_by_hand(registration: Registration) -> bool:
    return registration.verified_by_id is not None and registration.source not in SOURCES.values()


def _save_checked(registration: Registration, report: Report) -> None:
    registration.source = SOURCES[Kind(report.run.kind)]
    registration.verified_at, registration.verified_by = timezone.now(), report.by
    registration.save()
    record(action="registration.check", by=report.by, subject=registration)


def write_credentials(batch: list[RegistrationRow], report: Report) -> None:
    """Write rows of the state's file to the registrations with their numbers."""
    numbers = [row.number for row in batch]
    kinds = [Registration.Kind.MEDICAL_LICENSE, Registration.Kind.CONTROLLED_SUBSTANCE]
    held = Registration.objects.filter(kind__in=kinds, number__in=numbers)
    _lock_physicians(pk__in=held.values("physician"))
    known = {registration.number: registration for registration in held.order_by("pk")}
    for row in batch:
        registration = known.get(row.number)
        if registration:  # one that was deleted since the reading began is passed over
            report.outcomes[_write_registration(registration, row, report)] += 1


def write_dea(batch: list[RegistrationRow], report: Report) -> None:
    """Write lines of the DEA's file to the registrations of physicians with their numbers."""
    physicians = _lock_physicians(dea_number__in=[row.number for row in batch])
    rows = Registration.objects.filter(kind="dea", physician__in=physicians.values())
    held = {registration.physician_id: registration for registration in rows}
    for row in batch:
        pk = physicians.get(row.number)
        if pk:  # one that was deleted since the reading began is passed over
            registration = held.get(pk) or Registration(physician_id=pk, kind="dea", number=row.number)
            report.outcomes[_write_registration(registration, row, report)] += 1


def _lock_physicians(**which: Any) -> dict[str, int]:
    """Lock physicians until the batch is written; return their keys by DEA number."""
    rows = Physician.objects.select_for_update(no_key=True, of=("self",)).filter(**which).order_by("pk")
    return dict(rows.values_list("dea_number", "pk"))


def _write_registration(registration: Registration, row: RegistrationRow, report: Report) -> str:
    """Write what a registry says; return `new`, `changed` or `unchanged`.

    An entry of the registry that is older than what a person has verified is not used; it is listed where it says
    something else.
    """
    is_new = registration.pk is None
    checked = None if is_new else timezone.localdate(registration.verified_at)
    facts = {"number": row.number, **row.facts}
    changed = [name for name, value in facts.items() if getattr(registration, name) != value]
    if checked and row.as_of and _is_by_hand(registration) and row.as_of < checked:
        if PROVEN & set(changed):
            report.add(row.line, [_older_than_verified(checked, row)])
        return "unchanged"
    is_newly_seen = bool(checked and row.as_of and checked < row.as_of <= timezone.localdate())
    if is_new or changed or is_newly_seen:
        for name in changed:
            setattr(registration, name, facts[name])
        _save_checked(registration, report)
    if is_new:
        return "new"
    return "changed" if changed else "unchanged"


def _older_than_verified(checked: date, row: RegistrationRow) -> RowProblem:
    reason = _(
        "This row is older than your verification of %(checked)s, and says something else: %(says)s. Your verification "
        "was kept. Please compare them."
    )
    words = {"checked": date_format(checked, "DAY_FORMAT"), "says": _in_words(row.facts)}
    return RowProblem("RecordRefreshedOn", reason % words, is_warning=True)


def _in_words(facts: dict[str, Any]) -> str:
    """Return what a registry says, such as "active, limited, valid through February 28, 2027"."""
    words = [_("active") if facts["is_active"] else _("not active")]
    if facts["is_limited"]:
        words.append(_("limited"))
    if facts["expires_date"]:
        last_day = date_format(facts["expires_date"] - timedelta(days=1), "DAY_FORMAT")
        words.append(_("valid through %(day)s") % {"day": last_day})
    return ", ".join(words)
