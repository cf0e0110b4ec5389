"""An application: its five proofs, as the Registrar reads them, and what was sent, as the applicant reads it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import PhysicianApplication, Proof, Registration


@dataclass(frozen=True)
class ProofRow:
    """One registration of an application: claimed by the applicant, or looked up by staff."""

    label: str
    number: str = ""
    state: str = ""
    schedules: str = ""
    valid_through: date | None = None
    counts: bool | None = None  # active and not limited; None while nobody has looked it up
    source: str = ""
    entered_by: str = ""  # the address of the member of staff who looked it up


@dataclass(frozen=True)
class FiveProofs:
    """The four registrations of an application, and the practice."""

    rows: tuple[ProofRow, ...]
    practice_address: str


def five_proofs(application: PhysicianApplication) -> FiveProofs:
    """Return the proofs of an application in the order of the requirements, read in one query."""
    proofs = {proof.kind: proof for proof in application.proofs.select_related("entered_by")}
    return FiveProofs(
        rows=tuple(_row(kind, proofs.get(kind), application) for kind in Registration.Kind),
        practice_address=application.practice_address,
    )


def _row(kind: Registration.Kind, proof: Proof | None, application: PhysicianApplication) -> ProofRow:
    if proof is None:
        return ProofRow(label=str(kind.label))
    is_looked_up = proof.entered_by_id != application.user_id
    return ProofRow(
        label=str(kind.label),
        number=proof.number,
        state=proof.state,
        schedules=proof.schedules,
        valid_through=proof.valid_through,
        counts=proof.is_active and not proof.is_limited if is_looked_up else None,
        source=proof.source,
        entered_by=proof.entered_by.email if is_looked_up else "",
    )


TYPED = (
    "first_name", "last_name", "npi", "practice_name", "practice_street", "practice_city", "practice_state",
    "practice_zip", "phone",
)  # fmt: skip


def what_was_sent(application: PhysicianApplication) -> list[tuple[str, str]]:
    """Return label and value of all that the applicant has sent. The digits of the SSN are not stored."""
    typed = typed_before(application)
    return [
        (_("Name"), application.name),
        (_("DEA number"), typed["dea_number"]),
        (_("Connecticut medical license"), typed["license_number"]),
        (_("Connecticut controlled substance registration"), typed["csp_number"]),
        (_("NPI"), application.npi),
        (_("Prescription Monitoring Program"), _("You are registered and can sign in there.")),
        (_("Practice"), f"{application.practice_name}, {application.practice_address}"),
        (_("Phone of your practice"), application.phone.as_national),
        (_("Last four digits of your Social Security number"), _("Sent. We keep no copy.")),
    ]


def typed_before(application: PhysicianApplication) -> dict[str, Any]:
    """Return what the applicant typed, by the names of the form's fields, without the digits of the SSN."""
    numbers = {proof.kind: proof.claimed_number or proof.number for proof in application.proofs.all()}
    suffix = f"-{application.dea_suffix}" if application.dea_suffix else ""
    return {
        **{name: getattr(application, name) for name in TYPED},
        "dea_number": f"{application.dea_number}{suffix}",
        "license_number": numbers.get(Registration.Kind.MEDICAL_LICENSE, ""),
        "csp_number": numbers.get(Registration.Kind.CONTROLLED_SUBSTANCE, ""),
    }
