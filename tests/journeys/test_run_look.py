"""The pages of a run in light and in dark, on a screen and a phone: axe finds no barrier, and nothing is too wide."""

from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from delivery import actions
from delivery.models import Run
from tests import factories
from tests.delivery import door
from tests.journeys.test_offline import PHONE

pytestmark = pytest.mark.journey
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def run(transactional_db):
    """A run on its way: one order is handed over, one came back and was taken in, one is still with the driver."""
    with time_machine.travel("2026-11-23T15:00:00Z") as clock:
        streets = [factories.address(street=f"{number} Orange Street") for number in (40, 42, 44)]
        orders = [factories.order(address=address) for address in streets]
        made = door.run_of(*orders)
        clock.move_to(made.window.starts_at)
        actions.dispatch_run(run=made, by=made.driver)
        made = Run.objects.select_related("window", "driver").get(pk=made.pk)
        actions.hand_over(order=orders[0], run=made, answers=door.answers(orders[0]), by=made.driver)
        actions.return_order(order=orders[1], run=made, outcome="refused", entry_key=uuid4(), by=made.driver)
        actions.take_in(order=orders[1], by=factories.staff("Technician"))
        yield made


def test_the_pages_of_a_run_have_no_barrier_in_light_and_dark(visitor, run):
    for scheme in ("light", "dark"):
        dan, mary, ana = (
            visitor(**PHONE, color_scheme=scheme),
            visitor(color_scheme=scheme),
            visitor(color_scheme=scheme),
        )
        when_the_driver_looks(dan, run)
        when_the_manager_looks(mary, run)
        when_the_pharmacist_looks(ana, run)
        for person in (dan, mary, ana):
            # Axe puts the styles that Django's forms.css imports into the page, which our policy blocks.
            person.errors = [error for error in person.errors if not error.startswith("Applying inline style violates")]
            person.met_no_barrier()


def when_the_driver_looks(dan, run):
    dan.signs_in(run.driver.email)
    assert dan.page.url.endswith("/delivery/runs/")
    dan.opens(f"/delivery/runs/{run.uuid}/")
    for part in ("Running late?", "A part is refused", "Sign in another way", "It happened earlier"):
        dan.page.locator("summary", has_text=part).click()
    dan.page.get_by_role("button", name="Type it in").click()
    dan.page.locator("[name=id_number]:focus").wait_for()
    dan.looks()
    then_nothing_is_too_wide(dan)
    for part in ("Nobody home", "Something else"):
        dan.page.locator("summary", has_text=part).click()
        dan.looks()
    then_nothing_is_too_wide(dan)


def when_the_manager_looks(mary, run):
    mary.signs_in(factories.staff("Manager", first_name="Mary").email)
    order = run.orders.get(status="delivered")
    pages = [
        reverse("admin:delivery_run_changelist"),
        reverse("admin:delivery_run_plan", args=[run.window_id]),
        reverse("admin:delivery_run_change", args=[run.pk]),
        reverse("admin:delivery_run_paper", args=[run.pk]),
        reverse("admin:delivery_run_step", args=[run.pk, "settle"]),
        reverse("admin:delivery_handovercorrection_correct", args=[order.number]),
    ]
    then_they_open_on_screen_and_phone(mary, pages)


def when_the_pharmacist_looks(ana, run):
    ana.signs_in(factories.staff("Pharmacist", first_name="Ana").email)
    then_they_open_on_screen_and_phone(ana, ["/admin/delivery/returneditem/", "/admin/delivery/itemreport/"])


def then_they_open_on_screen_and_phone(person, pages):
    for page in pages:
        assert person.page.goto(page).status == 200, page
        for width in (1200, 390):
            person.page.set_viewport_size({"width": width, "height": 900})
            person.looks()
            then_nothing_is_too_wide(person)


def then_nothing_is_too_wide(person):
    assert not person.page.evaluate(TOO_WIDE), (person.page.url, person.page.viewport_size)
