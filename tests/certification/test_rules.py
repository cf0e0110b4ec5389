from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from certification import rules
from certification.models import Certification, Draft
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS
from tests import factories

TODAY = date(2026, 11, 23)
NEW_YORK = ZoneInfo("America/New_York")
ADULT, CHILD = date(1980, 4, 28), date(2015, 4, 28)


@pytest.mark.parametrize(
    ("certified", "expires"),
    [
        (date(2026, 11, 22), date(2027, 11, 22)),
        (date(2027, 3, 1), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
    ],
)
def test_expires_date_for_is_one_year_later(certified, expires):
    assert rules.expires_date_for(certified) == expires


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(NEW_YORK)))
@example(datetime(2028, 2, 29, 23, 59, tzinfo=NEW_YORK))
@example(datetime(2026, 3, 8, 23, 59, tzinfo=NEW_YORK))  # the clocks went forward that night
@example(datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1))  # and back
def test_expires_date_for_counts_from_the_day_of_the_signature_in_new_york(moment):
    certified = timezone.localdate(moment.astimezone(UTC))
    expires = rules.expires_date_for(certified)
    is_leap_day = (certified.month, certified.day) == (2, 29)
    assert certified == moment.date()
    assert (expires.year, expires.month) == (certified.year + 1, certified.month)
    assert expires.day == (28 if is_leap_day else certified.day)
    assert 365 <= (expires - certified).days <= 366


@pytest.mark.parametrize(("day", "age"), [(date(2026, 4, 27), 45), (date(2026, 4, 28), 46), (date(2026, 4, 29), 46)])
def test_age_on_counts_completed_years(day, age):
    assert rules.age_on(ADULT, day) == age


def test_is_minor_on_ends_on_the_18th_birthday():
    assert rules.is_minor_on(date(2008, 11, 24), TODAY) is True
    assert rules.is_minor_on(date(2008, 11, 23), TODAY) is False


@pytest.mark.parametrize(
    ("birth_date", "has_capacity", "needs"), [(ADULT, True, False), (ADULT, False, True), (CHILD, True, True)]
)
def test_needs_guardian_for_minors_and_without_capacity(birth_date, has_capacity, needs):
    assert rules.needs_guardian(birth_date=birth_date, has_legal_capacity=has_capacity, day=TODAY) is needs


@pytest.mark.django_db
def test_conditions_for_gives_40_to_adults_and_11_to_minors():
    assert len(rules.conditions_for(birth_date=ADULT, day=TODAY)) == 40
    minors = {condition.code for condition in rules.conditions_for(birth_date=CHILD, day=TODAY)}
    assert len(minors) == 11 and "severe-epilepsy" in minors and "epilepsy" not in minors


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "limit"), [(date(2015, 1, 1), "2.50"), (date(2021, 12, 1), "3.00"), (TODAY, "3.50")])
def test_allotment_limit_oz_is_the_one_in_force(day, limit):
    assert rules.allotment_limit_oz(day) == Decimal(limit)


def test_ounces_to_mg_rounds_down():
    assert rules.ounces_to_mg(Decimal("3.5")) == 99_223
    assert rules.ounces_to_mg(Decimal("1")) == 28_349


@pytest.mark.parametrize(
    ("days_left", "reminder"),
    [
        (91, None), (90, "90"), (61, "90"), (60, "60"), (31, "60"), (30, "30"), (15, "30"), (14, "14"), (8, "14"),
        (7, "7"), (4, "7"), (3, "3"), (2, "3"), (1, "1"),
        (0, "ended"), (-29, "ended"), (-30, None),
    ],
)  # fmt: skip
def test_reminder_due_is_the_one_of_the_day(days_left, reminder):
    assert rules.reminder_due(expires_date=TODAY + timedelta(days=days_left), today=TODAY) == reminder


def test_reminder_spans_leave_no_day_out_and_follow_one_another():
    spans = rules.reminder_spans(TODAY)
    assert [span.kind for span in spans] == ["ended", "1", "3", "7", "14", "30", "60", "90"]
    assert [span.after for span in spans[1:]] == [span.until for span in spans[:-1]]
    assert (TODAY - spans[0].after, spans[-1].until - TODAY) == (timedelta(days=30), timedelta(days=90))


