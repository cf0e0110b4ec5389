"""What a physician reviewed one by one and signs together. Each `check_` raises a CertificationError."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from certification.models import Draft
from certification.rules.errors import ChangedError, IncompleteError
from certification.rules.people import guardian_name
from certification.statements import STATEMENT_VERSION


def review_digest(draft: Draft, *, today: date) -> str:
    """SHA-256 in hex of all that a review looked at: the answers, and of a renewal the patient's facts and guardian.

    The text of the statement counts as well; the day and the limit are checked again when the draft is signed.
    """
    patient = draft.renews and draft.renews.patient
    looked_at = {
        "answers": draft.answers,
        "patient": patient and {**patient.facts, "capacity": patient.has_legal_capacity},
        "guardian": patient and guardian_name(patient, today=today),
        "statement": STATEMENT_VERSION,
    }
    return hashlib.sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()


def is_as_reviewed(draft: Draft, *, today: date) -> bool:
    """Whether it was reviewed, and nothing of what was looked at has changed since."""
    return draft.reviewed_at is not None and draft.reviewed_digest == review_digest(draft, today=today)


def check_is_as_reviewed(draft: Draft, *, seen: str, today: date) -> None:
    """The draft is as it was reviewed, and as the page of the signature showed it (`seen`); raises ChangedError."""
    if draft.reviewed_digest != seen or not is_as_reviewed(draft, today=today):
        raise ChangedError(_("Something was changed since the review. Review it again, then sign."))


def check_something_is_chosen(seen: Mapping[str, str]) -> None:
    """At least one was ticked; raises IncompleteError."""
    if not seen:
        raise IncompleteError(_("Tick at least one that you want to sign."))
