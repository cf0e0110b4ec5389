"""The claims of an application beside what the registers, our roster and staff say, as the Registrar reads them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rules
from accounts.models import IdentityProof, Physician, PhysicianApplication, Proof, Registration
from ui.templatetags.portal import phone
from ui.text import search_name

Kind = Registration.Kind


@dataclass(frozen=True)
class Register:
    """A public register. `name` is what is stored as the source of what it shows."""

    name: str
    url: str
    about: str | Promise


NPI_REGISTRY = Register("NPI registry", "https://npiregistry.cms.hhs.gov/search", gettext_lazy("NPI registry"))
REGISTERS: dict[str, Register] = {
    Kind.MEDICAL_LICENSE: Register(
        "eLicense lookup",
        "https://www.elicense.ct.gov/Lookup/LicenseLookup.aspx",
        gettext_lazy("License lookup of the state"),
    ),
    Kind.CONTROLLED_SUBSTANCE: Register(
        "eLicense lookup",
        "https://www.elicense.ct.gov/Lookup/LicenseLookup.aspx",
        gettext_lazy("License lookup of the state"),
    ),
    Kind.DEA: Register(
        "DEA registration validation",
        "https://apps.deadiversion.usdoj.gov/webforms2/spring/validationLogin",
        gettext_lazy("Registration validation of the DEA"),
    ),
    Kind.PRESCRIPTION_MONITORING: Register(
        "CPMRS", "https://connecticut.pmpaware.net/", gettext_lazy("Prescription Monitoring Program")
    ),
}


@dataclass(frozen=True)
class OnRoster:
    """The claimed registration as our roster has it."""

    number: str
    is_same: bool  # as the claimed number
    valid_through: date | None
    counts: bool  # active, not limited, and not ended
    source: str
    verified_at: datetime


@dataclass(frozen=True)
class Found:
    """The claimed registration as a member of staff found it in a register."""

    number: str
    is_same: bool  # as the claimed number
    is_active: bool
    is_limited: bool
    has_ended: bool
    valid_through: date | None
    state: str
    schedules: str
    source: str
    entered_by: str
    entered_at: datetime

    @property
    def is_good(self) -> bool:
        return self.is_same and self.is_active and not self.is_limited and not self.has_ended


@dataclass(frozen=True)
class Claim:
    """One registration that the applicant claims. Without `is_needed` the applicant's own word counts."""

    kind: str
    label: str
    number: str
    register: Register
    roster: OnRoster | None
    found: Found | None
    is_needed: bool


@dataclass(frozen=True)
class Compared:
    """Something that the applicant typed of themselves, beside what our roster has."""

    label: str
    typed: str
    on_roster: str
    is_same: bool
    url: str = ""  # of the page of a public register about it


@dataclass(frozen=True)
class Claims:
    """The page of an application that waits."""

    rows: tuple[Claim, ...]
    person: tuple[Compared, ...]
    physician: Physician | None  # who of the roster the applicant is
    roster_problem: str  # why nobody can say who of the roster that is, or ""
    called: str  # number, register and moment of the call back, or ""
    called_by: str
    warnings: tuple[str, ...]
    missing: tuple[str, ...]  # what has to be entered before anybody can verify
    enterers: frozenset[int]  # accounts that cannot verify, because they have entered it


def claims_of(application: PhysicianApplication, *, today: date) -> Claims:
    """Return each claim of an application with what the roster and staff say of it on `today`."""
    proofs = {proof.kind: proof for proof in application.proofs.select_related("entered_by")}
    physician, problem = _on_roster(application)
    registered = {each.kind: each for each in physician.registrations.all()} if physician else {}
    rows = tuple(_claim(kind, application, proofs.get(kind), registered.get(kind), today) for kind in Kind)
    entered = {proof.entered_by_id for proof in proofs.values() if proof.entered_by_id != application.user_id}
    called = application.identity_proof == IdentityProof.CALL_BACK
    missing = [row.label for row in rows if row.is_needed and not row.found]
    return Claims(
        rows=rows,
        person=tuple(_compared(application, physician)),
        physician=physician,
        roster_problem=problem,
        called=_call(application) if called else "",
        called_by=application.called_by.email if called and application.called_by else "",
        warnings=tuple(rules.warnings_about(application)),
        missing=(*missing, *([] if called else [_("the call back")])),
        enterers=frozenset({*entered, *([application.called_by_id] if application.called_by_id else [])})
        if settings.FOUR_EYES
        else frozenset(),
    )


