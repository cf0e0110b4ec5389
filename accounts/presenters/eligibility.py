"""The page of a physician's five requirements."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts import rules
from accounts.models import Decision, Physician
from accounts.rules import NotEligible, Requirement


@dataclass(frozen=True)
class RequirementRow:
    """One requirement, and when the physician reported a change that nobody has decided yet."""

    requirement: Requirement
    reported_at: datetime | None


@dataclass(frozen=True)
class EligibilityPage:
    """The five requirements as they are today, and whether the physician can certify."""

    name: str
    practice_name: str
    refusal: str  # why the physician cannot certify today, or ""
    rows: tuple[RequirementRow, ...]
    left_date: date | None
    has_left: bool

    @property
    def missing(self) -> list[Requirement]:
        return [row.requirement for row in self.rows if not row.requirement.met]

    @property
    def ending(self) -> list[Requirement]:
        return [row.requirement for row in self.rows if row.requirement.ends_soon]


def eligibility_page(physician: Physician, *, today: date) -> EligibilityPage:
    """Return the page of a physician whose registrations are prefetched; it reads the reported proofs."""
    waiting = dict(physician.proofs.filter(status=Decision.PENDING).values_list("kind", "entered_at"))
    return EligibilityPage(
        name=physician.name,
        practice_name=physician.practice_name,
        refusal=refusal_of(physician, today=today),
        rows=tuple(
            RequirementRow(requirement, waiting.get(requirement.name))
            for requirement in rules.eligibility(physician, today)
        ),
        left_date=physician.left_date,
        has_left=physician.status == Physician.Status.LEFT,
    )


def refusal_of(physician: Physician, *, today: date) -> str:
    """Return why the physician cannot certify today, or ""."""
    try:
        rules.check_physician_is_eligible(physician, today=today)
    except NotEligible as error:
        return str(error)
    return ""
