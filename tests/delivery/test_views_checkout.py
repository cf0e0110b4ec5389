import re
from datetime import date, timedelta
from uuid import uuid4

import pytest

from certification.models import Patient
from delivery import actions
from delivery.models import DeliveryWindow, Order
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def window():
    return factories.window()


@shared
def patient(window):
    patient = factories.patient()
    factories.cart(patient)
    return patient


@shared
def client(patient):
    return factories.client_for(patient.user)


def page(client):
    return words_of(client.get(url("checkout")))


def post(client, window, **over):
    return client.post(url("checkout"), checkout_post(window, **over))


def refused(response, sentence, status=200):
    """Assert that the sentence is shown, answers and cart stay, and nothing was placed."""
    assert response.status_code == status
    assert sentence in words_of(response)
    assert b"<title>Error: Check out" in response.content
    assert not Order.objects.placed().exists()
    assert Order.objects.carts().get().lines.count() == 1
    assert not DeliveryWindow.objects.filter(booked__gt=0).exists()


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_page_offers_the_windows_by_date_and_the_patients_home(client):
    words = page(client)
    assert (
        "Wednesday, November 25, 2026 in 2 days 9:30 a.m. to 1:30 p.m. 20 places left "
        "Order by Tuesday 9:30 a.m. Eastern (in 23 hours)." in words
    )
    assert words.index("Later dates") < words.index("Wednesday, December 9, 2026")
    assert "Wednesday, January 13, 2027" in words
    assert "Cash, exactly $80.00 No change is given. Anything over is a tip." in words
    assert "Exact cash $80.00, or a debit card" in words
    content = client.get(url("checkout")).content.decode()
    assert 'value="40 Orange Street"' in content
    assert 'name="confirmed_home"' not in content


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(minutes=59, seconds=59), "(in 59 minutes)"),
        (timedelta(minutes=1), "(in 1 minute)"),
        (timedelta(0), "(in 0 minutes)"),
    ],
)
def test_the_page_says_how_long_a_window_is_open(client, window, monday, before, words):
    monday.move_to(window.starts_at - timedelta(hours=24) - before)
    assert words in page(factories.client_for(Order.objects.get().placed_by))


