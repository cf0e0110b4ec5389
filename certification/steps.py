"""The steps of a draft, and what each of them needs before the draft can be signed."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certification import rules
from certification.drafts import from_json
from certification.models import Answers, Certifier, Draft

STEPS = {
    "questions": gettext_lazy("Before you begin"),
    "profile": gettext_lazy("Patient"),
    "condition": gettext_lazy("Condition"),
    "statement": gettext_lazy("Your statement"),
    "caregiver": gettext_lazy("Caregiver"),
    "letters": gettext_lazy("Letters"),
}
PAGE_OF = {"questions": "profile", "statement": "sign"}  # the page of a step that has none of its own


def answers_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers by step, as the forms cleaned them, and under `identity` whether the patient is known.

    A step without answers has None.
    """
    return {step: from_json(answers.get(step)) for step in (*STEPS, "identity")}


def step_names(draft: Draft, *, today: date) -> list[str]:
    """Return the steps in their order.

    The physician makes the statement last: its fifth point names the guardian. Only minors need letters, and a
    caregiver is asked for when one is needed. A renewal does not ask who the patient is.
    """
    answers = answers_of(draft.answers)
    letters = ["letters"] if needs_letters(draft, answers, today=today) else []
    if draft.renews is not None:
        return ["questions", "condition", "caregiver", *letters, "statement"]
    caregiver = ["caregiver"] if asks_for_caregiver(answers, today=today) else []
    return ["questions", "profile", "condition", *caregiver, *letters, "statement"]


def page_names(draft: Draft, *, today: date, also: str = "profile") -> list[str]:
    """Return the pages of a draft in their order, each once: several steps may share one.

    `also` is a page that is looked at although the draft does not need it, such as the caregiver's.
    """
    needed = {PAGE_OF.get(step, step) for step in step_names(draft, today=today)} | {also}
    return [page for page in ("profile", "condition", "caregiver", "letters", "sign") if page in needed]


def birth_date_in(draft: Draft, answers: Mapping[str, Answers | None]) -> date | None:
    """Return the patient's birth date: of the record for a renewal, else of the answers, or None."""
    return draft.renews.patient.birth_date if draft.renews else (answers["profile"] or {}).get("birth_date")


