"""Drafts that a physician reviews one by one and signs together. Each `check_` raises a CertificationError."""

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
    """Return the SHA-256 in hex of what a review shows: the answers, and for a renewal the patient and the guardian.

    The version of the statement counts as well; the day and the limit are checked again when the draft is signed.
    """
    patient = draft.renews and draft.renews.patient
    shown = {
        "answers": draft.answers,
        "patient": patient and {**patient.facts, "capacity": patient.has_legal_capacity},
        "guardian": patient and guardian_name(patient, today=today),
        "statement": STATEMENT_VERSION,
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def is_as_reviewed(draft: Draft, *, today: date) -> bool:
    """Return whether the draft was reviewed, and nothing that the review showed has changed since."""
    return draft.reviewed_at is not None and draft.reviewed_digest == review_digest(draft, today=today)


def check_is_as_reviewed(draft: Draft, *, seen: str, today: date) -> None:
    """The draft is as it was reviewed, and as the signing page showed it (`seen`); raises ChangedError."""
    if draft.reviewed_digest != seen or not is_as_reviewed(draft, today=today):
        raise ChangedError(_("Something was changed since the review. Review it again, then sign."))


def check_something_is_chosen(seen: Mapping[str, str]) -> None:
    """At least one draft was ticked; raises IncompleteError."""
    if not seen:
        raise IncompleteError(_("Tick at least one that you want to sign."))
