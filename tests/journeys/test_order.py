"""A patient joins, orders, and staff confirm."""

import pytest

from certification.statements import PATIENT_AFFIRMATIONS
from delivery.models import Order
from tests import factories
from tests.delivery import people
from tests.journeys.counting import Counted
from tests.journeys.visitor import link_in_mail_to, mails_to

pytestmark = pytest.mark.journey
EMAIL = "rosa@example.org"


def test_a_patient_joins_and_orders_and_staff_confirm(visitor):
    patient, staff = visitor(), visitor()
    given_a_certified_patient_and_a_menu()
    when_the_patient_joins_by_the_invitation(patient)
    then_the_patient_sees_how_long_it_is_valid(patient)
    when_the_orderer_fills_the_cart_and_books_a_window(patient)
    then_the_order_is_placed_and_mailed(patient)
    when_staff_confirm_it_in_the_admin(staff)
    then_the_patient_gets_a_mail(patient)
    patient.met_no_barrier()


def test_a_patient_orders_without_javascript_on_a_phone(visitor):
    patient = visitor(java_script_enabled=False, viewport={"width": 390, "height": 844})
    patient.looks = lambda: None  # axe is a script
    rosa = factories.patient()
    factories.product(name="Harbor Mist Tincture")
    factories.window()
    patient.signs_in(rosa.email)
    when_the_orderer_fills_the_cart_and_books_a_window(patient)
    assert Order.objects.placed().get().patient == rosa


def test_a_placed_order_has_its_own_address_and_nothing_of_the_checkout_is_kept(visitor):
    patient = visitor(viewport={"width": 390, "height": 844})
    rosa = factories.patient()
    factories.window()
    factories.cart(rosa)
    patient.signs_in(rosa.email)
    patient.opens("/delivery/cart/")
    patient.follows("Check out")
    patient.presses_label_of(patient.page.locator("[name=window]:not([disabled])").first)
    patient.presses("Place the order, $80.00")
    patient.sees("Your order is placed")
    address = f"/delivery/orders/{Order.objects.placed().get().number}/"
    page = patient.page
    assert page.url.endswith(address) and page.title().startswith("Order D-")
    assert page.evaluate("[document.activeElement.id, scrollY]") == ["main-content", 0]
    own = page.eval_on_selector_all("[data-own-page]", "parts => parts.map(p => p.value || p.getAttribute('href'))")
    assert set(own) == {address}
    assert page.evaluate("Object.keys(sessionStorage)") == ["htmx-current-path-for-history"]
    page.go_back()
    patient.sees("Your cart is empty")
    page.go_forward()
    patient.sees("Your order is placed")
    page.reload()
    patient.sees("Your order is placed")
    assert Order.objects.placed().count() == 1
    patient.met_no_barrier()


def given_a_certified_patient_and_a_menu():
    factories.certification(joined=False, profile=factories.profile(email=EMAIL))
    factories.product(name="Harbor Mist Tincture")
    factories.window()


def when_the_patient_joins_by_the_invitation(patient):
    patient.opens(link_in_mail_to(EMAIL, "/invitation/"))
    patient.joins_here(4, 28, 1980)
    patient.ticks(*PATIENT_AFFIRMATIONS)
    patient.submits()


def then_the_patient_sees_how_long_it_is_valid(patient):
    patient.opens("/home/")
    patient.sees("Valid through")
    patient.opens("/card/")
    patient.sees("Rosa Delgado")


def when_the_orderer_fills_the_cart_and_books_a_window(patient):
    patient.opens("/delivery/")
    patient.presses("Add Harbor Mist Tincture")
    patient.presses("One more of Harbor Mist Tincture")
    patient.sees("Cart (2)")
    when_the_orderer_books_a_window(patient)


def when_the_orderer_books_a_window(patient):
    patient.opens("/delivery/checkout/")
    patient.presses_label_of(patient.page.locator("[name=window]:not([disabled])").first)
    if patient.page.locator("label[for=id_is_residence]").is_visible():  # not for the home on record
        patient.ticks("is_residence")
    patient.chooses("payment_method", "cash")
    patient.submits()


def then_the_order_is_placed_and_mailed(patient):
    order = Order.objects.placed().get()
    assert (order.status, order.subtotal_cents, order.window.booked) == ("placed", 8000, 1)
    patient.sees(order.number)
    patient.sees("$80.00")
    subjects = [message.subject for message in mails_to(EMAIL)]
    assert any("order" in subject.lower() for subject in subjects), subjects
    assert not any("tincture" in subject.lower() for subject in subjects)


def when_staff_confirm_it_in_the_admin(staff):
    pharmacist = factories.staff("Pharmacist")
    order = Order.objects.placed().get()
    staff.looks = lambda: None  # the admin is Django's own
    staff.signs_in(pharmacist.email)
    when_staff_confirm_the_order_of(staff, order.patient.name)


def when_staff_confirm_the_order_of(staff, name):
    staff.opens("/admin/delivery/order/")
    staff.follows(name)
    staff.page.get_by_label(f"I reviewed {name} in the monitoring program").check()
    staff.presses("Confirm the order")
    staff.sees("done")


def then_the_patient_gets_a_mail(patient):
    order = Order.objects.placed().get()
    assert order.status == Order.Status.CONFIRMED
    patient.opens(f"/delivery/orders/{order.number}/")
    patient.sees("Confirmed")
    assert any("confirmed" in message.subject.lower() for message in mails_to(EMAIL))