ALLOWED = {
    ("active", "supersede"), ("active", "withdraw"), ("active", "revoke"), ("active", "close"),
    ("withdrawn", "reinstate"), ("withdrawn", "supersede"), ("withdrawn", "revoke"), ("withdrawn", "close"),
    ("revoked", "reinstate"), ("closed", "reinstate"),
}  # fmt: skip


@pytest.mark.parametrize("verb", rules.MOVES)
@pytest.mark.parametrize("status", Certification.Status.values)
def test_check_move_allows_only_the_verbs_of_the_table(status, verb):
    certification = Certification(status=status)
    assert rules.can_move(verb, certification) is ((status, verb) in ALLOWED)
    if (status, verb) in ALLOWED:
        rules.check_move(verb, certification)
    else:
        with pytest.raises(rules.TransitionError):
            rules.check_move(verb, certification)


@pytest.mark.parametrize("field", ["first_name", "last_name", "birth_date", "street", "city", "zip_code", "phone"])
def test_check_profile_is_complete_misses_a_field(field):
    with pytest.raises(rules.IncompleteError):
        rules.check_profile_is_complete(factories.profile(**{field: ""}))


@pytest.mark.parametrize("check", [rules.check_email_or_none, rules.check_profile_is_complete])
def test_check_email_or_none_wants_one_of_the_two(check):
    check(factories.profile())
    check(factories.profile(email="", has_no_email=True))
    for over in ({"email": ""}, {"has_no_email": True}):
        with pytest.raises(rules.IncompleteError) as refusal:
            check(factories.profile(**over))
        assert refusal.value.field == "email"


@pytest.mark.parametrize("street", ["PO Box 12", "P.O. Box 4", "Post Office Box 9", "General Delivery", "box 77"])
def test_check_street_address_refuses_a_po_box(street):
    with pytest.raises(rules.AddressError, match="PO box is not a home address"):
        rules.check_street_address(street)
    rules.check_street_address("12 Boxwood Lane", "Apt 4")


def test_check_is_as_seen_refuses_a_draft_that_changed():
    draft = Draft(answers={"profile": {"last_name": "Delgado", "zip_code": "06510"}})
    seen = rules.draft_digest({"profile": {"zip_code": "06510", "last_name": "Delgado"}})
    rules.check_is_as_seen(draft, seen)
    draft.answers["profile"]["last_name"] = "Other"
    with pytest.raises(rules.ChangedError, match="Look them over again"):
        rules.check_is_as_seen(draft, seen)


@pytest.mark.parametrize(("zip_code", "lives"), [("06510", True), ("06390", False), ("10001", False), ("00000", False)])
def test_check_lives_in_connecticut_refuses_06390(zip_code, lives):
    if lives:
        assert rules.check_lives_in_connecticut(zip_code) is None
    else:
        with pytest.raises(rules.CertificationError):
            rules.check_lives_in_connecticut(zip_code)


@pytest.mark.parametrize("name", list(ATTESTATIONS))
def test_check_attestations_names_the_missing_one(name):
    with pytest.raises(rules.IncompleteError) as refusal:
        rules.check_attestations(factories.statement(**{name: False}))
    assert refusal.value.field == name and str(ATTESTATIONS[name]) in str(refusal.value)


def test_check_attestations_passes_with_all_six():
    assert len(ATTESTATIONS) == 6
    assert rules.check_attestations(factories.statement()) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codes", "birth_date", "fits"),
    [
        (["cancer"], ADULT, True),
        (["cancer", "epilepsy"], ADULT, True),
        (["severe-epilepsy"], ADULT, False),
        (["severe-epilepsy"], CHILD, True),
        (["cancer"], CHILD, False),
        (["no-such-condition"], ADULT, False),
        ([], ADULT, False),
    ],
)
def test_check_conditions_fit_age_by_the_list(codes, birth_date, fits):
    if fits:
        assert rules.check_conditions_fit_age(codes, birth_date=birth_date, day=TODAY) is None
    else:
        with pytest.raises(rules.CertificationError) as refusal:
            rules.check_conditions_fit_age(codes, birth_date=birth_date, day=TODAY)
        assert refusal.value.field == "condition_codes"


