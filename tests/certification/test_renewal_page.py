"""The page of a renewal: what it shows of last year, the days that are given up, and the appointment."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from certification import actions, rules
from certification.actions import queue_renewal_reminders
from certification.models import AllotmentLimit, Certification, Condition, Draft
from certification.presenters.changes import changes_since, facts_of
from certification.statements import QUESTIONS, STILL_ELIGIBLE
from notifications.actions import send_due
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SIGNED = timedelta(days=345)  # ago: 20 days of the year are left, today included


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def ending(physician, on=None, **steps):
    return factories.certification(physician, on=on or timezone.localdate() - SIGNED, joined=False, **steps)


def with_conditions(*codes):
    """Return a step of the draft with its answers of that time."""
    then = timezone.localdate() - SIGNED
    return factories.condition(condition_codes=list(codes), exam_date=then, monitoring_reviewed_date=then)


def url(certification):
    return f"/certification/{certification.uuid}/renew/"


def fresh(certification):
    return Certification.objects.select_related("patient").get(pk=certification.pk)


def changes(certification):
    certification, today = fresh(certification), timezone.localdate()
    listed = list(rules.conditions_for(birth_date=certification.patient.birth_date, day=today))
    limit = rules.allotment_limit_oz(today)
    return changes_since(certification, listed=listed, limit_oz=limit, today=today)


def before(certification):
    """Return last year's values by the label of each fact that has changed."""
    return {str(fact.label): fact.before for fact in facts_of(fresh(certification)) if fact.before}


# --- What has changed -----------------------------------------------------------------------------------------------


def test_nothing_is_marked_when_nothing_changed(client, physician):
    certification = ending(physician, caregiver=factories.caregiver())
    assert (changes(certification), before(certification)) == ([], {})
    page = client.get(url(certification)).content.decode()
    assert "Nothing in the list of conditions" in page and "Last year:" not in page


def test_contact_data_that_changed_shows_what_it_was(client, physician):
    certification = ending(physician)
    with unguarded():
        patient = certification.patient
        patient.street, patient.phone, patient.email = "9 Elm Street", "+12035550188", "new@example.org"
        patient.save()
    assert before(certification).keys() == {"Home address", "Primary phone", "Email"}
    assert before(certification)["Home address"] == "40 Orange Street, New Haven, CT 06510"
    page = client.get(url(certification)).content.decode()
    assert "9 Elm Street" in page and "Last year: 40 Orange Street" in page and page.count("Changed</span>") == 3


def test_an_address_in_another_spelling_is_not_marked_as_changed(physician):
    certification = ending(physician)
    with unguarded():
        type(certification.patient).objects.update(street="40 ORANGE ST.")
    assert before(certification) == {}


def test_a_name_that_was_corrected_shows_what_it_was(physician):
    certification = ending(physician)
    with unguarded():
        type(certification.patient).objects.update(last_name="Delgado-Ruiz", birth_date=date(1980, 4, 29))
    assert before(certification) == {"Name": "Rosa Delgado", "Date of birth": "April 28, 1980"}


def test_a_certification_without_stored_data_marks_no_change(physician):
    certification = ending(physician)
    with unguarded():
        Certification.objects.update(patient_as_signed=None)
        type(certification.patient).objects.update(street="9 Elm Street")
    assert before(certification) == {}


def test_another_caregiver_shows_who_it_was(physician):
    certification = ending(physician, caregiver=factories.caregiver(last_name="Delgado"))
    named = factories.caregiver(first_name="Ines", last_name="Moreau", relationship="sibling")
    actions.assign_caregiver(certification=certification, caregiver=named, reason="Moved.", by=physician.user)
    assert before(certification) == {"Caregiver": "Elena Delgado (Parent)"}
    actions.end_caregiver(certification=certification, reason="Moved too.", by=physician.user)
    assert before(certification) == {"Caregiver": "Elena Delgado (Parent)"}


def test_a_caregiver_named_since_shows_that_there_was_none(physician):
    certification = ending(physician)
    actions.assign_caregiver(certification=certification, caregiver=factories.caregiver(), by=physician.user)
    assert before(certification) == {"Caregiver": "none"}


