"""What changes between the checkout page and the click: a sentence says it, the cart stays, nothing is taken."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.backends import PortalBackend
from certification.actions import end_caregiver, withdraw_certification
from delivery import actions
from delivery.models import DeliveryWindow, Order, StockMovement
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url, words_of
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


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


def looked_at(client, window, **over):
    """Return what the form of the page will post."""
    hidden = dict(HIDDEN.findall(client.get(url("checkout")).content.decode()))
    return checkout_post(window, **{**hidden, "street": "7 Typed Street", **over})


def clicked(client, data, sentence):
    """Assert that the sentence is shown, answers and cart stay, and no place, stock or allotment is taken."""
    response = client.post(url("checkout"), data)
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert b'value="7 Typed Street"' in response.content
    nothing_taken()
    return response


def nothing_taken():
    assert not Order.objects.placed().exists()
    assert Order.objects.carts().get().lines.count() == 1
    assert not DeliveryWindow.objects.filter(booked__gt=0).exists()
    assert not StockMovement.objects.filter(kind="reserved").exists()


def product():
    return Order.objects.get().lines.get().product


def test_the_window_was_closed(client, window):
    data = looked_at(client, window)
    people.close(window)
    clicked(client, data, "No delivery: Heavy snow. Choose another window.")


def test_the_price_was_raised_and_the_next_click_agrees_to_it(client, window):
    data = looked_at(client, window)
    actions.save_product(sku=product().sku, price_cents=4100, by=None)
    response = clicked(client, data, "Your cart or a price changed: the total is now $82.00.")
    again = {**data, **dict(HIDDEN.findall(response.content.decode()))}
    assert client.post(url("checkout"), again).status_code == 303
    assert Order.objects.get().subtotal_cents == 8200


def test_the_product_was_withdrawn(client, window):
    data = looked_at(client, window)
    actions.save_product(sku=product().sku, is_active=False, by=None)
    clicked(client, data, "Harbor Mist Tincture is no longer on the menu.")


def test_the_stock_was_written_off(client, window):
    data = looked_at(client, window)
    by = factories.staff("Pharmacist")
    actions.write_off(product=product(), quantity=49, lot="LOT-1", reason="A recall", by=by)
    clicked(client, data, "Only 1 of Harbor Mist Tincture left.")


def test_the_allotment_was_used_at_the_counter(client, window, patient):
    data, by = looked_at(client, window), factories.staff("Pharmacist")
    sale = {"day": timezone.localdate(), "amount_mg": 99_000, "origin": "counter", "reason": "Sold", "by": by}
    actions.record_allotment_entry(patient=patient, **sale)
    clicked(client, data, "more than what is left of the monthly allotment for that day (0.223 g).")


def test_the_certification_was_withdrawn(client, window, patient):
    data = looked_at(client, window)
    certification = patient.certifications.get()
    withdraw_certification(certification=certification, reason="Moved away.", by=certification.physician.user)
    clicked(client, data, "No certification is valid on Wednesday, November 25, 2026.")


def test_the_clock_passed_the_cut_off(client, window, monday, patient):
    monday.move_to(window.starts_at - timedelta(hours=24))
    client = factories.client_for(patient.user)
    data = looked_at(client, window)
    monday.shift(timedelta(seconds=1))
    clicked(client, data, "Orders for this window closed at 9:30 a.m. on Tuesday, November 24. Choose a later one.")


def test_the_assignment_of_the_caregiver_ended(window):
    patient, caregiver = people.patient_with_caregiver()
    caregivers_account, certification = PortalBackend().get_user(caregiver.user_id), patient.certifications.get()
    factories.cart(patient, by=caregivers_account)
    client = factories.client_for(caregivers_account)
    data = looked_at(client, window)
    end_caregiver(certification=certification, reason="Recovered.", by=certification.physician.user)
    response = client.post(url("checkout"), data, follow=True)
    assert (response.status_code, response.redirect_chain[0][0]) == (200, url("home"))
    nothing_taken()


def test_one_of_two_patients_has_another_caregiver(window):
    """The form names its patient: the order never goes to the other patient."""
    caregiver, child, _sibling = people.guardian_of_two()
    factories.cart(child, by=caregiver.user)
    client = factories.client_for(caregiver.user)
    data = looked_at(client, window, patient=child.number)
    people.end(child.current_assignment)
    assert client.post(url("checkout"), data).status_code == 404
    nothing_taken()


def test_two_tabs_order_the_same_cart_once(client, window):
    first, second = looked_at(client, window), looked_at(client, window)
    assert first["idempotency_key"] != second["idempotency_key"]
    assert client.post(url("checkout"), first).status_code == 303
    response = client.post(url("checkout"), second)
    assert "Your cart is empty. Add something to it first." in words_of(response)
    assert (Order.objects.count(), DeliveryWindow.objects.get(pk=window.pk).booked) == (1, 1)


def test_another_tab_put_more_into_the_cart(client, window, patient):
    data = looked_at(client, window)
    actions.set_line(patient=patient, product=product(), quantity=3, by=patient.user)
    clicked(client, data, "Your cart or a price changed: the total is now $120.00.")


def test_another_tab_emptied_the_cart(client, window, patient):
    data = looked_at(client, window)
    actions.set_line(patient=patient, product=product(), quantity=0, by=patient.user)
    assert "Your cart is empty." in words_of(client.post(url("checkout"), data))
    assert not Order.objects.placed().exists()


def test_a_suite_care_of_a_company_is_asked_about_and_flagged_for_staff(client, window):
    data = looked_at(client, window, street="123 Main St, Suite 400 c/o Acme LLC")
    response = client.post(url("checkout"), data)
    assert "The address reads like a business. Tick the box if it is a home." in words_of(response)
    nothing_taken()
    assert client.post(url("checkout"), {**data, "confirmed_home": "on"}).status_code == 303
    page = factories.client_for(factories.staff("Pharmacist")).get(
        f"/admin/delivery/order/{Order.objects.get().pk}/change/"
    )
    assert "It reads like a business: ask before confirming." in words_of(page)