@pytest.mark.parametrize(("days_ago", "fits"), [(-1, False), (0, True), (180, True), (181, False)])
@pytest.mark.parametrize("field", ["exam_date", "monitoring_reviewed_date"])
def test_check_exam_dates_within_180_days(field, days_ago, fits):
    dates = {"exam_date": TODAY, "monitoring_reviewed_date": TODAY, field: TODAY - timedelta(days=days_ago)}
    if fits:
        assert rules.check_exam_dates(**dates, today=TODAY) is None
    else:
        with pytest.raises(rules.ExamDateError) as refusal:
            rules.check_exam_dates(**dates, today=TODAY)
        assert refusal.value.field == field


def test_check_exam_dates_misses_one():
    with pytest.raises(rules.IncompleteError):
        rules.check_exam_dates(exam_date=TODAY, monitoring_reviewed_date=None, today=TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ounces", "fits"), [("0.01", True), ("3.50", True), ("3.51", False), ("4", False), ("0", False)]
)
def test_check_monthly_allotment_within_the_limit(ounces, fits):
    if fits:
        assert rules.check_monthly_allotment(Decimal(ounces), day=TODAY) is None
    else:
        with pytest.raises(rules.AllotmentError, match="3.5 oz"):
            rules.check_monthly_allotment(Decimal(ounces), day=TODAY)


@pytest.mark.django_db
def test_check_monthly_allotment_misses_the_amount():
    with pytest.raises(rules.IncompleteError):
        rules.check_monthly_allotment(None, day=TODAY)


@pytest.mark.django_db
def test_check_not_own_patient_by_contact_and_name():
    physician = factories.identified_physician(first_name="José", last_name="Núñez")
    rules.check_not_own_patient(physician, factories.profile())
    own = [
        {"email": physician.email.upper()},
        {"email": physician.user.email},
        {"phone": physician.phone.as_e164},
        {"first_name": "jose", "last_name": "NUNEZ"},
    ]
    for over in own:
        with pytest.raises(rules.OwnPatientError):
            rules.check_not_own_patient(physician, factories.profile(**over))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("caregiver", "patient", "error"),
    [
        (None, {}, None),
        ({}, {}, None),
        ({"relationship": "other"}, {}, None),
        (None, {"birth_date": CHILD}, rules.CaregiverError),
        (None, {"has_legal_capacity": False}, rules.CaregiverError),
        ({"relationship": "sibling"}, {"birth_date": CHILD}, rules.CaregiverError),
        ({"relationship": "guardian"}, {"birth_date": CHILD}, None),
        ({"relationship": ""}, {}, rules.IncompleteError),
        ({"birth_date": date(2008, 11, 24)}, {}, rules.CaregiverError),
        ({"birth_date": date(2008, 11, 23)}, {}, None),
        ({"first_name": "Rosa", "birth_date": ADULT}, {}, rules.CaregiverError),
    ],
)
def test_check_caregiver_may_act_for_the_patient(caregiver, patient, error):
    given = caregiver if caregiver is None else factories.caregiver(**caregiver)
    arguments = {"physician": factories.physician(), "profile": factories.profile(**patient), "today": TODAY}
    if error is None:
        assert rules.check_caregiver(given, **arguments) is None
    else:
        with pytest.raises(error):
            rules.check_caregiver(given, **arguments)


@pytest.mark.django_db
def test_check_has_guardian_for_who_needs_one():
    with_caregiver = factories.certification(joined=False, caregiver=factories.caregiver()).patient
    alone = factories.certification(joined=False).patient
    for patient in (with_caregiver, alone):
        assert rules.check_has_guardian(patient, today=TODAY) is None
        patient.birth_date = CHILD
    assert rules.check_has_guardian(with_caregiver, today=TODAY) is None
    with pytest.raises(rules.CaregiverError):
        rules.check_has_guardian(alone, today=TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second", "is_free"),
    [("parent", "sibling", True), ("child", "child", True), ("parent", "other", False), ("spouse", "parent", False)],
)
def test_check_caregiver_is_free_for_family_alone(first, second, is_free):
    certification = factories.certification(joined=False, caregiver=factories.caregiver(relationship=first))
    caregiver = certification.patient.assignments.get().caregiver
    rules.check_caregiver_is_free(caregiver, patient=certification.patient, relationship="other")
    if is_free:
        assert rules.check_caregiver_is_free(caregiver, patient=None, relationship=second) is None
    else:
        with pytest.raises(rules.CaregiverError):
            rules.check_caregiver_is_free(caregiver, patient=None, relationship=second)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("José Núñez", True),
        (" jose  nunez ", True),
        ("José Núñez, DO", True),
        ("J. Núñez", False),
        ("", False),
        ("Núñez José", False),
    ],
)
def test_check_signature_is_the_physicians_name(typed, fits):
    physician = factories.physician(first_name="José", last_name="Núñez")
    if fits:
        assert rules.check_signature(physician, typed) is None
    else:
        with pytest.raises(rules.SignatureError, match="José Núñez"):
            rules.check_signature(physician, typed)


