"""The steps of a draft: what each of them asks before it can be signed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import rules
from certification.drafts import from_json
from certification.models import Certifier, Patient

STEPS = {
    "questions": gettext_lazy("Before you begin"),
    "profile": gettext_lazy("Patient"),
    "condition": gettext_lazy("Condition"),
    "statement": gettext_lazy("Your statement"),
    "caregiver": gettext_lazy("Caregiver"),
    "letters": gettext_lazy("Letters"),
}
OPTIONAL_STEPS = {"caregiver"}

Answers = Mapping[str, Any]


def answers_of(draft: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answers of each step as the forms cleaned them, and under `identity` who the patient is not, or is again.

    None for a step without any.
    """
    return {step: from_json((draft or {}).get(step)) for step in (*STEPS, "identity")}


def step_names(draft: Mapping[str, Any] | None, *, today: date) -> list[str]:
    """The steps in their order. A guardian is named before the statement, because its fifth point names her.

    Letters are asked for minors alone, and before the statement too, which the physician makes last.
    """
    answers = answers_of(draft)
    if not is_guarded(answers, today=today):
        return [name for name in STEPS if name != "letters"]
    names = [name for name in STEPS if name not in ("statement", "letters")]
    return [*names, *(["letters"] if is_minor(answers, today=today) else []), "statement"]


def is_minor(answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Whether the patient of these answers is under 18; no while the age is unknown."""
    birth_date = (answers["profile"] or {}).get("birth_date")
    return bool(birth_date) and rules.is_minor_on(birth_date, today)


def is_guarded(answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Whether a parent, guardian or custodian decides for the patient of these answers; no while the age is unknown."""
    profile = answers["profile"] or {}
    return bool(profile.get("birth_date")) and rules.needs_guardian(
        birth_date=profile["birth_date"], has_legal_capacity=profile["has_legal_capacity"], day=today
    )


def guardian_of(answers: Mapping[str, Answers | None], *, today: date) -> str:
    """The name of the guardian to whom risks and benefits are explained; empty when it is the patient, or unknown."""
    caregiver = answers["caregiver"] or {}
    if not is_guarded(answers, today=today):
        return ""
    parts = (caregiver.get(name) for name in ("first_name", "middle_name", "last_name", "suffix"))
    return " ".join(part for part in parts if part)


def next_step(draft: Mapping[str, Any] | None, *, today: date) -> str:
    """Where to take up a draft again: the first step without answers, then the review."""
    skipped = set() if is_guarded(answers_of(draft), today=today) else OPTIONAL_STEPS
    names = step_names(draft, today=today)
    return next((step for step in names if step not in (draft or {}) and step not in skipped), "review")


def step_errors(
    draft: Mapping[str, Any] | None, *, physician: Certifier, today: date, limit: Decimal | None = None
) -> dict[str, Exception]:
    """The refusal of each step that keeps a draft from being signed, in the order of the steps.

    `limit` is that of the allotment in ounces on `today`; None reads it.
    """
    answers = answers_of(draft)
    errors: dict[str, Exception] = {}
    for step in step_names(draft, today=today):
        try:
            check_step(step, answers, physician=physician, today=today, limit=limit)
        except rules.CertificationError as error:
            errors[step] = error
    return errors


def is_prepared(draft: Mapping[str, Any] | None, *, physician: Certifier, today: date) -> bool:
    """Whether the statement and the signature alone are missing; the last step, the caregiver, was answered too."""
    is_answered = "caregiver" in (draft or {})
    return is_answered and step_errors(draft, physician=physician, today=today).keys() <= {"statement"}


def check_step(
    step: str,
    answers: Mapping[str, Answers | None],
    *,
    physician: Certifier,
    today: date,
    limit: Decimal | None = None,
) -> None:
    """The answers of one step hold beside those of the others; raises every CertificationError."""
    given, profile = answers[step], answers["profile"] or {}
    if step == "letters":
        rules.check_has_letters(given or {})
        return
    if given is None and step not in OPTIONAL_STEPS:
        raise rules.IncompleteError(_("Not answered yet."))
    if step in ("condition", "caregiver") and not profile.get("birth_date"):
        raise rules.IncompleteError(_("Enter the patient’s date of birth first. It decides what is asked here."))
    if step == "caregiver":
        rules.check_caregiver(given, physician=physician, profile=profile, today=today)
    elif given is not None and step == "questions":
        rules.check_is_qualified(given)
    elif given is not None and step == "profile":
        check_profile(given, physician=physician)
        identity = answers.get("identity") or {"told_apart": []}
        rules.check_not_a_duplicate(given, physician=physician, **identity)
    elif given is not None and step == "condition":
        check_condition(given, birth_date=profile["birth_date"], today=today)
    elif given is not None:
        check_statement(given, guardian=guardian_of(answers, today=today), today=today, limit=limit)


def check_profile(profile: Answers, *, physician: Certifier) -> None:
    """Complete, in Connecticut, and not the physician's own."""
    rules.check_profile_is_complete(profile)
    rules.check_street_address(profile["street"], profile.get("unit") or "")
    rules.check_lives_in_connecticut(profile["zip_code"])
    rules.check_not_own_patient(physician, profile)


def check_condition(condition: Answers, *, birth_date: date, today: date) -> None:
    """Conditions on the list for the patient's age, exam and monitoring review recent."""
    rules.check_conditions_fit_age(condition["condition_codes"], birth_date=birth_date, day=today)
    rules.check_exam_dates(
        exam_date=condition["exam_date"], monitoring_reviewed_date=condition["monitoring_reviewed_date"], today=today
    )


def check_statement(statement: Answers, *, guardian: str = "", today: date, limit: Decimal | None = None) -> None:
    """An allotment within the limit, a reason when it is less, and all six points attested (to `guardian`, a name)."""
    limit = limit or rules.allotment_limit_oz(today)
    rules.check_monthly_allotment(statement["monthly_allotment_oz"], day=today, limit=limit)
    reason = statement.get("allotment_reason") or ""
    rules.check_allotment_reason(statement["monthly_allotment_oz"], reason, day=today, limit=limit)
    rules.check_attestations(statement, guardian=guardian)


def check_renewal(patient: Patient, answers: Mapping[str, Answers | None], *, today: date) -> None:
    """What a renewal needs beside the signature; raises IncompleteError, CaregiverError and whatever its steps do."""
    condition, statement = answers["condition"], answers["statement"]
    if condition is None or statement is None:
        raise rules.IncompleteError(_("Not answered yet."))
    rules.check_is_qualified(answers["questions"] or {})
    check_condition(condition, birth_date=patient.birth_date, today=today)
    rules.check_has_guardian(patient, today=today)
    check_renewal_letters(patient, answers, today=today)
    check_statement(statement, guardian=rules.guardian_name(patient, today=today), today=today)


def check_renewal_letters(patient: Patient, answers: Mapping[str, Answers | None], *, today: date) -> None:
    """A minor’s letters are asked for anew, as the first time [docs/domain.md#renewal]; raises IncompleteError."""
    if rules.is_minor_on(patient.birth_date, today):
        rules.check_has_letters(answers["letters"] or {})