def test_staff_order_for_a_caller(visitor):
    staff = visitor()
    caller = factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False).patient
    factories.product(name="Harbor Mist Tincture")
    factories.window()
    when_staff_take_the_call_of(caller, staff)
    when_the_orderer_fills_the_cart_and_books_a_window(staff)
    order = Order.objects.placed().get()
    assert (order.patient, order.assisted_by, order.window.booked) == (caller, order.placed_by, 1)
    staff.sees(order.number)
    staff.met_no_barrier()
    staff.presses("End the call")
    staff.sees("By phone")


def when_staff_take_the_call_of(caller, staff):
    """Begin an order by phone in the admin, which axe does not check because it is Django's own."""
    looks, staff.looks = staff.looks, lambda: None
    staff.signs_in(factories.staff("Pharmacist").email)
    staff.opens("/admin/delivery/order/")
    staff.follows("Order by phone")
    staff.fills(number=caller.number.lower(), name=caller.name)
    staff.fills_date("birth_date", 4, 28, 1980)
    staff.page.locator("#content-main form [type=submit]").click()
    staff.page.wait_for_load_state()
    staff.looks = looks
    staff.looks()
    staff.sees(f"You are ordering for {caller.name}")


def test_a_daughter_orders_for_both_parents_and_moves_an_order(visitor):
    daughter = visitor()
    caregiver, mother = _parent_and_daughter("Elsa")
    _same, father = _parent_and_daughter("Karl", email=caregiver.email)
    factories.affirm_all(caregiver)
    factories.product(name="Harbor Mist Tincture")
    factories.window()
    daughter.signs_in(caregiver.email)
    for parent in (mother, father):
        daughter.opens("/home/")
        daughter.presses(f"Order for {parent.name}")
        daughter.sees(f"You are ordering for {parent.name}")
        when_the_orderer_fills_the_cart_and_books_a_window(daughter)
    assert {order.patient for order in Order.objects.placed()} == {mother, father}
    daughter.follows("Move to another window")
    daughter.page.get_by_text("Later dates").click()
    daughter.presses_label_of(daughter.page.locator("[name=window]:not([disabled])").last)
    daughter.submits()
    daughter.sees("Moved: we come on")
    daughter.met_no_barrier()


def _parent_and_daughter(first_name, **over):
    made = factories.certification(
        profile=factories.profile(first_name=first_name, email="", has_no_email=True),
        caregiver=factories.caregiver(relationship="child", phone="+12035550177", **over),
    )
    caregiver = made.patient.current_assignment.caregiver
    if caregiver.user_id is None:
        factories.join(caregiver)
    return caregiver, made.patient


@pytest.mark.parametrize("width", [1200, 390, 320])
def test_the_bar_at_the_bottom_never_covers_the_focused_button(visitor, width):
    patient = visitor(viewport={"width": width, "height": 700})
    for number in range(6):
        factories.product(name=f"Harbor Mist {number}", sku=f"SKU-{number}")
    factories.window()
    patient.signs_in(factories.patient().email)
    patient.opens("/delivery/")
    boxes = patient.page.locator("#main-content button[name=quantity]")
    assert boxes.count() == 6
    patient.page.locator("body").press("Control+Home")
    covered = [index for index in range(6) if is_covered(patient.page, boxes, index)]
    assert covered == []


def is_covered(page, boxes, index):
    """Move the focus to the box with the keyboard; return whether something else covers its middle."""
    while not boxes.nth(index).evaluate("box => box === document.activeElement"):
        page.keyboard.press("Tab")
    return boxes.nth(index).evaluate("""box => {
        const place = box.getBoundingClientRect();
        return document.elementFromPoint(place.x + place.width / 2, place.y + place.height / 2) !== box;
    }""")


def test_a_refused_order_keeps_the_page_and_names_what_is_wrong(visitor):
    patient = visitor()
    rosa, window = factories.patient(), factories.window()
    factories.cart(rosa)
    patient.signs_in(rosa.email)
    patient.opens("/delivery/checkout/")
    patient.presses_label_of(patient.page.locator("[name=window]:not([disabled])").first)
    people.fill(window)
    counted = Counted(patient)
    counted.presses("Place the order, $80.00")
    counted.sees("This window filled a moment ago. Your cart is kept; choose another one.")
    then_the_summary_has_the_focus_and_the_title_says_so(patient)
    assert counted.pages == 0 and not Order.objects.placed().filter(patient=rosa).exists()
    patient.met_no_barrier()


def then_the_summary_has_the_focus_and_the_title_says_so(patient):
    patient.waits_until("document.activeElement.id === 'error-summary'")
    assert patient.page.title() == "Error: Check out – Medical Marijuana Program"


def test_an_answer_that_is_no_part_of_the_page_is_shown_as_a_page(visitor):
    patient = visitor()
    rosa = factories.patient()
    factories.window()
    factories.cart(rosa)
    patient.signs_in(rosa.email)
    patient.opens("/delivery/checkout/")
    patient.presses_label_of(patient.page.locator("[name=window]:not([disabled])").first)
    patient.page.evaluate("document.querySelector('[name=patient]').value = 'P-2222-2222'")
    patient.presses("Place the order, $80.00")
    patient.page.wait_for_selector("h1:has-text('not found')", timeout=5000)
