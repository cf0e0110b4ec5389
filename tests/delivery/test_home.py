import re
from datetime import date, timedelta

import pytest

from audit.models import Event
from certification.actions import accept_invitation, withdraw_certification
from delivery.actions import join_waiting_list, leave_waiting_list
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.dispensing import assessments

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def home(user):
    return words_of(factories.client_for(user).get(url("home")))


def test_a_patient_sees_first_how_long_the_certification_is_valid():
    patient = factories.certification(on=date(2026, 3, 4)).patient
    words = home(patient.user)
    assert "Valid through March 3, 2027 (100 more days)" in words
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


def test_the_next_delivery_comes_first_with_what_to_have_ready():
    order = factories.order()
    words = home(order.placed_by)
    first = "Hello, Rosa Next delivery Placed Wednesday, November 25, 2026 9:30 a.m. to 1:30 p.m. Eastern"
    assert f"{first} 40 Orange Street, New Haven" in words
    ready = "Have ready at the door Your medical marijuana card A photo ID $80.00 in cash, exactly"
    assert ready in words and f"Order {order.number}" in words


def test_the_next_delivery_asks_for_the_debit_card_that_was_chosen():
    order = factories.order(payment_method="debit")
    words = home(order.placed_by)
    assert "A debit card for $80.00" in words and "in cash" not in words


def test_later_deliveries_follow_the_next_one():
    order = factories.order()
    later = factories.window(order.window.date + timedelta(days=7))
    second = factories.order(order.patient, into=later)
    words = home(order.placed_by)
    assert words.index("Next delivery") < words.index("Later deliveries Wednesday, December 2, 2026")
    assert f"Order {order.number}" in words and second.number not in words.split("Later deliveries")[0]


# --- What comes next: one filled button -----------------------------------------------------------------------------


def filled(response):
    """Return the words on the filled buttons of the page's main part."""
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    buttons = re.findall(r'<(?:a|button)[^>]*class="usa-button"[^>]*>(.*?)</(?:a|button)>', main, re.DOTALL)
    return [" ".join(words.split()) for words in buttons]


def opened(user):
    return factories.client_for(user).get(url("home"))


def test_a_new_patient_orders_and_is_offered_a_passkey():
    response = opened(factories.patient().user)
    assert filled(response) == ["Order for delivery"]
    assert "Add a passkey" in words_of(response) and "No delivery is planned" in words_of(response)


def test_after_a_delivery_the_same_is_ordered_again(monday):
    order = assessments.delivered(monday)
    response = opened(order.placed_by)
    assert filled(response) == ["Order again"]
    assert url("order-again", order.number) in response.content.decode()
    assert "Last order" in words_of(response) and "2 × " in words_of(response)
    assert "Add a passkey" not in words_of(response)


@pytest.mark.parametrize("signed", [date(2025, 11, 25), date(2025, 11, 23)])
def test_what_ends_soon_or_has_ended_is_renewed_until_the_office_knows(signed):
    certification = factories.certification(on=signed)
    user = certification.patient.user
    assert filled(opened(user)) == ["Ask for a renewal"]
    factories.patient_request(certification, "renewal")
    response = opened(user)
    assert "You have asked for a renewal" in words_of(response)
    assert filled(response) == (["Order for delivery"] if signed.day == 25 else [])


def test_a_caregiver_of_two_has_rows_and_no_filled_button():
    caregiver, _child, _sibling = people.guardian_of_two()
    response = opened(caregiver.user)
    assert filled(response) == [] and "You act for Milo Hart Active" in words_of(response)


def test_a_caregiver_who_is_a_patient_sees_their_own_first():
    caregiver, child = people.guardian_of_a_child(email="nora@example.org")
    own = factories.certification(profile=factories.profile(first_name="Nora"), joined=False).patient
    accept_invitation(invitation=own.invitations.get(), birth_date=own.birth_date, by=caregiver.user)
    own.refresh_from_db()
    factories.affirm_all(own)
    response = opened(caregiver.user)
    shown = response.context["home"]
    assert (shown.main.patient, [row.patient for row in shown.rows]) == (own, [child])
    assert filled(response) == ["Order for delivery"] and "You also act for Milo Hart" in words_of(response)


def test_a_row_of_a_caregiver_has_the_next_delivery_and_the_cash():
    caregiver, child, _sibling = people.guardian_of_two()
    factories.order(child, by=caregiver.user)
    words = home(caregiver.user)
    assert "Next delivery: Wednesday, November 25, 2026" in words and "Placed, $80.00 in cash, exactly" in words


# --- Waiting --------------------------------------------------------------------------------------------------------


def waits(patient, window):
    return join_waiting_list(window=window, patient=patient, by=patient.user)


def test_the_place_on_a_waiting_list_is_shown():
    window, first, second = factories.window(), factories.patient(), factories.patient()
    people.fill(window)
    waits(first, window), waits(second, window)
    assert "Place 2 of 2 on the waiting list" in home(second.user)
    leave_waiting_list(entry=first.user.waiting_entries.get(), by=first.user)
    assert "Place 1 of 1 on the waiting list" in home(second.user)
    people.widen(window, capacity=window.capacity + 1)
    assert "There is room now" in home(second.user)
    assert "waiting list" not in home(first.user)


# --- Past orders, several patients ----------------------------------------------------------------------------------


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
    assert filled(opened(caregiver.user)) == ["Read and affirm"]
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


def test_no_more_than_14_queries_for_a_caregiver_of_two(django_assert_max_num_queries):
    caregiver, _child, _sibling = people.guardian_of_two()
    client = factories.client_for(caregiver.user)
    client.get(url("home"))
    with django_assert_max_num_queries(14):
        client.get(url("home"))
