"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.samples import ELENA, ROSA, physician
from certification.emails import AMENDED
from certification.models import (
    Amendment,
    Card,
    Caregiver,
    Certification,
    Patient,
    PatientRequest,
    TakeOver,
)
from certification.presenters.office_week import OfficeWeek, week_lines
from certification.rules import renewal_opens_date
from notifications import kinds

SIGNED, ENDS = date(2026, 3, 2), date(2027, 3, 2)
AT = datetime(2027, 3, 1, 15, 4, tzinfo=UTC)
ACCOUNT = 1  # as if the person had an account
PEOPLE = "The patient and the caregiver"
WITH_PHYSICIAN = "The patient, the caregiver and the physician"


def patient() -> Patient:
    """Return a patient who is in no database."""
    return Patient(
        pk=1, number="P-2345-6789", first_name="Rosa", last_name="Delgado", email=ROSA, phone="+12035550142",
        user_id=ACCOUNT, closed_at=AT, closed_for="moved",
    )  # fmt: skip


def caregiver() -> Caregiver:
    """Return a caregiver who is in no database."""
    return Caregiver(
        pk=1, number="G-2345-6789", first_name="Elena", last_name="Delgado", email=ELENA, phone="+12035550143",
        user_id=ACCOUNT,
    )  # fmt: skip


def certification() -> Certification:
    """Return a certification that is in no database."""
    return Certification(
        id=1, uuid=UUID(int=1), number="C-2345-6789", patient=patient(), physician=physician(),
        certified_date=SIGNED, expires_date=ENDS,
    )  # fmt: skip


def _words(**more: Any) -> dict[str, Any]:
    made = certification()
    return {
        "certification": made,
        "patient": made.patient,
        "physician": made.physician,
        "valid_through": made.last_valid_day,
        "has_left": False,
        **more,
    }


def _for(role: str, **more: Any) -> dict[str, Any]:
    """Return the words of a message that goes to the patient, the caregiver or the physician."""
    return _words(role=role, greeted=caregiver() if role == "caregiver" else patient(), **more)