@pytest.mark.parametrize(("days_left", "is_open"), [(31, False), (30, True), (0, True), (-200, True)])
def test_check_renewal_is_open_30_days_before_the_end(days_left, is_open):
    certification = Certification(status="active", expires_date=TODAY + timedelta(days=days_left))
    if is_open:
        assert rules.check_renewal_is_open(certification, today=TODAY) is None
    else:
        with pytest.raises(rules.RenewalNotOpen, match="opens on November 24, 2026"):
            rules.check_renewal_is_open(certification, today=TODAY)


def test_check_renewal_is_open_for_active_ones_alone():
    with pytest.raises(rules.RenewalNotOpen):
        rules.check_renewal_is_open(Certification(status="withdrawn", expires_date=TODAY), today=TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("over", "sentence"),
    [({"used_at": True}, "used already"), ({"valid_until": True}, "has ended"), ({"failed_tries": 5}, "five times")],
)
def test_check_invitation_is_open_names_why_not(over, sentence):
    invitation = factories.certification(joined=False).patient.invitations.get()
    now = timezone.now()
    assert rules.check_invitation_is_open(invitation, now=now) is None
    for name, value in over.items():
        setattr(invitation, name, now if value is True else value)
    with pytest.raises(rules.InvitationError, match=sentence):
        rules.check_invitation_is_open(invitation, now=now)


@pytest.mark.django_db
def test_check_may_join_needs_a_free_account_and_another_person_than_the_certifier():
    certification = factories.certification(joined=False)
    invitation = certification.patient.invitations.get()
    assert rules.check_may_join(invitation, user=factories.user()) is None
    for account in (certification.physician.user, factories.patient().user):
        with pytest.raises(rules.InvitationError):
            rules.check_may_join(invitation, user=account)


@pytest.mark.django_db
def test_check_can_make_account_needs_an_address_that_was_mailed_and_is_free():
    invitation = factories.certification(joined=False).patient.invitations.get()
    assert rules.check_can_make_account(invitation) is None
    factories.user(invitation.mailed_to)
    with pytest.raises(rules.HasAccountError):
        rules.check_can_make_account(invitation)
    invitation.mailed_to = ""
    with pytest.raises(rules.InvitationError, match="Make an account first"):
        rules.check_can_make_account(invitation)


@pytest.mark.django_db
def test_check_may_join_refuses_the_certifier_as_caregiver():
    certification = factories.certification(joined=False, caregiver=factories.caregiver())
    invitation = certification.patient.assignments.get().caregiver.invitations.get()
    with pytest.raises(rules.InvitationError, match="certifying physician"):
        rules.check_may_join(invitation, user=certification.physician.user)


@pytest.mark.django_db
def test_still_to_affirm_names_each_role_until_it_is_affirmed():
    patient = factories.certification(joined=False, caregiver=factories.caregiver()).patient
    caregiver = patient.assignments.get().caregiver
    assert rules.still_to_affirm(patient) == [patient]
    assert rules.still_to_affirm(caregiver) == [patient.assignments.get()]
    factories.join(patient), factories.join(caregiver)
    assert rules.still_to_affirm(patient) == rules.still_to_affirm(caregiver) == []


@pytest.mark.django_db
def test_check_affirmations_names_the_missing_one():
    certification = factories.certification(joined=False, caregiver=factories.caregiver())
    patient = certification.patient
    assignment = patient.assignments.get()
    assert rules.check_affirmations(patient, PATIENT_AFFIRMATIONS) is None
    assert rules.check_affirmations(assignment, CAREGIVER_AFFIRMATIONS) is None
    with pytest.raises(rules.IncompleteError) as refusal:
        rules.check_affirmations(patient, [name for name in PATIENT_AFFIRMATIONS if name != "under_care"])
    assert refusal.value.field == "under_care"
