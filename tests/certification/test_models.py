from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification.actions import close_patient
from certification.models import (
    Caregiver,
    CaregiverAssignment,
    Certification,
    Condition,
    Draft,
    Invitation,
    Letter,
    Patient,
)
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def refused(constraint, model, **changes):
    with unguarded(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**changes)


SIGNED = [
    ("certification_status", {"status": "other", "ended_at": timezone.now()}),
    ("certification_signed_has_signature", {"signature_name": ""}),
    ("certification_signed_has_signature", {"statement_version": ""}),
    ("certification_signed_has_all_attestations", {"explained_risks": False}),
    ("certification_signed_has_all_attestations", {"available_for_follow_up": False}),
    ("certification_dates", {"expires_date": date(2020, 1, 1)}),
    ("certification_allotment", {"monthly_allotment_oz": Decimal("3.51")}),
    ("certification_allotment", {"monthly_allotment_oz": Decimal("0")}),
    ("certification_ended", {"status": "withdrawn"}),
]
ALWAYS = (
    "number", "physician", "patient", "exam_date", "monitoring_reviewed_date", "condition_codes", "certified_at",
    "certified_date", "expires_date", "monthly_allotment_oz", "allotment_limit_oz",
)  # fmt: skip


@pytest.mark.parametrize(("constraint", "changes"), SIGNED)
def test_database_refuses_a_certification_that_is_not_whole(constraint, changes):
    factories.certification(joined=False)
    refused(constraint, Certification, **changes)


@pytest.mark.parametrize("name", ALWAYS)
def test_database_refuses_a_certification_without(name):
    factories.certification(joined=False)
    refused("(?i)not.null", Certification, **{name: None})


def test_database_refuses_a_certification_without_the_id_of_a_draft():
    certification = factories.certification(joined=False)
    certification.pk, certification.uuid, certification.number = None, uuid4(), "C-2222-2222"
    with unguarded(), pytest.raises(IntegrityError, match="(?i)not.null"), transaction.atomic():
        certification.save(force_insert=True)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("draft_of_physician_or_applicant", {"physician": None}),
        ("draft_prepared_by_somebody", {"prepared_at": None}),
        ("draft_reviewed_is_prepared", {"prepared_at": None, "prepared_by": None}),
        ("draft_reviewed_has_digest", {"reviewed_digest": ""}),
        ("draft_reviewed_has_digest", {"reviewed_at": None}),
    ],
)
def test_database_refuses_a_draft_that_cannot_be(constraint, changes):
    draft = factories.reviewed_draft()
    assert draft.reviewed_at and draft.prepared_by == draft.physician.user
    if constraint == "draft_prepared_by_somebody":
        changes |= {"reviewed_at": None, "reviewed_digest": ""}
    refused(constraint, Draft, **changes)


def test_database_refuses_a_draft_of_physician_and_applicant():
    draft = factories.draft()
    refused("draft_of_physician_or_applicant", Draft, applicant=draft.physician.user)


def test_database_refuses_a_renewal_of_an_applicant():
    certification = factories.certification(joined=False)
    factories.draft()
    applicant = factories.user()
    refused("draft_renewal_has_physician", Draft, renews=certification, physician=None, applicant=applicant)


def test_database_refuses_two_drafts_of_one_renewal():
    certification = factories.certification(joined=False)
    factories.draft(), factories.draft()
    refused("(?i)renews", Draft, renews=certification)


@pytest.mark.parametrize(
    ("constraint", "is_of_both"),
    [("letter_of_draft_or_certification", True), ("letter_of_draft_or_certification", False)],
)
def test_database_refuses_a_letter_of_both_or_of_nothing(constraint, is_of_both):
    draft, signed = factories.draft_of_a_child(), factories.certification(joined=False)
    assert draft.letters.count() == 2
    refused(constraint, Letter, **({"certification": signed} if is_of_both else {"draft": None}))


def test_database_refuses_two_letters_of_a_kind_in_a_draft():
    factories.draft_of_a_child()
    refused("letter_one_of_a_kind_in_draft|draft_id, certification_letter.kind", Letter, kind="specialist")


