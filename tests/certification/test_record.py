"""The record of a patient, which the physician and the office read: facts, actions, history and states."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from certification import actions, rules
from certification.actions.amending import CONTACT
from certification.models import Certification
from certification.presenters import allotment_left
from certification.presenters.history import history_of
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def certification():
    return factories.certification(on=timezone.localdate() - timedelta(days=40))


def page_of(certification, account=None, query=""):
    client = factories.client_for(account or certification.physician.user)
    response = client.get(f"/certification/{certification.uuid}/confirmation/{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def record_for(certification, account=None):
    client = factories.client_for(account or certification.physician.user)
    return client.get(f"/certification/{certification.uuid}/confirmation/").context["record"]


def offered(certification, account=None):
    """Return the actions of the page that lead somewhere, and those that are not possible yet."""
    rows = [row for group in record_for(certification, account).groups for row in group.actions]
    return [str(row.label) for row in rows if row.url], [str(row.label) for row in rows if not row.url]


def amend_allotment(certification, ounces, *, by=None, reason="Start low."):
    return actions.amend_allotment(
        certification=certification,
        monthly_allotment_oz=Decimal(ounces),
        reason=reason,
        by=by or certification.physician.user,
    )


def amend_contact(certification, *, by, **over):
    contact = {**{name: getattr(certification.patient, name) for name in CONTACT}, **over}
    return actions.amend_contact(certification=certification, contact=contact, reason="They called.", by=by)


def changed(certification, account=None):
    history = history_of(Certification.objects.get(pk=certification.pk), account or certification.physician.user)
    return [(str(change.what), change.before, change.now, change.who, change.why) for change in history]


# --- Facts ----------------------------------------------------------------------------------------------------------


def test_the_record_names_person_condition_exam_and_statement(certification):
    page, patient = page_of(certification), certification.patient
    age = rules.age_on(patient.birth_date, timezone.localdate())
    assert f"Born {patient.birth_date:%B %-d, %Y}, {age} years old" in page and patient.number in page
    assert "<strong>Cancer</strong>" in page and f"Exam on {certification.exam_date:%B %-d, %Y}" in page
    assert "The six points as you signed them" in page and certification.signed_sentences[0] in page
    assert "Your patient is now certified" not in page


def test_the_record_says_what_is_left_for_the_next_delivery_day(certification):
    order = factories.order(certification.patient, lines=[(factories.product(amount_mg=28_350), 2)])
    left = record_for(certification).left
    assert (left.left_mg, left.of_mg) == (99_223 - 56_700, 99_223)
    assert left.day <= order.window.date
    assert "1.49 oz left for" in page_of(certification)


def test_the_record_without_an_app_that_delivers_says_nothing_of_what_is_left(certification, monkeypatch):
    monkeypatch.setattr(allotment_left, "_readers", [])
    assert record_for(certification).left is None and "oz left for" not in page_of(certification)


def test_the_record_says_whether_the_patient_has_signed_in(certification):
    assert "Has an account, last signed in on" not in page_of(certification)
    factories.client_for(certification.patient.user)  # signs in
    assert f"last signed in on {timezone.localdate():%B %-d, %Y}" in page_of(certification)


def test_the_record_on_the_day_of_the_signature_is_the_confirmation():
    certification = factories.certification(joined=False)
    page = page_of(certification)
    assert "Your patient is now certified." in page and f"gets a mail at {certification.patient.email}" in page
    assert page.count("Add another patient") == 1


def test_the_record_of_a_minor_shows_caregiver_and_letters():
    born = timezone.localdate() - timedelta(days=3000)
    certification = factories.certification(
        profile=factories.profile(birth_date=born, email="", has_no_email=True),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(need="A child."),
    )
    page = page_of(certification)
    assert page.count("Download the letter") == 2 and "2 letters" in page
    assert "Elena Delgado, parent, born January 2, 1975" in page and "A child." in page
    assert "Severe Epilepsy" in page and "End the caregiver" not in page


# --- Actions --------------------------------------------------------------------------------------------------------


def test_the_physician_is_offered_each_action_once(certification):
    possible, later = offered(certification)
    assert possible == [
        "Change condition or directions",
        "Change the monthly allotment",
        "Change contact data",
        "Correct name or date of birth",
        "Name a caregiver",
        "Print the whole record",
        "What counts toward the monthly allotment",
        "Add another patient",
    ]
    assert later == ["Renew", "Letters"]
    page = page_of(certification)
    assert f"from {rules.renewal_opens_date(certification):%B %-d, %Y}" in page
    assert (
        'class="usa-button"' not in page[page.index("<main") : page.index("</main")]
        and 'class="usa-button record__due"' not in page
    )
    assert all(page.count(f">{words}<") == 1 for words in ("Withdraw…", "Close…"))


def test_a_delegate_is_offered_what_needs_no_signature(certification):
    delegate = factories.delegate(certification.physician)
    assert offered(certification, delegate)[0] == [
        "Change contact data",
        "Name a caregiver",
        "Print the whole record",
        "What counts toward the monthly allotment",
        "Add another patient",
    ]
    page = page_of(certification, delegate)
    assert "Withdraw" not in page and "Cancer" in page and "The six points as they were signed" in page


def test_renewing_is_the_filled_button_from_its_opening_day():
    certification = factories.certification(on=timezone.localdate() - timedelta(days=340))
    page = page_of(certification)
    assert page.count('class="usa-button record__due"') == 1
    assert f'href="/certification/{certification.uuid}/renew/"' in page and "Ending soon" in page


# --- History --------------------------------------------------------------------------------------------------------


def test_history_shows_old_and_new_value_who_and_why(certification):
    delegate = factories.delegate(certification.physician)
    amend_contact(certification, by=delegate, phone="+12035550188")
    amend_allotment(certification, "2.5")

    first, second = changed(certification)
    assert first == ("Allotment", "3.50 oz (99.2 g)", "2.50 oz (70.8 g)", "You", "Start low.")
    assert second[0] == "Phone" and second[2:] == ("(203) 555-0188", f"{delegate.email}, delegate", "They called.")
    assert changed(certification, delegate)[0][3] == f"Dr. {certification.physician.name}"


def test_history_shows_an_amended_condition_by_name(certification):
    actions.amend_condition(
        certification=certification,
        condition_codes=["glaucoma"],
        directions="Two drops.",
        signature_name=certification.physician.name,
        seen=rules.condition_digest(certification.condition_codes, certification.directions),
        reason="Found later.",
        by=certification.physician.user,
    )
    assert {row[:3] for row in changed(certification)} == {
        ("Condition", "Cancer", "Glaucoma"),
        ("Directions", "None", "Two drops."),
    }
    page = page_of(certification)
    assert '<span class="changes__before">Cancer</span>' in page and "<strong>Glaucoma</strong>" in page
    assert "Everything else that I stated when I signed" in page


def test_history_says_who_named_affirmed_and_ended_a_caregiver(certification):
    physician = certification.physician.user
    actions.assign_caregiver(certification=certification, caregiver=factories.caregiver(), by=physician)
    factories.join(certification.patient.current_assignment.caregiver)
    other = factories.caregiver(first_name="Nora")
    actions.assign_caregiver(certification=certification, caregiver=other, reason="Elena is ill.", by=physician)
    actions.end_caregiver(certification=certification, reason="Not needed.", by=physician)

    assert sorted(changed(certification)) == [
        ("Caregiver", "Elena Delgado", "Nora Delgado", "You", "Elena is ill."),
        ("Caregiver", "None", "Elena Delgado", "You", ""),
        ("Caregiver", "Nora Delgado", "None", "You", "Not needed."),
        ("Caregiver", "Not affirmed", "Affirmed", "Elena Delgado", ""),
    ]


def test_history_says_that_the_patient_changed_the_phone(certification):
    actions.change_phone(phone="+12035550177", by=certification.patient.user)
    assert changed(certification) == [("Phone", "", "", certification.patient.name, "")]
    assert "Changed to what stands under Contact." in page_of(certification)


def test_history_shows_four_entries_and_all_on_paper(certification):
    for number, ounces in enumerate(("3", "2.5", "2", "1.5", "1")):
        amend_allotment(certification, ounces, reason=f"Step {number}.")
    page, whole = page_of(certification), page_of(certification, query="?whole=1")
    assert "All 5 entries" in page and "Step 0." not in page and "Step 4." in page
    assert "Step 0." in whole and "All 5 entries" not in whole and "Withdraw…" not in whole
    assert '<details class="record__statement" open>' in whole


def test_history_shows_nothing_of_another_certification(certification):
    other = factories.certification(certification.physician)
    amend_allotment(other, "2")
    assert changed(certification) == []
    assert "Nothing was changed since it was signed." in page_of(certification)


# --- Ended ----------------------------------------------------------------------------------------------------------


def test_the_record_of_a_withdrawn_certification_goes_on_until_its_day(certification):
    day = timezone.localdate() + timedelta(days=5)
    by = certification.physician.user
    actions.withdraw_certification(certification=certification, reason="Moved.", deliveries_stop_date=day, by=by)
    page = page_of(certification)
    assert "Deliveries go on through" in page and "5 more days" in page and "Close…" in page
    assert "Withdraw…" not in page and changed(certification)[0][1:] == ("Active", "Withdrawn", "You", "Moved.")


def test_the_record_of_a_revoked_certification_offers_no_change_and_hides_the_words_of_staff(certification):
    actions.revoke_certification(certification=certification, reason="Inside words.", by=factories.staff("Registrar"))
    page = page_of(certification)
    assert "The program revoked it on" in page and "Inside words." not in page and "Print certificate" not in page
    assert offered(certification)[0] == [
        "Print the whole record",
        "What counts toward the monthly allotment",
        "Add another patient",
    ]
    assert changed(certification)[0][1:] == ("Active", "Revoked", "The program", "")


@time_machine.travel(date(2026, 11, 25))
def test_the_record_of_an_ended_year_says_through_when_it_was_valid():
    certification = factories.certification(on=date(2025, 11, 1))
    page = page_of(certification)
    assert "It was valid through Saturday, October 31, 2026." in page and "Was valid through" in page
    assert "oz left for" not in page
