"""What a certification needs, for how much and how long it is. Each `check_` raises a CertificationError."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Physician
from accounts.rules import MayNotSign
from certification.models import AllotmentLimit, Certification, Condition, Draft
from certification.rules.errors import (
    AllotmentError,
    CertificationError,
    ChangedError,
    ConditionError,
    ExamDateError,
    IncompleteError,
    SignatureError,
)
from certification.rules.moves import not_possible
from certification.rules.people import is_minor_on
from certification.statements import ATTESTATIONS, QUESTIONS, attested
from ui.person_names import without_degrees
from ui.prepared import Prepared
from ui.text import plain_figure, search_name

MG_PER_OZ = Decimal("28349.523125")  # the international avoirdupois ounce, exactly


def expires_date_for(certified_date: date) -> date:
    """Return the first invalid day, one year later; for 29 February it is 28 February [docs/domain.md#validity]."""
    try:
        return certified_date.replace(year=certified_date.year + 1)
    except ValueError:
        return certified_date.replace(year=certified_date.year + 1, day=28)


def last_valid_day_from(certified_date: date) -> date:
    """Return the last day on which a certification signed that day is valid."""
    return expires_date_for(certified_date) - timedelta(days=1)


def conditions_for(*, birth_date: date, day: date) -> Iterable[Condition]:
    """Return the conditions that count for the patient's age on `day`, by name."""
    for_age = {"for_minors": True} if is_minor_on(birth_date, day) else {"for_adults": True}
    in_force = Condition.objects.filter(effective_date__lte=day, **for_age)
    return in_force.exclude(until_date__lte=day)


def allotment_limit_oz(day: date) -> Decimal:
    """Return the monthly limit in ounces on `day`, from a dated table [docs/domain.md#monthly-allotment]."""
    (limit,) = _limits.rows(day=day)
    return Decimal(limit)


_limits = Prepared(
    lambda *, day: AllotmentLimit.objects.filter(effective_date__lte=day).values_list("limit_oz", flat=True)[:1]
)


def ounces_to_mg(ounces: Decimal) -> int:
    """Return ounces as milligrams, rounded down: 3.5 oz are 99,223 mg [docs/domain.md#monthly-allotment]."""
    return int((ounces * MG_PER_OZ).to_integral_value(ROUND_FLOOR))


def why_gone(signed: Certification | None) -> CertificationError:
    """Return the error for a draft that was deleted: it was `signed` meanwhile, or else discarded."""
    if signed is None:
        return ChangedError(_("It was discarded meanwhile: there is nothing to sign."))
    return not_possible(signed)


def check_is_qualified(questions: Mapping[str, Any]) -> None:
    """Each question before the registration was confirmed; raises IncompleteError naming the first that was not."""
    for name, sentence in QUESTIONS.items():
        if not questions.get(name):
            raise IncompleteError(_("Not confirmed: “%(point)s”") % {"point": sentence}, field=name)


def check_attestations(statement: Mapping[str, Any], *, guardian: str = "") -> None:
    """Each of the six points was attested; raises IncompleteError naming the first that was not.

    `guardian` is the name of the person to whom risks and benefits were explained in the patient's place; the statement
    must name the same (`explained_to`).
    """
    sentences = attested(guardian=guardian)
    for name in ATTESTATIONS:
        if not statement.get(name) or (
            name == "explained_risks" and guardian and statement.get("explained_to") != guardian
        ):
            raise IncompleteError(_("Not attested: “%(point)s”") % {"point": sentences[name]}, field=name)


def check_conditions_fit_age(codes: Iterable[str], *, birth_date: date, day: date) -> None:
    """At least one condition, each on the list for the patient's age on `day`; raises Incomplete- or ConditionError."""
    codes = set(codes)
    if not codes:
        raise IncompleteError(_("Choose at least one debilitating condition."), field="condition_codes")
    known = {condition.code for condition in conditions_for(birth_date=birth_date, day=day)}
    if not codes <= known:
        raise ConditionError(
            _("A chosen condition is not on the list for patients under 18.")
            if is_minor_on(birth_date, day)
            else _("A chosen condition is not on the list for adults."),
            field="condition_codes",
        )


def oldest_exam_date(today: date) -> date:
    """Return the first day on which an exam still counts for a signature on `today`."""
    return today - timedelta(days=settings.EXAM_MAX_AGE_DAYS)


def check_exam_dates(*, exam_date: date | None, monitoring_reviewed_date: date | None, today: date) -> None:
    """Exam and monitoring-program review in the last EXAM_MAX_AGE_DAYS days; raises Incomplete- or ExamDateError."""
    oldest = oldest_exam_date(today)
    for field, day in (("exam_date", exam_date), ("monitoring_reviewed_date", monitoring_reviewed_date)):
        if day is None:
            raise IncompleteError(_("Enter the dates of the exam and of the monitoring review."), field=field)
        if day > today:
            raise ExamDateError(_("This date lies in the future."), field=field)
        if day < oldest:
            raise ExamDateError(
                _("This date is too long ago: it must be %(day)s or later.")
                % {"day": date_format(oldest, "DAY_FORMAT")},
                field=field,
            )


def check_monthly_allotment(amount_oz: Decimal | None, *, day: date, limit: Decimal | None = None) -> None:
    """The amount is above 0 and within the limit of `day` (None reads it); raises Incomplete- or AllotmentError."""
    if amount_oz is None:
        raise IncompleteError(_("Enter the monthly allotment in ounces."), field="monthly_allotment_oz")
    limit = limit or allotment_limit_oz(day)
    if not 0 < amount_oz <= limit:
        raise AllotmentError(
            _("The monthly allotment can be at most %(limit)s oz, and more than 0.") % {"limit": plain_figure(limit)},
            field="monthly_allotment_oz",
        )


def check_allotment_reason(amount_oz: Decimal, reason: str, *, day: date, limit: Decimal | None = None) -> None:
    """A reason is given for less than the limit in ounces on `day` (read, unless given); raises IncompleteError."""
    limit = limit or allotment_limit_oz(day)
    if amount_oz < limit and not reason.strip():
        raise IncompleteError(
            _("Say why the patient gets less than %(limit)s oz a month.") % {"limit": plain_figure(limit)},
            field="allotment_reason",
        )


def check_limit_is_not_in_use(effective_date: date, *, today: date) -> None:
    """The limit takes effect after `today`, because a limit that was in force stays; raises AllotmentError."""
    if effective_date <= today:
        raise AllotmentError(
            _("A limit that is in force, or was, stays as it is. Choose a day after today."), field="effective_date"
        )


def draft_digest(answers: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the answers of a draft in hex, by which a page says which answers it showed."""
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()


def check_is_as_seen(draft: Draft, seen: str) -> None:
    """The draft still has the digest that the page of the signature carried; raises ChangedError."""
    if draft_digest(draft.answers) != seen:
        raise ChangedError(_("The answers were changed since you opened this page. Look them over again, then sign."))


def signer_of(draft: Draft) -> Physician:
    """Return the physician who may sign the draft; raises MayNotSign for an applicant who is not verified yet."""
    if draft.physician is None:
        raise MayNotSign(_("You can sign once your application is verified. What you prepared is kept."))
    return draft.physician


def check_signature(physician: Physician, typed_name: str) -> None:
    """The typed name is the physician's; accents, capitals, spaces and degrees do not count. Raises SignatureError."""
    if search_name(physician.name) not in (search_name(typed_name), search_name(without_degrees(typed_name))):
        raise SignatureError(
            _("Type your name as it stands on your license: %(name)s.") % {"name": physician.name},
            field="signature_name",
        )