@pytest.mark.parametrize(("late", "is_taken"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_24_hours_ahead_is_the_same_on_the_page_in_the_form_and_for_the_order(window, patient, monday, late, is_taken):
    monday.move_to(window.starts_at - timedelta(hours=24) + late)
    client = factories.client_for(patient.user)
    assert (window.code in client.get(url("checkout")).content.decode()) is is_taken
    response = post(client, window)
    assert Order.objects.placed().exists() is is_taken
    assert is_taken or "closed at 9:30 a.m. on Tuesday, November 24" in words_of(response)


def test_a_full_window_is_disabled_and_names_the_next_free_one(client, window):
    people.fill(window)
    assert "9:30 a.m. to 1:30 p.m. Full Next free: 1:30 p.m. to 4:30 p.m." in page(client)
    assert client.get(url("checkout")).content.decode().count(" disabled") == 1


def test_when_every_window_is_full_it_says_so_and_no_more(client):
    for window in DeliveryWindow.objects.all():
        people.fill(window)
    words = page(client)
    assert words.count("p.m. Full ") == DeliveryWindow.objects.count()
    assert "Next free" not in words


def test_a_closed_window_and_a_day_not_covered_say_why(client, monday):
    patient = factories.certification(on=date(2025, 12, 1)).patient  # valid through November 30, 2026
    factories.cart(patient)
    people.close(DeliveryWindow.objects.get(date="2026-11-25", starts="13:30"))
    words = page(factories.client_for(patient.user))
    assert "1:30 p.m. to 4:30 p.m. No delivery: Heavy snow." in words
    assert "No certification is valid on Wednesday, December 2, 2026." in words


@pytest.mark.parametrize(
    ("quantity", "sentence"), [(0, "Your cart is empty."), (1, "You are $35.00 short of the $75.00 minimum")]
)
def test_a_cart_that_cannot_be_ordered_leads_to_the_cart_and_says_why(client, patient, quantity, sentence):
    line = Order.objects.get().lines.get()
    actions.set_line(patient=patient, product=line.product, quantity=quantity, by=patient.user)
    response = client.get(url("checkout"), follow=True)
    assert response.redirect_chain == [(url("cart"), 302)]
    assert sentence in words_of(response)


def test_a_changed_price_is_named_before_it_is_agreed_to(client):
    line = Order.objects.get().lines.get()
    actions.save_product(sku=line.product.sku, price_cents=4100, by=None)
    words = page(client)
    assert "The price changed from $40.00 to $41.00." in words
    assert "Place the order, $82.00" in words


# --- Placing --------------------------------------------------------------------------------------------------------


def test_a_placed_order_leads_to_its_page(client, window):
    response = post(client, window, unit="Apt 2", payment_method="debit")
    order = Order.objects.get()
    assert (response.status_code, response.url) == (303, url("order-detail", order.number))
    assert (order.status, order.subtotal_cents, order.payment_method, order.unit) == ("placed", 8000, "debit", "Apt 2")
    assert (str(order.phone), order.window) == ("(203) 555-0142", window)


def test_the_same_form_twice_gives_the_same_order(client, window):
    data = checkout_post(window)
    first, second = client.post(url("checkout"), data), client.post(url("checkout"), data)
    assert (first.status_code, second.status_code, second.url) == (303, 303, first.url)
    assert (Order.objects.count(), DeliveryWindow.objects.get(pk=window.pk).booked) == (1, 1)


def test_the_same_key_with_other_content_is_409(client, window):
    data = checkout_post(window)
    client.post(url("checkout"), data)
    response = client.post(url("checkout"), {**data, "payment_method": "debit"})
    assert response.status_code == 409
    assert "This form was sent before with other content." in words_of(response)
    assert Order.objects.get().payment_method == "cash"


def test_every_missing_answer_gets_its_sentence_at_once(client):
    response = client.post(url("checkout"), {"seen_cents": 8000, "idempotency_key": uuid4()})
    for sentence in (
        "Choose a delivery window.",
        "Enter street address",
        "Enter town or city",
        "Enter ZIP code",
        "Enter phone for the driver",
        "Choose cash or debit card.",
    ):
        refused(response, sentence)


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"window": "2026-11-25-0931"}, "Choose one of the delivery windows in the list."),
        ({"window": "2026-13-45-9999"}, "Choose one of the delivery windows in the list."),
        ({"window": "garbage"}, "Choose one of the delivery windows in the list."),
        ({"window": "\0"}, "Choose one of the delivery windows in the list."),
        ({"window": "x" * 1_000_000}, "Choose one of the delivery windows in the list."),
        ({"zip_code": "06390"}, "We deliver to street addresses in Connecticut only."),
        ({"zip_code": "06156"}, "This ZIP code is of PO boxes or of one organization."),
        ({"zip_code": "06832"}, "This ZIP code is of PO boxes or of one organization."),
        ({"zip_code": "0651"}, "Enter a 5-digit ZIP code, like 06510"),
        ({"zip_code": "٠٦٥١٠"}, "Enter a 5-digit ZIP code, like 06510"),
        ({"street": "PO Box 12"}, "We cannot deliver to a PO box."),
        ({"unit": "P.O. Box 12"}, "We cannot deliver to a PO box."),
        ({"unit": "PMB 123"}, "We cannot deliver to a PO box."),
        ({"street": "Apdo Postal 12"}, "We cannot deliver to a PO box."),
        ({"street": "\0"}, "Some characters here cannot be read."),
        ({"street": "x" * 1_000_000}, "Shorten this to 200 characters or fewer."),
        ({"city": "x" * 101}, "Shorten this to 100 characters or fewer."),
        ({"unit": "x" * 51}, "Shorten this to 50 characters or fewer."),
        ({"phone": "203 555 014"}, "Enter a 10-digit phone number"),
        ({"phone": "☎"}, "Enter a 10-digit phone number"),
        ({"is_residence": None}, "We deliver to homes only, never to a business."),
        ({"payment_method": "credit"}, "Choose cash or debit card."),
        ({"seen_cents": "abc"}, "Please look at your order once more, then send it."),
        ({"seen_cents": "-1"}, "Please look at your order once more, then send it."),
        ({"seen_cents": 7900}, "Your cart or a price changed: the total is now $80.00."),
        ({"idempotency_key": "not a key"}, "Please look at your order once more, then send it."),
        ({"idempotency_key": None}, "Please look at your order once more, then send it."),
        ({"idempotency_key": "x" * 500}, "Please look at your order once more, then send it."),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)  # fmt: skip
def test_bad_input_gets_its_sentence_and_places_nothing(client, window, over, sentence):
    sent = {**checkout_post(window, city="Typed Town"), **over}
    response = client.post(url("checkout"), {name: value for name, value in sent.items() if value is not None})
    refused(response, sentence)
    if "city" not in over:
        assert b'value="Typed Town"' in response.content


@pytest.mark.parametrize("street", ["40 Orange Street 🏠", "٤٠ شارع البرتقال"])
def test_an_address_that_no_label_can_print_is_refused(client, window, street):
    response = post(client, window, street=street)
    assert response.status_code == 200
    assert "without emoji and other pictures" in words_of(response)
    assert street in response.content.decode()


