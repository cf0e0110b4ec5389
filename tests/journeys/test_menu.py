"""A patient looks through the menu on a phone: sizes, and steps with and without JavaScript."""

import pytest

from delivery import actions
from delivery.demo_products import PRODUCTS
from delivery.models import OrderLine, Product
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.journey
PHONE = {"width": 390, "height": 844}
WHOLE = """() => [...document.querySelectorAll(".product")].filter((row) =>
    row.getBoundingClientRect().bottom <= document.querySelector("#cart-bar").getBoundingClientRect().top).length"""
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    window.shifted += entry.value; })).observe({ type: "layout-shift", buffered: true }); }"""
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def rosa():
    """Return a patient who had something before, with the menu of the demo."""
    patient = factories.patient()
    for fields in PRODUCTS:
        product = actions.save_product(by=None, **{name: fields[name] for name in fields if name != "stock"})
    with unguarded():
        Product.objects.update(stock=9)
    actions.receive_stock(product=product, quantity=5, lot="LOT-1", details=factories.lot_details(), by=None)
    product.refresh_from_db()
    factories.order(patient, lines=[(product, 2)])
    return patient


def opens_the_menu(visitor, patient, **browser):
    person = visitor(**{"viewport": PHONE, **browser})
    if not browser.get("java_script_enabled", True):
        person.looks = lambda: None  # axe is a script
    person.signs_in(patient.email)
    person.opens("/delivery/")
    return person


def test_the_menu_is_short_and_shows_three_products_at_once(visitor, rosa):
    person = opens_the_menu(visitor, rosa)
    page = person.page
    assert page.locator(".product").count() == 15
    assert page.evaluate(WHOLE) >= 3
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 2600
    assert page.locator("#cart-bar").bounding_box()["height"] <= 56
    assert {round(row.bounding_box()["height"]) for row in page.locator(".product").all()} == {119}
    person.met_no_barrier()


def test_steps_move_nothing_and_keep_the_focus(visitor, rosa):
    person = opens_the_menu(visitor, rosa)
    page = person.page
    page.evaluate(SHIFTS)
    for name in ("Add Charter Oak Kush", "One more of Charter Oak Kush", "One less of Charter Oak Kush"):
        person.presses(name)
        page.wait_for_timeout(200)
    assert page.evaluate("() => document.activeElement.id") == "less-FL-CHARTER-35"
    person.sees("Cart (1)")
    person.presses("One less of Charter Oak Kush")
    person.sees("Cart (0)")
    assert page.evaluate("() => document.activeElement.id") == "more-FL-CHARTER-35"
    assert page.evaluate("() => window.shifted") < 0.01
    person.met_no_barrier()


def test_steps_work_without_javascript(visitor, rosa):
    person = opens_the_menu(visitor, rosa, java_script_enabled=False)
    person.presses("Add Charter Oak Kush")
    person.presses("One more of Charter Oak Kush")
    assert person.page.url.endswith("/delivery/#product-FL-CHARTER-35")
    line = OrderLine.objects.get(order__status="cart")
    assert (line.product.sku, line.quantity) == ("FL-CHARTER-35", 2)
    person.sees("Ready to check out")
    person.page.get_by_role("link", name="Cart (2)").click()
    assert person.page.url.endswith("/delivery/cart/")


def test_a_patient_finds_reads_and_likes_a_product(visitor, rosa):
    person = opens_the_menu(visitor, rosa)
    person.page.get_by_label("Search the menu").fill("haze")
    person.page.keyboard.press("Enter")
    person.sees("4 products")
    person.follows("Harbor Haze wax")
    person.presses("Favorite")
    person.page.locator(".heart--full").wait_for()
    person.opens("/delivery/?favorites=1")
    person.sees("Favorites 1")
    person.met_no_barrier()


@pytest.mark.parametrize("address", ["/delivery/", "/delivery/?q=haze&sort=price", "/delivery/products/FL-RIDGE-14/"])
def test_nothing_scrolls_sideways_on_the_smallest_phone(visitor, rosa, address):
    person = opens_the_menu(visitor, rosa, viewport={"width": 320, "height": 700})
    person.opens(address)
    assert not person.page.evaluate(SIDEWAYS)