def _for_each(*roles: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {role: _for(role, **more) for role in roles}


def _ended() -> dict[str, Any]:
    return {"stop_date": date(2027, 1, 31), "another_by": date(2027, 1, 31)}


def _reminder(role: str, days_left: int, **more: Any) -> dict[str, Any]:
    """Return the words of a reminder with so many days left after today; below 0 the certification has ended."""
    opens = renewal_opens_date(certification())
    today = ENDS - timedelta(days=days_left + 1)
    spans = {"days_left": days_left, "has_ended": days_left < 0, "renewal_opens": opens}
    return _for(role, **spans, renewal_is_open=today >= opens, **more)


def _reminders() -> dict[str, dict[str, Any]]:
    return {
        "patient, 60 days": _reminder("patient", 59),
        "patient, 7 days": _reminder("patient", 6),
        "patient, ended": _reminder("patient", -1),
        "patient, physician has left": _reminder("patient", 6, has_left=True),
        "caregiver, 30 days": _reminder("caregiver", 29),
        "caregiver, ended": _reminder("caregiver", -1),
        "physician, 90 days": _reminder("physician", 89),
        "physician, 14 days": _reminder("physician", 13),
        "physician, ended": _reminder("physician", -1),
    }


def _certified() -> dict[str, dict[str, Any]]:
    new = patient()
    new.user_id = None
    return {"with an account": _words(), "without an account": _words(patient=new)}


def _amended() -> dict[str, dict[str, Any]]:
    return _for_each("patient", "caregiver", "earlier", what=AMENDED[Amendment.Kind.CONTACT])


def _invitations() -> dict[str, dict[str, Any]]:
    words = {"valid_until": AT, "secret": f"{settings.SITE_URL}/invitation/made-up-link/"}
    return {
        "patient": {"person": patient(), "is_patient": True, **words},
        "caregiver": {"person": caregiver(), "is_patient": False, **words},
    }


def _named() -> dict[str, dict[str, Any]]:
    new = caregiver()
    new.user_id = None
    return {"with an account": {"caregiver": caregiver()}, "without an account": {"caregiver": new}}


def _cards() -> dict[str, dict[str, Any]]:
    new = patient()
    new.user_id = None
    card = Card(revoked_at=AT, revoked_reason=Card.Reason.LOST)
    return {
        "with an account": {"card": card, "person": patient()},
        "without an account": {"card": card, "person": new},
    }


def _assignment(greeted: Patient | Caregiver) -> dict[str, Any]:
    dates = {"started_date": date(2027, 2, 22), "ended_date": date(2027, 3, 1)}
    return {"greeted": greeted, "caregiver": caregiver(), "patient": patient(), **dates}


def _assignments_ended() -> dict[str, dict[str, Any]]:
    return {
        "patient": {**_assignment(patient()), "is_patient": True},
        "caregiver": {**_assignment(caregiver()), "is_patient": False},
    }


def _taken_over(is_before: bool) -> dict[str, Any]:
    return {
        "greeted": physician(),
        "before": certification(),
        "now": certification(),
        "is_before": is_before,
        "agreed_with": TakeOver.AgreedWith.PATIENT.label,
        "agreed_date": date(2027, 2, 26),
    }


def _asked(has_left: bool) -> dict[str, Any]:
    return {"asked": PatientRequest(pk=1, physician=physician(), patient=patient()), "has_left": has_left}


def _weeks() -> dict[str, dict[str, Any]]:
    lines = week_lines(OfficeWeek({30: 4, 60: 9, 90: 13}, to_sign=2, drafts=1, requests=3))
    return {"physician": {"lines": lines, "physician": physician()}, "delegate": {"lines": lines, "physician": None}}


def _closed(is_to_caregiver: bool) -> dict[str, Any]:
    greeted = caregiver() if is_to_caregiver else patient()
    return {"greeted": greeted, "is_to_caregiver": is_to_caregiver, "of": patient()}


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    to_people = partial(kinds.describe, readers=PEOPLE)
    to_all = partial(kinds.describe, readers=WITH_PHYSICIAN)
    to_patient = partial(kinds.describe, readers="The patient")
    to_all(
        "renewal_reminder",
        when="90, 60, 30, 14, 7, 3 and 1 days before the certification ends, and once it has ended.",
        samples=_reminders,
    )
    to_all(
        "certification_revoked",
        when="The program revoked the certification.",
        samples=lambda: _for_each("patient", "caregiver", "physician", **_ended()),
    )
    to_all(
        "certification_reinstated",
        when="The program reinstated a certification.",
        samples=lambda: _for_each("patient", "caregiver", "physician", **_ended()),
    )
    to_people(
        "certification_withdrawn",
        when="The physician withdrew the certification.",
        samples=lambda: _for_each("patient", "caregiver", **_ended()),
    )
    to_people(
        "certification_amended",
        when="The office changed the person’s data; also sent to an earlier address.",
        samples=_amended,
    )
    to_people(
        "practice_left",
        when="The physician leaves practice.",
        samples=lambda: _for_each("patient", "caregiver", left_date=date(2027, 4, 1)),
    )
    to_people("invitation", when="The physician signed, or the office invites again.", samples=_invitations)
    to_people("card_revoked", when="A card was replaced, because it was lost or damaged.", samples=_cards)
    to_people("caregiver_ended", when="A caregiver’s assignment ended.", samples=_assignments_ended)
    to_people(
        "phone_changed",
        when="Somebody changed the phone number in the account.",
        samples=lambda: {"": {"person": patient()}},
    )
    to_people(
        "patient_closed",
        when="The patient’s record was closed.",
        samples=lambda: {"patient": _closed(False), "caregiver": _closed(True)},
    )
    to_patient("patient_certified", when="The physician signed.", samples=_certified)
    to_patient(
        "caregiver_assigned",
        when="The office named a caregiver for the patient.",
        samples=lambda: {"": _assignment(patient())},
    )
    kinds.describe(
        "caregiver_named", readers="The caregiver", when="The caregiver has to affirm once more.", samples=_named
    )
    kinds.describe(
        "office_week",
        readers="The physician, and each delegate",
        when="On Monday at 7 a.m., when a renewal, a draft or a request is due.",
        samples=_weeks,
        is_in_english=True,
    )
    kinds.describe(
        "patient_taken_over",
        readers="Both physicians",
        when="A physician certified another physician’s patient.",
        samples=lambda: {"before": _taken_over(True), "now": _taken_over(False)},
        is_in_english=True,
    )
    kinds.describe(
        "office_asked",
        readers="The physician; the Registrars once the physician has left",
        when="A patient asks the office or reports something.",
        samples=lambda: {"the office": _asked(False), "the Registrars": _asked(True)},
        is_in_english=True,
    )