def test_a_condition_that_left_the_list_is_named_and_not_filled_in(client, physician):
    certification = ending(physician, condition=with_conditions("cancer", "glaucoma"))
    with unguarded():
        Condition.objects.filter(code="glaucoma").update(until_date=timezone.localdate())
    assert changes(certification) == ["“Glaucoma” is no longer on the list for this patient: choose what fits now."]
    assert client.get(url(certification)).context["form"]["condition_codes"].value() == ["cancer"]


def test_a_condition_that_came_to_the_list_is_marked(client, physician):
    certification = ending(physician)
    with unguarded():
        Condition.objects.filter(code="glaucoma").update(effective_date=timezone.localdate() - timedelta(days=9))
    assert changes(certification) == ["New on the list of conditions: Glaucoma."]
    page = client.get(url(certification)).content.decode()
    assert page.count("New on the list since last year") == 1 and page.count("Certified last year") == 1


def test_another_limit_is_shown_and_never_exceeded_by_the_initial_amount(client, physician):
    certification = ending(physician, statement=factories.statement(monthly_allotment_oz=Decimal("3.50")))
    with unguarded():
        AllotmentLimit.objects.create(effective_date=timezone.localdate(), limit_oz=Decimal("3.00"))
    [sentence] = changes(certification)
    assert sentence == "The limit is 3.00 oz a month now; it was 3.50 oz, and this patient had 3.50 oz."
    assert client.get(url(certification)).context["form"]["monthly_allotment_oz"].value() == Decimal("3.00")


def test_a_patient_who_came_of_age_gets_the_conditions_of_adults(client, physician):
    eighteen = timezone.localdate()
    certification = ending(
        physician,
        profile=factories.profile(birth_date=eighteen.replace(year=eighteen.year - 18)),
        condition=with_conditions("severe-epilepsy"),
        caregiver=factories.caregiver(),
    )
    age, condition = changes(certification)
    assert age.startswith("The patient has come of age") and "Severe Epilepsy" in condition
    page = client.get(url(certification))
    assert page.context["form"]["condition_codes"].value() == []
    assert "to the patient or, where the patient lacks legal capacity" in page.content.decode()


# --- What is confirmed anew -----------------------------------------------------------------------------------------


def test_a_renewal_confirms_anew_that_the_patient_is_eligible(client, physician):
    certification = ending(physician)
    page = client.get(url(certification))
    assert not page.context["form"]["still_eligible"].value()
    assert all(str(sentence) in page.content.decode() for sentence in (STILL_ELIGIBLE, *QUESTIONS.values()))
    response = client.post(url(certification), forms.renewal(physician.name, still_eligible=""))
    assert response.context["form"].errors == {"still_eligible": ["Confirm that the patient continues to be eligible."]}
    client.post(url(certification), forms.renewal(physician.name))
    renewal = Certification.objects.active().get()
    assert [getattr(renewal, name) for name in QUESTIONS] == [True] * 3


@pytest.mark.parametrize("missing", list(QUESTIONS))
def test_a_renewal_needs_each_criterion(physician, missing):
    certification = ending(physician)
    answers = {"condition": factories.condition(), "statement": factories.statement()}
    with pytest.raises(rules.IncompleteError, match="Not confirmed"):
        actions.sign_draft(
            draft=Draft.objects.renewing(certification),
            answers={"questions": {**factories.questions(), missing: False}, **answers},
            signature_name=physician.name,
            by=physician.user,
        )
    assert Certification.objects.count() == 1


def test_what_the_office_confirmed_is_filled_in(client, physician):
    certification, words = ending(physician), {"questions": factories.questions(), "condition": factories.condition()}
    actions.prepare_renewal(draft=Draft.objects.renewing(certification), **words, by=factories.delegate(physician))
    form = client.get(url(certification)).context["form"]
    assert form["still_eligible"].value() is True


def test_last_years_condition_stands_there_and_the_list_is_closed(client, physician):
    page = client.get(url(ending(physician, condition=with_conditions("glaucoma"))))
    assert page.context["form"].chosen_conditions == ["Glaucoma"]
    assert '<details class="change">' in page.content.decode()


def test_the_list_of_conditions_is_open_when_none_is_chosen(client, physician):
    certification = ending(physician)
    page = client.post(url(certification), forms.renewal(physician.name, condition_codes=[]))
    assert '<details class="change" open>' in page.content.decode()


def test_a_renewal_without_what_is_confirmed_passes_no_constraint(client, physician):
    client.post(url(ending(physician)), forms.renewal(physician.name))
    for name in QUESTIONS:
        with pytest.raises(IntegrityError, match="signed_was_qualified"), unguarded(), transaction.atomic():
            Certification.objects.active().update(**{name: False})