def first_entries(application: PhysicianApplication, *, today: date) -> dict[str, Any]:
    """Return what the form begins with: the register that is usual, and what our roster already proves."""
    physician, _problem = _on_roster(application)
    registered = {each.kind: each for each in physician.registrations.all()} if physician else {}
    proofs = {proof.kind: proof for proof in application.proofs.all()}
    begin: dict[str, Any] = {}
    for kind, register in REGISTERS.items():
        roster = _roster_says(registered.get(kind), proofs.get(kind), today)
        proves = roster is not None and roster.is_same and roster.counts and bool(roster.source)
        begin[rules.field_of(kind, "source")] = roster.source if roster and proves else register.name
        begin[rules.field_of(kind, "valid_through")] = roster.valid_through if roster and proves else None
    if physician:
        begin |= {"called_number": physician.phone.as_e164, "number_source": _("our roster")}
    return begin


def _on_roster(application: PhysicianApplication) -> tuple[Physician | None, str]:
    try:
        return rules.physician_applying(application, Physician.objects.prefetch_related("registrations")), ""
    except rules.ApplicationError as error:
        return None, str(error)


def _claim(
    kind: Kind, application: PhysicianApplication, proof: Proof | None, known: Registration | None, today: date
) -> Claim:
    is_found = proof is not None and proof.entered_by_id != application.user_id
    return Claim(
        kind=kind,
        label=str(kind.label),
        number=_claimed(proof) if kind != Kind.DEA else application.dea_number,
        register=REGISTERS[kind],
        roster=_roster_says(known, proof, today),
        found=_found(proof, today) if proof and is_found else None,
        is_needed=kind != Kind.PRESCRIPTION_MONITORING,
    )


def _claimed(proof: Proof | None) -> str:
    return (proof.claimed_number or proof.number) if proof else ""


def _roster_says(known: Registration | None, proof: Proof | None, today: date) -> OnRoster | None:
    if known is None:
        return None
    is_running = known.expires_date is None or known.expires_date > today
    return OnRoster(
        number=known.number,
        is_same=known.number == _claimed(proof),
        valid_through=known.valid_through,
        counts=known.is_active and not known.is_limited and is_running,
        source=known.source,
        verified_at=known.verified_at,
    )


def _found(proof: Proof, today: date) -> Found:
    return Found(
        number=proof.number,
        is_same=not proof.claimed_number or proof.number == proof.claimed_number,
        is_active=proof.is_active,
        is_limited=proof.is_limited,
        has_ended=proof.expires_date is not None and proof.expires_date <= today,
        valid_through=proof.valid_through,
        state=proof.state,
        schedules=proof.schedules,
        source=proof.source,
        entered_by=proof.entered_by.email,
        entered_at=proof.entered_at,
    )


def _compared(application: PhysicianApplication, physician: Physician | None) -> list[Compared]:
    """Return name, NPI, practice and phone as typed, beside those of the physician on the roster."""
    pairs: list[tuple[str, str, str]] = [
        (_("Name"), application.name, physician.name if physician else ""),
        (_("NPI"), application.npi, physician.npi if physician else ""),
        (_("Practice"), application.practice_name, physician.practice_name if physician else ""),
        (_("Address"), application.practice_address, physician.practice_address if physician else ""),
        (_("Phone"), phone(application.phone), phone(physician.phone) if physician else ""),
        (_("Email"), application.email, physician.email if physician else ""),
    ]
    url_of = {application.npi: f"{NPI_REGISTRY.url.removesuffix('search')}provider-view/{application.npi}"}
    return [
        Compared(label, typed, known, search_name(typed) == search_name(known), url_of.get(typed, ""))
        for label, typed, known in pairs
    ]


def _call(application: PhysicianApplication) -> str:
    return _("%(number)s, as it stands in: %(source)s") % {
        "number": phone(application.called_number),
        "source": application.number_source,
    }
