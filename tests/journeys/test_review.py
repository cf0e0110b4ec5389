"""A pharmacist's morning: forty orders, three of them with a question."""

import pytest
from django.utils import timezone

from delivery.models import Order
from tests import factories
from tests.delivery import people
from tests.guard import unguarded

pytestmark = pytest.mark.journey


def test_a_pharmacist_reviews_forty_orders(visitor):
    orders = people.orders_of_many(40)
    business, declined, refused = orders[:3]
    with unguarded():
        Order.objects.filter(pk=business.pk).update(street="88 Main Street Suite 5")
        Order.objects.filter(pk=declined.pk).update(declined_at=timezone.now())
    pharmacist = factories.staff("Pharmacist")
    ines = visitor()

    ines.opens("/admin/login/")
    ines.signs_in_here(pharmacist.email)
    ines.opens("/admin/delivery/order/")
    ines.sees("40 orders")
    ines.sees("Address: ask")

    # The first has an address that reads like a business: Ines asks, and it is a home.
    ines.page.get_by_role("link", name="Rosa Delgado").first.click()
    ines.looks()
    ines.sees("1 of 40 in this window")
    ines.sees("It reads like a business: ask before confirming.")
    ines.presses("Confirm the order")
    ines.sees("Tick this once you have reviewed the patient in the monitoring program.")
    ines.page.get_by_label("I reviewed the patient in the monitoring program").check()
    ines.presses("Confirm")
    ines.sees("Confirm: done.")

    # Nobody can take the second: Ines cancels it, and goes on with the next.
    ines.follows("Next order to review")
    ines.sees("Cannot take it")
    ines.page.get_by_text("Other actions").click()
    ines.follows("Cancel")
    ines.fills(reason="Nobody is at home.")
    ines.presses("Cancel")
    ines.sees("Cancelled")

    # The others at once. A colleague refuses one in the same minute: it is named, and all others are confirmed.
    ines.follows("‹ Orders")
    ines.sees("38 orders")
    ines.page.get_by_label("Select all orders on this page").check()
    ines.presses("Confirm")
    ines.sees("Confirm: 38 orders")
    with unguarded():
        Order.objects.filter(pk=refused.pk).update(status="refused", ended_at=timezone.now())
    ines.page.get_by_label("I reviewed each of the patients listed here").check()
    ines.presses("Confirm 38 orders")
    ines.sees("Confirm: 37 done.")
    ines.sees(f"Confirm: not done for {refused.number}, Rosa Delgado. This order is refused")
    ines.sees("No order waits here.")
    assert Order.objects.filter(status="confirmed", monitoring_reviewed_date=timezone.localdate()).count() == 38

    ines.page.set_viewport_size({"width": 390, "height": 844})
    ines.opens("/admin/delivery/order/?status=confirmed")
    assert ines.page.evaluate("document.documentElement.scrollWidth") <= 390
    # axe reads the @import in Django's forms.css by adding a style to the page, and the portal's CSP blocks that.
    ines.errors = [error for error in ines.errors if not error.startswith("Applying inline style violates")]
    ines.met_no_barrier()


def test_the_page_of_an_order_has_no_barrier_at_320_px(visitor):
    first, _second = people.orders_of_many(2)
    ines = visitor(viewport={"width": 320, "height": 700})
    ines.opens("/admin/login/")
    ines.signs_in_here(factories.staff("Pharmacist").email)
    ines.opens(f"/admin/delivery/order/{first.pk}/change/")
    ines.sees("1 of 2 in this window")
    ways = ines.page.locator(".review__way a")
    heights = [ways.nth(place).bounding_box()["height"] for place in range(ways.count())]
    assert len(heights) == 2 and min(heights) >= 24
    for tool in ines.page.locator("#user-tools :is(a, button)").all():
        tool.click(trial=True, timeout=5000)  # nothing covers it
    ines.errors = [error for error in ines.errors if not error.startswith("Applying inline style violates")]
    ines.met_no_barrier()
