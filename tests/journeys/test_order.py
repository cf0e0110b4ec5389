"""A patient joins, orders, and staff confirm."""

import pytest

from certification.statements import PATIENT_AFFIRMATIONS
from delivery.models import Order
from tests import factories
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey
EMAIL = "rosa@example.org"


def test_a_patient_joins_and_orders_and_staff_confirm(visitor):
    she, staff = visitor(), visitor()
    given_a_certified_patient_and_a_menu()
    when_she_joins_by_the_invitation(she)
    then_she_sees_how_long_it_is_valid(she)
    when_she_fills_the_cart_and_books_a_window(she)
    then_the_order_is_placed_and_mailed(she)
    when_staff_confirm_it_in_the_admin(staff)
    then_she_is_told(she)
    she.met_no_barrier()


def test_a_patient_orders_without_javascript_on_a_phone(visitor):
    she = visitor(java_script_enabled=False, viewport={"width": 390, "height": 844})
    she.looks = lambda: None  # axe is a script
    patient = factories.patient()
    factories.product(name="Harbor Mist Tincture")
    factories.window()
    she.signs_in(patient.email)
    when_she_fills_the_cart_and_books_a_window(she)
    assert Order.objects.placed().get().patient == patient


def given_a_certified_patient_and_a_menu():
    factories.certification(joined=False, profile=factories.profile(email=EMAIL))
    factories.product(name="Harbor Mist Tincture")
    factories.window()


def when_she_joins_by_the_invitation(she):
    she.opens(link_in_mail_to(EMAIL, "/invitation/"))
    she.makes_an_account(EMAIL)
    she.signs_in(EMAIL)
    she.opens("/invitation/")
    she.fills_date("birth_date", 4, 28, 1980)
    she.submits()
    she.ticks(*PATIENT_AFFIRMATIONS)
    she.submits()


def then_she_sees_how_long_it_is_valid(she):
    she.opens("/home/")
    she.sees("Valid through")
    she.opens("/card/")
    she.sees("Rosa Delgado")


def when_she_fills_the_cart_and_books_a_window(she):
    she.opens("/delivery/")
    she.page.locator("#main-content input[name=quantity]").first.fill("2")
    she.presses("Add")
    she.opens("/delivery/checkout/")
    she.presses_label_of(she.page.locator("[name=window]:not([disabled])").first)
    she.ticks("is_residence")
    she.chooses("payment_method", "cash")
    she.submits()


def then_the_order_is_placed_and_mailed(she):
    order = Order.objects.placed().get()
    assert (order.status, order.subtotal_cents, order.window.booked) == ("placed", 8000, 1)
    she.sees(order.number)
    she.sees("$80.00")
    subjects = [message.subject for message in mails_to(EMAIL)]
    assert any("order" in subject.lower() for subject in subjects), subjects
    assert not any("tincture" in subject.lower() for subject in subjects)


def when_staff_confirm_it_in_the_admin(staff):
    pharmacist = factories.staff("Pharmacist")
    order = Order.objects.placed().get()
    staff.looks = lambda: None  # the admin is Django's own
    staff.signs_in(pharmacist.email)
    staff.opens("/admin/delivery/order/")
    staff.follows(order.number)
    staff.follows("Confirm")
    staff.page.locator("#content form [type=submit]").last.click()
    staff.page.wait_for_load_state()
    staff.sees("done")


def then_she_is_told(she):
    order = Order.objects.placed().get()
    assert order.status == Order.Status.CONFIRMED
    she.opens(f"/delivery/orders/{order.number}/")
    she.sees("Confirmed")
    assert any("confirmed" in message.subject.lower() for message in mails_to(EMAIL))
