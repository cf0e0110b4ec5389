"""A Manager opens the start page on the Tuesday before a delivery day, and again on the Wednesday at eleven."""

from datetime import timedelta

import pytest

from delivery import actions
from tests import factories
from tests.delivery import door

pytestmark = pytest.mark.journey


def test_a_manager_reads_the_start_page_on_a_tuesday_and_on_the_wednesday(visitor, time_machine):
    manager, driver = factories.staff("Manager", first_name="Mary"), factories.staff("Driver", first_name="Luis")
    first, second = factories.order(), factories.order()
    starts = first.window.starts_at
    run = door.run_of(first, driver=driver)
    time_machine.move_to(starts - timedelta(days=1))
    mary = visitor()
    mary.signs_in(manager.email)
    on_the_tuesday(mary, second)
    run = door.under_way(run, time_machine, at=starts)
    actions.hand_over(order=first, run=run, answers=door.answers(first), by=driver)
    time_machine.move_to(starts + timedelta(hours=1, minutes=30))
    on_the_wednesday(mary, manager)
    mary.met_no_barrier()


def on_the_tuesday(mary, second):
    mary.opens("/admin/")
    mary.sees("tomorrow")
    mary.sees("Luis, Van 1")
    mary.sees("Planned")
    mary.sees("Needs a run")
    mary.follows("1 to review")
    mary.sees(second.number)


def on_the_wednesday(mary, manager):
    mary.signs_in(manager.email)  # the night has ended the session
    mary.opens("/admin/")
    mary.sees("today")
    mary.sees("1 of 1")
    mary.sees("All orders done")
    mary.page.set_viewport_size({"width": 390, "height": 844})
    assert mary.page.evaluate("document.documentElement.scrollWidth") <= 390
    mary.looks()
    mary.follows("1 delivered")
