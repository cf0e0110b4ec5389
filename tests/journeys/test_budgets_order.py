"""How many pages and clicks an order takes."""

import pytest

from delivery.models import Order
from tests import factories
from tests.journeys.counting import Counted

pytestmark = pytest.mark.journey

PLACE = "Place the order, $80.00"


def test_a_repeat_order_takes_2_pages_and_3_clicks_from_the_order(visitor):
    patient = visitor()
    first = given_an_order_of(patient)
    patient.opens(f"/delivery/orders/{first.number}/")
    counted = Counted(patient)
    counted.presses("Order again")
    counted.sees(f"Filled in from order {first.number}.")
    counted.presses(PLACE)
    then_it_is_ordered_as_before(patient, first)
    assert (counted.pages, counted.clicks) == (2, 2)
    patient.met_no_barrier()


def test_a_repeat_order_takes_2_pages_and_3_clicks_from_the_list_of_orders(visitor):
    patient = visitor(viewport={"width": 390, "height": 844})
    first = given_an_order_of(patient)
    patient.opens("/delivery/orders/")
    counted = Counted(patient)
    counted.presses(f"Order again {first.number}")
    counted.presses_label_of(counted.page.locator("[name=window]:not([disabled])").nth(1))
    counted.presses(PLACE)
    then_it_is_ordered_as_before(patient, first)
    assert (counted.pages, counted.clicks) == (2, 3)


def test_a_first_order_takes_2_pages_and_3_clicks_from_the_cart(visitor):
    patient = visitor(viewport={"width": 390, "height": 844})
    rosa = factories.patient()
    factories.window()
    factories.cart(rosa)
    patient.signs_in(rosa.email)
    patient.opens("/delivery/cart/")
    counted = Counted(patient)
    counted.follows("Check out")
    counted.presses_label_of(counted.page.locator("[name=window]:not([disabled])").first)
    counted.presses(PLACE)
    counted.sees("Your order is placed")
    assert Order.objects.placed().get().patient == rosa
    assert (counted.pages, counted.clicks) == (2, 3)
    patient.met_no_barrier()


def given_an_order_of(patient):
    """Let the patient sign in who has placed one order for $80."""
    factories.window()
    first = factories.order()
    patient.signs_in(first.placed_by.email)
    return first


def then_it_is_ordered_as_before(patient, first):
    patient.sees("Your order is placed")
    again = Order.objects.placed().latest("pk")
    assert again.pk != first.pk
    assert (again.street_address, again.payment_method) == (first.street_address, first.payment_method)
    assert list(again.lines.values_list("product", "quantity")) == list(first.lines.values_list("product", "quantity"))