def test_database_refuses_two_active_certifications_of_a_patient():
    patient = factories.certification(joined=False).patient
    factories.certification(joined=False)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Certification.objects.update(patient=patient)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("patient_email_or_none", {"email": ""}),
        ("patient_email_or_none", {"has_no_email": True}),
        ("patient_sex", {"sex": "X"}),
        ("patient_has_phone", {"phone": ""}),
        ("patient_lives_in_connecticut", {"state": "NY"}),
    ],
)
def test_database_refuses_a_patient_who_is_not_whole(constraint, changes):
    factories.certification(joined=False)
    refused(constraint, Patient, **changes)


def test_database_refuses_a_caregiver_without_phone():
    factories.certification(joined=False, caregiver=factories.caregiver())
    refused("caregiver_has_phone", Caregiver, phone="")


def test_database_refuses_the_same_caregiver_twice():
    first, second = (factories.certification(joined=False, caregiver=factories.caregiver()).patient for _ in range(2))
    known, other = first.current_assignment.caregiver, second.current_assignment.caregiver
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Caregiver.objects.filter(pk=other.pk).update(phone=known.phone)


def test_database_refuses_a_second_open_assignment():
    patient = factories.certification(joined=False, caregiver=factories.caregiver()).patient
    other = factories.certification(joined=False, caregiver=factories.caregiver()).patient
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        CaregiverAssignment.objects.filter(patient=other).update(patient=patient)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [("assignment_dates", {"ended_date": date(2020, 1, 1)}), ("assignment_relationship", {"relationship": "boss"})],
)
def test_database_refuses_an_assignment_that_cannot_be(constraint, changes):
    factories.certification(joined=False, caregiver=factories.caregiver())
    refused(constraint, CaregiverAssignment, **changes)


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("invitation_for_one_person", {"patient": None}),
        ("invitation_dates", {"valid_until": timezone.now() - timedelta(days=9)}),
        ("invitation_tries", {"failed_tries": 6}),
    ],
)
def test_database_refuses_an_invitation_that_cannot_be(constraint, changes):
    factories.certification(joined=False)
    refused(constraint, Invitation, **changes)


def test_database_refuses_a_condition_for_nobody():
    refused("condition_for_somebody", Condition, for_adults=False, for_minors=False)


def test_is_valid_on_from_the_first_to_the_last_day():
    certification = factories.certification(on=date(2026, 11, 22), joined=False)
    days = {date(2026, 11, 21): False, date(2026, 11, 22): True, date(2027, 11, 21): True, date(2027, 11, 22): False}
    for day, valid in days.items():
        assert certification.is_valid_on(day) is valid
        assert Certification.objects.valid_on(day).exists() is valid


def test_certification_on_is_the_one_of_the_day():
    certification = factories.certification(joined=False)
    today = timezone.localdate()
    assert certification.patient.certification_on(today) == certification
    assert certification.patient.certification_on(today - timedelta(days=1)) is None


def test_read_today_joins_assignment_and_certification_in_one_query(django_assert_num_queries):
    cared_for = factories.certification(caregiver=factories.caregiver())
    alone, assignment = factories.patient(), cared_for.patient.current_assignment
    assert assignment.caregiver
    with django_assert_num_queries(1):
        first, second = Patient.objects.order_by("pk").read_today()
        assert (first.patient, first.certification) == (cared_for.patient, cared_for)
        assert (first.assignment, first.assignment.caregiver) == (assignment, assignment.caregiver)
        assert (second.patient, second.assignment) == (alone, None)


def test_read_today_leaves_out_what_has_ended():
    certification = factories.certification(caregiver=factories.caregiver())
    close_patient(patient=certification.patient, closed_for="moved", by=factories.staff("Registrar"))
    (found,) = Patient.objects.read_today()
    assert (found.assignment, found.certification) == (None, None)


def test_text_of_a_row_is_a_number_never_a_name():
    certification = factories.certification(joined=False, caregiver=factories.caregiver())
    rows = [certification, certification.patient, Caregiver.objects.get(), CaregiverAssignment.objects.get()]
    assert not any(name in str(row) for row in rows for name in ("Rosa", "Elena", "Delgado"))