def needs_letters(draft: Draft, answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Return whether the patient is under 18; False while the age is unknown."""
    birth_date = birth_date_in(draft, answers)
    return birth_date is not None and rules.is_minor_on(birth_date, today)


def guardian_in(draft: Draft, answers: Mapping[str, Answers | None], *, today: date) -> str:
    """Return the name of the guardian who is told the risks and benefits; empty for others, or while unknown."""
    return rules.guardian_name(draft.renews.patient, today=today) if draft.renews else guardian_of(answers, today=today)


def is_minor(answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Return whether the patient of these answers is under 18; False while the age is unknown."""
    birth_date = (answers["profile"] or {}).get("birth_date")
    return birth_date is not None and rules.is_minor_on(birth_date, today)


def is_guarded(answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Return whether a guardian decides for the patient of these answers; False while the age is unknown."""
    profile = answers["profile"] or {}
    return bool(profile.get("birth_date")) and rules.needs_guardian(
        birth_date=profile["birth_date"], has_legal_capacity=profile["has_legal_capacity"], day=today
    )


def asks_for_caregiver(answers: Mapping[str, Answers | None], *, today: date) -> bool:
    """Return whether the patient of these answers needs a caregiver: a guardian, or because the office says so."""
    is_wanted = (answers["profile"] or {}).get("needs_caregiver") or answers["caregiver"]
    return bool(is_wanted) or is_guarded(answers, today=today)


def guardian_of(answers: Mapping[str, Answers | None], *, today: date) -> str:
    """Return the name of the guardian in these answers; empty when the patient needs none, or it is unknown."""
    caregiver = answers["caregiver"] or {}
    if not is_guarded(answers, today=today):
        return ""
    parts = (caregiver.get(name) for name in ("first_name", "middle_name", "last_name", "suffix"))
    return " ".join(part for part in parts if part)


def next_page(draft: Draft, *, today: date) -> str:
    """Return the page on which work on a draft goes on: of the first step without answers, then the signature."""
    missing = next((step for step in step_names(draft, today=today) if not draft.answers.get(step)), "statement")
    return PAGE_OF.get(missing, missing)


def step_errors(draft: Draft, *, today: date, limit: Decimal | None = None) -> dict[str, Exception]:
    """Return the error of each step that keeps a draft from being signed, in the order of the steps.

    `limit` is that of the allotment in ounces on `today`; None reads it.
    """
    answers = answers_of(draft.answers)
    errors: dict[str, Exception] = {}
    for step in step_names(draft, today=today):
        try:
            check_step(step, answers, draft=draft, today=today, limit=limit)
        except rules.CertificationError as error:
            errors[step] = error
    return errors


def check_draft(draft: Draft, *, today: date, limit: Decimal | None = None, but: Collection[str] = frozenset()) -> None:
    """Every step of the draft can be signed, except those in `but`; raises the first CertificationError."""
    for step, error in step_errors(draft, today=today, limit=limit).items():
        if step not in but:
            raise error


def is_prepared(draft: Draft, *, today: date) -> bool:
    """Return whether only statement and signature are missing; for a new patient the caregiver was answered too."""
    is_answered = draft.renews is not None or "caregiver" in draft.answers
    return is_answered and step_errors(draft, today=today).keys() <= {"statement"}


def check_step(
    step: str,
    answers: Mapping[str, Answers | None],
    *,
    draft: Draft,
    today: date,
    limit: Decimal | None = None,
) -> None:
    """One step of `answers` (of the draft, or about to be saved) fits the others; raises CertificationError."""
    given, birth_date = answers[step], birth_date_in(draft, answers)
    if step == "letters":
        rules.check_has_letters(given or {})
        return
    if given is None and step != "caregiver":
        raise rules.IncompleteError(_("Not answered yet."))
    if step in ("condition", "caregiver") and birth_date is None:
        raise rules.IncompleteError(_("Enter the patient’s date of birth first. It decides what is asked here."))
    if step == "caregiver":
        _check_caregiver(draft, answers, today=today)
    elif given is not None and step == "questions":
        rules.check_is_qualified(given)
    elif given is not None and step == "profile":
        check_profile(given, physician=draft.certifier)
        identity = answers.get("identity") or {"told_apart": []}
        rules.check_not_a_duplicate(given, physician=draft.certifier, **identity)
    elif given is not None and step == "condition" and birth_date is not None:
        check_condition(given, birth_date=birth_date, today=today)
    elif given is not None:
        check_statement(given, guardian=guardian_in(draft, answers, today=today), today=today, limit=limit)


def _check_caregiver(draft: Draft, answers: Mapping[str, Answers | None], *, today: date) -> None:
    """The caregiver is right: for a renewal the one on record, for a new patient the one of the answers."""
    if draft.renews is not None:
        rules.check_has_guardian(draft.renews.patient, today=today)
    else:
        profile = answers["profile"] or {}
        rules.check_caregiver(answers["caregiver"], physician=draft.certifier, profile=profile, today=today)


def check_profile(profile: Answers, *, physician: Certifier) -> None:
    """The profile is complete, in Connecticut, and not the physician's own; raises CertificationError."""
    rules.check_profile_is_complete(profile)
    rules.check_street_address(profile["street"], profile.get("unit") or "")
    rules.check_lives_in_connecticut(profile["zip_code"])
    rules.check_not_own_patient(physician, profile)


def check_condition(condition: Answers, *, birth_date: date, today: date) -> None:
    """The conditions fit the patient's age, and exam and monitoring review are recent; raises CertificationError."""
    rules.check_conditions_fit_age(condition["condition_codes"], birth_date=birth_date, day=today)
    rules.check_exam_dates(
        exam_date=condition["exam_date"], monitoring_reviewed_date=condition["monitoring_reviewed_date"], today=today
    )


def check_statement(statement: Answers, *, guardian: str = "", today: date, limit: Decimal | None = None) -> None:
    """The allotment is within the limit, less has a reason, and all six points are attested; raises CertificationError.

    `guardian` is the name of the guardian who was told the risks and benefits.
    """
    limit = limit or rules.allotment_limit_oz(today)
    rules.check_monthly_allotment(statement["monthly_allotment_oz"], day=today, limit=limit)
    reason = statement.get("allotment_reason") or ""
    rules.check_allotment_reason(statement["monthly_allotment_oz"], reason, day=today, limit=limit)
    rules.check_attestations(statement, guardian=guardian)