def test_an_address_may_have_accents(client, window):
    assert post(client, window, street="\u202e40 Órange Street").status_code == 303
    assert Order.objects.placed().get().street == "40 Órange Street"  # what is invisible is not kept


def test_the_form_that_comes_back_carries_the_total_of_today_and_the_same_key(client, window):
    key = uuid4()
    content = post(client, window, seen_cents=7900, idempotency_key=key).content.decode()
    assert '<input type="hidden" name="seen_cents" value="8000">' in content
    assert f'name="idempotency_key" value="{key}"' in content
    assert post(client, window, seen_cents=8000, idempotency_key=key).status_code == 303


def test_74_99_is_refused(client, window, patient):
    line = Order.objects.get().lines.get()
    actions.set_line(patient=patient, product=line.product, quantity=1, by=patient.user)
    actions.save_product(sku=line.product.sku, price_cents=7499, by=None)
    refused(post(client, window, seen_cents=7499), "You are $0.01 short of the $75.00 minimum")


def test_an_empty_cart_is_refused(window):
    patient = factories.patient()
    response = post(factories.client_for(patient.user), window)
    assert "Your cart is empty." in words_of(response)
    assert not Order.objects.exists()


def test_24_hours_ahead_passes_and_a_second_less_gets_a_sentence(client, window, monday, patient):
    monday.move_to(window.starts_at - timedelta(hours=24) + timedelta(seconds=1))
    client = factories.client_for(patient.user)
    refused(post(client, window), "Orders for this window closed at 9:30 a.m. on Tuesday, November 24.")
    monday.move_to(window.starts_at - timedelta(hours=24))
    assert post(client, window).status_code == 303


def test_a_closed_window_gets_a_sentence_and_the_page_keeps_the_answers(client, window):
    people.close(window)
    refused(post(client, window), "No delivery: Heavy snow.")


def test_a_lost_last_place_gets_a_sentence_and_the_page_keeps_the_answers(client, window):
    people.fill(window)
    response = post(client, window, street="7 Typed Street")
    assert "This window filled a moment ago. Your cart is kept; choose another one." in words_of(response)
    assert b'value="7 Typed Street"' in response.content
    assert b"Next free: 1:30 p.m. to 4:30 p.m." in response.content
    assert not Order.objects.placed().exists()


def test_an_address_that_looks_like_a_business_is_asked_about_and_then_taken(client, window):
    response = post(client, window, street="88 Main Street Suite 5")
    refused(response, "The address reads like a business. Tick the box if it is a home.")
    assert b'name="confirmed_home"' in response.content
    assert post(client, window, street="88 Main Street Suite 5", confirmed_home="on").status_code == 303


def test_a_town_that_does_not_fit_its_zip_code_is_asked_about_and_then_taken(client, window):
    response = post(client, window, city="Hartford", street="7 Typed Street")
    refused(response, "This ZIP code is of another town. Correct one of them, or tick the box.")
    assert b'name="confirmed_town"' in response.content
    assert b'value="7 Typed Street"' in response.content and b'value="Hartford"' in response.content
    assert post(client, window, city="Hartford", confirmed_town="on").status_code == 303
    assert Order.objects.placed().get().city == "Hartford"


@pytest.mark.parametrize("city", ["New Haven", "Mystic"])
def test_a_fitting_town_and_a_village_are_not_asked_about(client, window, city):
    assert b"confirmed_town" not in client.get(url("checkout")).content
    assert post(client, window, city=city).status_code == 303


def test_over_the_allotment_says_by_how_much(client, window, patient):
    line = Order.objects.get().lines.get()
    actions.save_product(sku=line.product.sku, weight_mg=49_612, by=None)
    refused(
        post(client, window), "This is 0.001 g more than what is left of the monthly allotment for that day (99.223 g)."
    )


# --- Filled in from the last order ----------------------------------------------------------------------------------


def ordered_before(patient, **over):
    """Place an order for the afternoon of a week ahead, with another cart after it."""
    order = factories.order(patient, into=factories.window(starts="13:30"), **over)
    factories.cart(patient)
    return order


def chosen(content):
    return re.findall(r'name="(\w+)" value="([^"]+)"[^>]*? checked', content)


def test_a_first_order_has_no_window_and_the_home_on_record(client):
    content = client.get(url("checkout")).content.decode()
    assert chosen(content) == [("payment_method", "cash")]
    words = page(client)
    assert "40 Orange Street New Haven, CT 06510 The home on the patient’s record Change the address" in words
    assert "Filled in from" not in words


def test_the_home_on_record_needs_no_tick(client, window):
    assert post(client, window, is_residence=None, seen_cents=8000).status_code == 303
    assert Order.objects.placed().get().is_residence


