"""The five proofs of an application, as the Registrar reads them."""

from dataclasses import dataclass
from datetime import date

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
