"""What a physician reviewed one by one and signs together. Each `check_` raises a CertificationError."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from certification.models import Certification, Patient
from certification.rules.errors import ChangedError, IncompleteError
from certification.rules.people import guardian_name
from certification.statements import STATEMENT_VERSION


def review_digest(draft: Certification, *, patient: Patient | None, today: date) -> str:
    """SHA-256 in hex of all that a review looked at: the answers, and of a renewal's `patient` who, where and guardian.

    The text of the statement counts as well; the day and the limit are asked again when it is signed.
    """
    looked_at = {
        "answers": draft.draft,
        "patient": patient and {**patient.facts, "capacity": patient.has_legal_capacity},
        "guardian": patient and guardian_name(patient, today=today),
        "statement": STATEMENT_VERSION,
    }
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()


def is_as_reviewed(draft: Certification, *, patient: Patient | None, today: date) -> bool:
    """It was reviewed, and nothing of what was looked at has changed since."""
    if draft.reviewed_at is None:
        return False
    return draft.reviewed_digest == review_digest(draft, patient=patient, today=today)


def check_is_as_reviewed(draft: Certification | None, *, patient: Patient | None, seen: str, today: date) -> None:
    """The draft is as it was reviewed, and as the page of the signature showed it (`seen`); raises ChangedError."""
    if draft is None or draft.reviewed_digest != seen or not is_as_reviewed(draft, patient=patient, today=today):
        raise ChangedError(_("Something was changed since the review. Review it again, then sign."))


def check_something_is_chosen(seen: Mapping[str, str]) -> None:
    """At least one was ticked; raises IncompleteError."""
    if not seen:
        raise IncompleteError(_("Tick at least one that you want to sign."))