# --- What it gives up -----------------------------------------------------------------------------------------------


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(0, 29))
def test_what_is_given_up_is_what_both_years_would_have_in_common(certified, days_before_end):
    old = Certification(certified_date=certified, expires_date=rules.expires_date_for(certified))
    today = old.expires_date - timedelta(days=days_before_end)
    given_up = rules.days_given_up(old, today=today)
    assert (
        given_up == days_before_end == sum(today <= today + timedelta(days=n) <= old.last_valid_day for n in range(40))
    )


def test_days_given_up_is_nothing_after_the_end(physician):
    certification = ending(physician, on=timezone.localdate() - timedelta(days=400))
    assert rules.days_given_up(certification, today=timezone.localdate()) == 0


@time_machine.travel("2026-11-23T17:00:00+00:00", tick=False)
def test_renew_says_both_last_days_and_what_is_given_up():
    physician = factories.identified_physician()
    client, certification = factories.client_for(physician.user), ending(physician, on=date(2025, 12, 13))
    page = " ".join(client.get(url(certification)).content.decode().split())
    assert "valid through Monday, November 22, 2027" in page
    assert "valid through Saturday, December 12, 2026, ends with it" in page
    assert "its 20 days that are left, today included, are given up" in page


@pytest.mark.parametrize(
    ("days_ago", "words"),
    [(364, "its last day, which is today, is given up"), (365, "no day is given up")],
)
def test_renew_on_the_last_day_and_after_it(days_ago, words):
    with time_machine.travel("2026-11-23T17:00:00+00:00", tick=False):
        physician = factories.identified_physician()
        certification = ending(physician, on=timezone.localdate() - timedelta(days=days_ago))
        page = factories.client_for(physician.user).get(url(certification)).content.decode()
    assert words in " ".join(page.split())


def test_a_renewal_leaves_no_day_without_and_none_with_two(client, physician):
    """Every day is covered once: before the signature, on its day, and after the earlier year's end."""
    certification, today = ending(physician), timezone.localdate()
    patient = certification.patient
    client.post(url(certification), forms.renewal(physician.name))
    for day in (today, certification.last_valid_day, certification.expires_date, today + timedelta(days=300)):
        assert [valid.renewal_of for valid in patient.certifications.valid_on(day)] == [certification]


# --- Before it opens ------------------------------------------------------------------------------------------------


def test_before_it_opens_the_page_asks_for_the_appointment(client, physician):
    certification = factories.certification(physician, joined=False)
    page = " ".join(client.get(url(certification)).content.decode().split())
    opens = certification.expires_date - timedelta(days=30)
    assert f"Renewal opens on {opens:%B %-d, %Y}." in page
    assert f"Make the appointment for the exam of Rosa Delgado now: for {opens:%A, %B %-d, %Y} or after" in page


def test_of_what_was_withdrawn_no_appointment_is_asked(client, physician):
    certification = ending(physician)
    actions.withdraw_certification(certification=certification, reason="Moved.", by=physician.user)
    page = client.get(url(certification)).content.decode()
    assert "it cannot be renewed" in page and "appointment" not in page


@pytest.mark.parametrize(
    ("days_left", "words"),
    [
        (30, "It can be renewed now: please make the appointment."),
        (31, "Please make the appointment for that day or after"),
    ],
)
def test_the_reminder_asks_the_patient_for_the_appointment(physician, days_left, words):
    today = timezone.localdate()
    ends = today + timedelta(days=days_left)
    certification = factories.certification(physician, on=ends.replace(year=ends.year - 1), joined=False)
    queue_renewal_reminders(today=today, by=None)
    mail.outbox.clear()
    send_due(by=None)
    [message] = [sent for sent in mail.outbox if sent.to == [certification.patient.email] and "Renewal" in sent.subject]
    opens = certification.expires_date - timedelta(days=30)
    assert words in message.body
    assert (f"{opens:%A, %B %-d, %Y}" in message.body) == (days_left == 31)


def test_the_page_stays_within_its_queries(client, physician, django_assert_max_num_queries):
    certification = ending(physician, caregiver=factories.caregiver())
    with django_assert_max_num_queries(16):  # one of them counts for the menu what is to be signed
        client.get(url(certification))
