from datetime import date, timedelta

import pytest

from audit.models import Event
from certification.actions import withdraw_certification
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def home(user):
    return words_of(factories.client_for(user).get(url("home")))


def test_a_patient_sees_first_how_long_the_certification_is_valid():
    patient = factories.certification(on=date(2026, 3, 4)).patient
    words = home(patient.user)
    assert "Hello, Rosa Valid through March 3, 2027 (100 more days)" in words
    assert "Up to 3.50 oz a month" in words
    assert "Order for delivery" in words
    assert "expire" not in words.lower()


@pytest.mark.parametrize(
    ("signed", "sentence"),
    [
        (date(2025, 11, 25), "Valid through November 24, 2026 (1 more day)"),
        (date(2025, 11, 24), "Valid through November 23, 2026 (today is the last day)"),
    ],
)
def test_the_last_days_say_to_ask_the_physician(signed, sentence):
    physician = factories.identified_physician(phone="+12035550188")
    patient = factories.certification(physician, on=signed).patient
    words = home(patient.user)
    assert sentence in words
    assert "It can be renewed now" in words
    assert "(203) 555-0188" in words


def test_an_ended_certification_says_what_to_do_and_whom_to_call():
    physician = factories.identified_physician(phone="+12035550188")
    patient = factories.certification(physician, on=date(2025, 11, 23)).patient
    words = home(patient.user)
    assert (
        "The certification has ended It was valid through November 22, 2026. Ask the physician for a renewal" in words
    )
    assert "disposed of within 10 days" in words
    assert "(203) 555-0188" in words
    assert "Order for delivery" not in words


def test_a_withdrawn_certification_says_so(monday):
    physician = factories.identified_physician()
    certification = factories.certification(physician)
    withdraw_certification(certification=certification, reason="No longer indicated.", by=physician.user)
    monday.shift(timedelta(days=1))
    words = home(certification.patient.user)
    assert "The certification has ended The physician withdrew it on November 23, 2026." in words
    assert "No longer indicated" not in words


def test_coming_orders_are_shown_with_window_and_status():
    order = factories.order()
    words = home(order.placed_by)
    assert f"Wednesday, November 25, 2026 Placed 9:30 a.m. to 1:30 p.m. Eastern Order {order.number}, $80.00" in words


def test_past_and_cancelled_orders_are_not_shown(monday):
    order = factories.order()
    monday.move_to(order.window.starts_at + timedelta(days=1))
    assert order.number not in home(order.placed_by)


def test_a_caregiver_sees_a_card_for_each_patient_and_each_view_leaves_an_event():
    caregiver, child, sibling = people.guardian_of_two()
    words = home(caregiver.user)
    assert words.count("Order for Milo Hart") == 2
    assert words.count("Valid through November 22, 2027") == 2
    seen = Event.objects.filter(action="patient.view", actor_id=caregiver.user_id).values_list("subject_id", flat=True)
    assert set(seen) == {child.pk, sibling.pk}


def test_a_caregiver_named_again_affirms_for_each_patient():
    caregiver, _child = people.guardian_of_a_child(phone="+12035550177")
    people.guardian_of_a_child(phone="+12035550177", email=caregiver.email)
    words = home(caregiver.user)
    assert words.count("Order for Milo Hart") == 1
    assert "A statement waits for you" in words
    assert Notification.objects.get(kind="caregiver_named").recipient == caregiver.email
    factories.affirm_all(caregiver)
    words = home(caregiver.user)
    assert words.count("Order for Milo Hart") == 2
    assert "A statement waits for you" not in words


def test_a_caregiver_without_patients_reads_a_sentence():
    caregiver, child = people.guardian_of_a_child()
    people.end(child.current_assignment)
    words = home(caregiver.user)
    assert "You act for nobody at the moment" in words
    assert "Milo" not in words


@pytest.mark.parametrize("make", [factories.user, lambda: factories.identified_physician().user])
def test_an_account_without_patient_or_caregiver_chooses_a_role(make):
    response = factories.client_for(make()).get(url("home"))
    assert (response.status_code, response.url) == (302, "/accounts/role/")


def test_a_person_who_has_not_affirmed_affirms_first():
    patient = people.join_without_affirming(factories.certification(joined=False).patient)
    response = factories.client_for(patient.user).get(url("home"))
    assert (response.status_code, response.url) == (302, "/affirm/")


def test_a_visitor_is_sent_to_sign_in(client):
    response = client.get(url("home"))
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/home/")


def test_no_more_than_12_queries_for_a_caregiver_of_two(django_assert_max_num_queries):
    caregiver, _child, _sibling = people.guardian_of_two()
    client = factories.client_for(caregiver.user)
    client.get(url("home"))
    with django_assert_max_num_queries(12):
        client.get(url("home"))
