"""A person calls, and staff order for the caller on the same pages as an orderer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from time import sleep

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from audit.models import Event
from delivery import actions, rules
from delivery.actions import phone as phone_actions
from delivery.models import FailedCall, Order
from delivery.presenters.addresses import addresses_of, latest_orders
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
PHONE = reverse("admin:delivery_order_phone")


@shared
def staff():
    return factories.staff("Technician")


@shared
def client(staff):
    return factories.client_for(staff)


@shared
def patient():
    """A patient without e-mail, and so without an account."""
    return factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False).patient


def answers(person, **over):
    day = person.birth_date
    return {
        "number": person.number,
        "name": f"{person.first_name} {person.last_name}",
        "birth_date_month": str(day.month),
        "birth_date_day": str(day.day),
        "birth_date_year": str(day.year),
        **over,
    }


# --- Who calls ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "parts"),
    [("p-7kq4-m2xp", ("P", "7KQ4", "M2XP")), (" G 7KQ4M2XP", ("G", "7KQ4", "M2XP")), ("D-7KQ4-M2XP", ()), ("\0", ())],
)
def test_card_number_parts_of_a_number_as_people_type_it(said, parts):
    assert rules.card_number_parts(said) == parts


def test_check_caller_wants_name_and_birth_date_of_the_card(patient):
    rules.check_caller(patient, name="ROSA  delgado", birth_date=patient.birth_date)
    wrong = [
        ("Rosa", patient.birth_date),
        ("Rosa Delgado Hart", patient.birth_date),
        ("Rosa Delgado", date(1980, 4, 29)),
    ]
    for name, birth_date in wrong:
        with pytest.raises(rules.CallerError):
            rules.check_caller(patient, name=name, birth_date=birth_date)
    with pytest.raises(rules.CallerError):
        rules.check_caller(None, name="Rosa Delgado", birth_date=patient.birth_date)


def test_check_orderer_on_the_phone_is_about_the_caller(patient, staff):
    rules.check_orderer(patient, user=staff, today=date(2026, 11, 23), caller=patient)
    for user, caller in ((factories.user(), patient), (staff, factories.patient()), (staff, None)):
        with pytest.raises(rules.OrdererError):
            rules.check_orderer(patient, user=user, today=date(2026, 11, 23), caller=caller)


def test_check_orderer_on_the_phone_leaves_a_child_to_the_guardian(staff):
    caregiver, child = people.guardian_of_a_child()
    today = date(2026, 11, 23)
    rules.check_orderer(child, user=staff, today=today, caller=caregiver)
    with pytest.raises(rules.OrdererError, match="the caregiver orders"):
        rules.check_orderer(child, user=staff, today=today, caller=child)
    people.end(child.current_assignment)
    child = type(child).objects.get()
    with pytest.raises(rules.OrdererError, match="Only the patient"):
        rules.check_orderer(child, user=staff, today=today, caller=caregiver)


def test_check_orderer_on_the_phone_asks_a_patient_with_mail_to_affirm_first(staff):
    patient = factories.certification(caregiver=factories.caregiver(), joined=False).patient
    for caller in (patient, patient.current_assignment.caregiver):
        with pytest.raises(rules.OrdererError, match="statement first"):
            rules.check_orderer(patient, user=staff, today=date(2026, 11, 23), caller=caller)


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"name": "Rosa Hart"}, "No card fits these three answers."),
        ({"birth_date_year": "1981"}, "No card fits these three answers."),
        ({"number": "P-2222-2222"}, "No card fits these three answers."),
        ({"number": "x" * 20}, "No card fits these three answers."),
        ({"number": "\0"}, "Some characters here cannot be read."),
        ({"name": "🌿" * 100_000}, "Shorten this to 200 characters or fewer."),
        ({"birth_date_day": "32"}, "Enter a day from 1 to"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_answers_begin_nothing(client, patient, over, sentence):
    response = client.post(PHONE, answers(patient, **over))
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert client.get(url("product-list")).status_code == 302


def test_a_refused_call_leaves_an_event(client, patient):
    client.post(PHONE, answers(patient, name="Somebody Else"))
    assert Event.objects.filter(action="call.answer", outcome="refused", reason="CallerError").count() == 1


@pytest.mark.parametrize(
    ("group", "status"), [("Pharmacist", 200), ("Manager", 200), ("Driver", 403), ("Auditor", 403)]
)
def test_the_page_is_for_staff_who_may_order(group, status):
    client = factories.client_for(factories.staff(group))
    assert client.get(PHONE).status_code == status
    listed = words_of(client.get(reverse("admin:delivery_order_changelist")))
    assert ("Order by phone" in listed) is (status == 200)


# --- Wrong answers, counted ----------------------------------------------------------------------------------------

CLOSED = "The answers of five calls for this card did not fit."


def call_wrongly(person, times, number=None, by=None):
    for _ in range(times):
        with pytest.raises(rules.CallerError) as refused:
            answer(person, by=by, birth_date=date(1901, 2, 3), number=number)
    return refused.value


def answer(person, *, by=None, number=None, birth_date=None):
    return actions.answer_call(
        number=number or person.number,
        name=person.name,
        birth_date=birth_date or person.birth_date,
        by=by or factories.staff("Technician"),
    )


def test_check_calls_are_open_closes_a_card_after_five_wrong_calls_of_any_staff(patient, monday):
    call_wrongly(patient, 4)
    assert answer(patient) == patient
    call_wrongly(patient, 1)
    for birth_date in (patient.birth_date, date(1901, 2, 3)):
        with pytest.raises(rules.CallsClosed, match=CLOSED):
            answer(patient, birth_date=birth_date)
    assert FailedCall.objects.filter(number=patient.number).count() == 5
    assert Event.objects.filter(action="call.answer", outcome="refused", reason="CallsClosed").count() == 2


def test_check_calls_are_open_counts_a_rolling_hour(patient, monday):
    call_wrongly(patient, 5)
    monday.shift(timedelta(minutes=59, seconds=59))
    with pytest.raises(rules.CallsClosed):
        answer(patient)
    monday.shift(timedelta(seconds=1))
    assert answer(patient) == patient


def test_another_card_is_open_all_the_while(patient):
    other = factories.patient()
    call_wrongly(patient, 5)
    assert answer(other) == other


def test_an_unknown_card_number_closes_in_the_same_way(patient):
    """Otherwise the sixth call would show whether a card has the number."""
    first, sixth = [], []
    for number in (patient.number, "P-2222-2222"):
        first.append(str(call_wrongly(patient, 5, number=number)))
        sixth.append(type(call_wrongly(patient, 1, number=number)))
    assert (len(set(first)), sixth) == (1, [rules.CallsClosed] * 2)


def test_text_that_is_no_card_number_is_not_counted(patient):
    assert type(call_wrongly(patient, 7, number="x" * 20)) is rules.CallerError
    assert not FailedCall.objects.exists()


def test_staff_read_when_the_next_call_can_be_taken(client, patient, monday):
    call_wrongly(patient, 5)
    words = words_of(client.post(PHONE, answers(patient)))
    opens_at = date_format(timezone.localtime(timezone.now() + timedelta(minutes=61)), "P")
    assert f"The next call can be taken at {opens_at} Eastern. Until then, call back at the number on file." in words
    assert client.get(url("product-list")).status_code == 302


def calls_at_once(patient):
    """Return how each of thirty wrong calls was refused."""
    takers = [factories.staff("Technician") for _ in range(30)]
    start = Barrier(len(takers))

    def one_call(taker):
        start.wait()
        try:
            answer(patient, by=taker, birth_date=date(1901, 2, 3))
        except rules.CallerError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(takers)) as pool:
        return list(pool.map(one_call, takers))


@pytest.fixture
def slow_check(monkeypatch):
    """Wait between counting and writing, so that calls without a lock overlap."""
    check = rules.check_caller

    def check_slowly(*arguments, **named):
        sleep(0.1)
        check(*arguments, **named)

    monkeypatch.setattr(rules, "check_caller", check_slowly)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slow_check")
def test_of_thirty_wrong_calls_at_once_five_are_checked(patient):
    refusals = calls_at_once(patient)
    assert (refusals.count(rules.CallerError), refusals.count(rules.CallsClosed)) == (5, 25)
    assert FailedCall.objects.count() == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slow_check")
def test_control_without_the_lock_more_than_five_are_checked(patient, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    monkeypatch.setattr(phone_actions, "lock_text", lambda text: None)
    calls_at_once(patient)
    assert FailedCall.objects.count() > 5


# --- What staff see during a call -----------------------------------------------------------------------------------


def test_a_call_shows_nothing_of_the_record_that_ordering_does_not_need(client, staff, patient, monday):
    earlier = factories.order(patient, address=factories.address(street="7 Elm Street"), by=staff, caller=patient)
    monday.shift(timedelta(minutes=1))
    product = factories.product(sku="A")
    client.post(PHONE, answers(patient))
    client.post(url("cart-line"), {"product": product.sku, "quantity": 2, "patient": patient.number})
    for page in ("record", "allotment"):
        assert client.get(url(page)).status_code == 404
    pages = [client.get(url(page)) for page in ("product-list", "cart", "checkout", "order-list")]
    assert [page.status_code for page in pages] == [200, 200, 200, 200]
    seen = " ".join(words_of(page) for page in pages)
    assert "left for" in seen  # the allotment, which an order needs
    hidden = (earlier.number, "7 Elm Street", "See what counts", "Osei", "Cancer", "April 28, 1980")
    assert not [word for word in hidden if word in seen]
    for page in ("detail", "calendar", "cancel", "move", "decline"):
        assert client.get(url(f"order-{page}", earlier.number)).status_code == 404
    for page in ("again", "cancel", "move", "decline"):
        assert client.post(url(f"order-{page}", earlier.number)).status_code == 404


def test_an_order_of_this_call_is_shown_in_this_call_alone(client, patient, monday):
    window, product = factories.window(), factories.product(sku="A")
    client.post(PHONE, answers(patient))
    client.post(url("cart-line"), {"product": product.sku, "quantity": 2, "patient": patient.number})
    placed = client.post(url("checkout"), checkout_post(window, patient=patient.number)).url
    assert client.get(placed).status_code == 200
    assert Order.objects.get().number in words_of(client.get(url("order-list")))
    client.post(url("phone-end"))
    monday.shift(timedelta(minutes=1))
    client.post(PHONE, answers(patient))
    assert client.get(placed).status_code == 404


def test_control_outside_a_call_the_patient_sees_all_of_it():
    patient = factories.patient()
    order = factories.order(patient)
    client = factories.client_for(patient.user)
    assert [client.get(url(page)).status_code for page in ("record", "allotment")] == [200, 200]
    assert client.get(url("order-detail", order.number)).status_code == 200


# --- The order ------------------------------------------------------------------------------------------------------


def test_staff_order_for_a_patient_who_calls(client, staff, patient):
    window, product = factories.window(), factories.product(sku="A")
    assert client.post(PHONE, answers(patient)).url == url("product-list")
    words = words_of(client.get(url("product-list")))
    assert f"On the phone. End the call You are ordering for {patient.name}" in words
    client.post(url("cart-line"), {"product": product.sku, "quantity": 2, "patient": patient.number})
    response = client.post(url("checkout"), checkout_post(window, patient=patient.number))
    order = Order.objects.get()
    assert (response.status_code, response.url) == (303, url("order-detail", order.number))
    assert (order.patient, order.placed_by, order.assisted_by, order.status) == (patient, staff, staff, "placed")
    assert order.number in words_of(client.get(response.url))
    assert Notification.objects.get(kind="order_placed").channel == "phone"
    listed = words_of(client.get(reverse("admin:delivery_order_changelist"), {"status": "placed"}))
    assert "By phone Placed, to review" in listed


def test_the_same_rules_hold_on_the_phone(client, patient):
    window = factories.window()
    client.post(PHONE, answers(patient))
    client.post(url("cart-line"), {"product": factories.product().sku, "quantity": 1})
    response = client.post(url("checkout"), checkout_post(window, seen_cents=4000))
    assert "You are $35.00 short of the $75.00 minimum" in words_of(response)
    assert not Order.objects.placed().exists()


def test_a_caregiver_of_two_calls_and_staff_choose_for_whom(client):
    caregiver, child, sibling = people.guardian_of_two()
    client.post(PHONE, answers(caregiver))
    client.post(url("patient-choose"), {"patient": sibling.number})
    client.post(url("cart-line"), {"product": factories.product().sku, "quantity": 1})
    assert Order.objects.get().patient == sibling
    assert client.post(url("patient-choose"), {"patient": factories.patient().number}).status_code == 404


def test_the_mail_goes_to_the_patient_who_then_sees_the_order(client, staff):
    patient = factories.patient()
    order = factories.order(patient, by=staff, caller=patient)
    assert Notification.objects.get(kind="order_placed").recipient == patient.email
    assert order.number in words_of(factories.client_for(patient.user).get(url("order-list")))


def test_the_call_ends_by_a_button_and_by_itself(client, patient, monday):
    for end in (lambda: client.post(url("phone-end")), lambda: monday.shift(timedelta(minutes=30, seconds=1))):
        client.post(PHONE, answers(patient))
        assert client.get(url("product-list")).status_code == 200
        end()
        assert client.get(url("product-list")).status_code == 302


def test_an_account_that_loses_the_permission_loses_the_call(client, staff, patient):
    client.post(PHONE, answers(patient))
    with unguarded():
        staff.groups.clear()
    assert client.get(url("product-list")).status_code == 302


# --- Doors ----------------------------------------------------------------------------------------------------------


def test_orders_of_same_stop_are_those_to_one_door_in_one_window():
    first, second = factories.order(), factories.order(address=factories.address(street="40 ORANGE street"))
    factories.order(address=factories.address(unit="Apt 2"))
    factories.order(into=factories.window(starts="13:30"))
    assert list(rules.orders_of_same_stop(first)) == [second]
    page = reverse("admin:delivery_order_change", args=[first.pk])
    words = words_of(factories.client_for(factories.staff("Pharmacist")).get(page))
    assert "2 orders to this door" in words and f"Same door: {second.patient.name}, $80.00" in words


def test_orders_of_same_stop_know_a_door_in_any_spelling():
    first = factories.order(address=factories.address(street="40 Orange Street", unit="Apt 2"))
    same = factories.order(address=factories.address(street="40 Orange St.", unit="#2"))
    typed_in_one = factories.order(address=factories.address(street="40 orange st, apartment 2", unit=""))
    factories.order(address=factories.address(street="40 Orange St", unit="#3"))
    factories.order(address=factories.address(street="40 Orange St", unit="#2", zip_code="06511"))
    assert list(rules.orders_of_same_stop(first)) == [same, typed_in_one]


def test_an_address_used_before_is_offered_once_in_the_latest_spelling():
    patient = factories.patient()
    for street, unit in (("7 Elm Street", "Apt 2"), ("7 Elm St", "#2"), ("40 Orange St.", "")):
        factories.order(patient, address=factories.address(street=street, unit=unit))
    assert [order.street_address for order in addresses_of(patient, latest_orders(patient))] == ["7 Elm St #2"]


def test_addresses_used_before_are_offered_besides_the_home():
    patient = factories.patient()
    order = factories.order(patient, address=factories.address(street="7 Elm Street"))
    factories.order(patient)
    factories.cart(patient)
    client = factories.client_for(patient.user)
    words = words_of(client.get(url("checkout")))
    assert "Addresses used before: 7 Elm Street, New Haven Home: 40 Orange Street, New Haven" in words
    assert "each reaches the $75.00 minimum by itself" in words
    assert b'value="40 Orange Street"' in client.get(url("checkout")).content
    assert b'value="7 Elm Street"' in client.get(url("checkout"), {"to": order.number}).content


@pytest.mark.parametrize("typed", ["D-0000-0000", "🌿", "x" * 3000])
def test_an_address_that_was_never_used_is_the_home(typed):
    patient = factories.patient()
    factories.window()
    factories.cart(patient)
    stranger = factories.order(address=factories.address(street="9 Foreign Street"))
    client = factories.client_for(patient.user)
    for to in (typed, stranger.number):
        assert b'value="40 Orange Street"' in client.get(url("checkout"), {"to": to}).content