def test_a_home_on_record_that_reads_like_a_business_is_asked_about(client, window, patient):
    with unguarded():
        Patient.objects.filter(pk=patient.pk).update(street="40 Orange Street Hotel")
    response = post(client, window, street="40 Orange Street Hotel", is_residence=None)
    assert "The address reads like a business." in words_of(response)
    assert not Order.objects.placed().exists()


def test_the_last_order_fills_in_its_time_of_day_payment_and_address(client, patient):
    ordered_before(patient, payment_method="debit", address=factories.address(street="7 Elm Street"))
    content = client.get(url("checkout")).content.decode()
    assert chosen(content) == [("window", "2026-11-25-1330"), ("payment_method", "debit")]
    words = page(client)
    assert "Filled in from your last order. Change what is different." in words
    assert "7 Elm Street New Haven, CT 06510 You said this is a home Change the address" in words
    assert "(203) 555-0142 For the driver Change the phone number" in words
    assert "Cancel or move it until Tuesday, November 24, 2026, 1:30 p.m. Eastern." in words


def test_a_full_afternoon_fills_in_the_next_one(client, patient):
    people.fill(ordered_before(patient).window)
    assert ("window", "2026-12-02-1330") in chosen(client.get(url("checkout")).content.decode())


def test_a_home_is_asked_about_once_an_address(client, window, patient):
    ordered_before(patient)
    assert post(client, window, is_residence=None, street="40 orange st.", seen_cents=8000).status_code == 303
    assert Order.objects.placed().filter(is_residence=True).count() == 2


@pytest.mark.parametrize("over", [{"street": "41 Orange Street"}, {"unit": "2"}, {"zip_code": "06511"}])
def test_another_address_is_asked_about_and_its_part_is_open(client, window, patient, over):
    ordered_before(patient)
    response = post(client, window, is_residence=None, **over)
    assert "We deliver to homes only, never to a business." in words_of(response)
    assert b'class="filled"' not in response.content  # the boxes stand open
    assert Order.objects.placed().count() == 1


def test_an_order_that_staff_refused_fills_in_nothing(client, window, patient):
    order = ordered_before(patient)
    actions.refuse_order(order=order, reason="That address is a shop.", by=factories.staff("Pharmacist"))
    assert "Filled in from" not in page(client)
    assert "We deliver to homes only" in words_of(post(client, window, is_residence=None))


def test_what_the_caregiver_said_is_no_answer_of_the_patient(window):
    patient, caregiver = people.patient_with_caregiver()
    factories.order(patient, by=caregiver.user, address=factories.address(street="7 Elm Street"))
    factories.cart(patient)
    client = factories.client_for(patient.user)
    assert "Filled in from" not in page(client)
    assert "We deliver to homes only" in words_of(post(client, window, is_residence=None, street="7 Elm Street"))


def test_a_mistake_elsewhere_keeps_the_typed_address_folded_as_text(client, window):
    response = post(client, window, street="7 Typed Street", payment_method="credit")
    assert "7 Typed Street New Haven, CT 06510" in words_of(response)
    assert b'class="filled"' in response.content


def test_a_wrong_phone_number_is_open(client, window):
    content = post(client, window, phone="203 555 014").content.decode()
    assert '<details class="filled__part" open>' in content
    assert 'value="203 555 014"' in content


def test_a_choice_among_later_dates_stays_open(client):
    later = factories.window(factories.next_wednesday(3))
    content = post(client, later, payment_method="credit").content.decode()
    assert '<details class="windows__later" open>' in content
    assert ("window", later.code) in chosen(content)


# --- For somebody else ----------------------------------------------------------------------------------------------


def test_a_caregiver_orders_for_the_patient_of_the_form(window):
    caregiver, child, sibling = people.guardian_of_two()
    factories.cart(child, by=caregiver.user)
    client = factories.client_for(caregiver.user)
    assert f"You are ordering for {child.name}" in page(client)
    client.post(url("patient-choose"), {"patient": sibling.number})
    assert post(client, window, patient=child.number).status_code == 303
    order = Order.objects.get()
    assert (order.patient, order.placed_by) == (child, caregiver.user)


def test_a_stranger_gets_404(client, window):
    assert post(client, window, patient=factories.patient().number).status_code == 404


def test_no_more_than_9_queries_after_an_order(client, patient, django_assert_max_num_queries):
    ordered_before(patient)
    client.get(url("checkout"))
    with django_assert_max_num_queries(9):
        client.get(url("checkout"))


def test_no_more_than_8_queries(client, django_assert_max_num_queries):
    client.get(url("checkout"))
    with django_assert_max_num_queries(8):
        client.get(url("checkout"))
