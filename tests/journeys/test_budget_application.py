"""A Registrar enters a whole application on one page, with one tick a proof; another person verifies it there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Physician
from tests import factories
from tests.journeys.counting import Counted
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
PROOFS = ("medical_license", "controlled_substance", "dea")


def test_an_application_takes_one_page_and_one_tick_a_proof(visitor):
    registrar, manager = visitor(), visitor()
    factories.user("registrar@example.org", is_staff=True, groups=["Registrar"])
    factories.user("manager@example.org", is_staff=True, groups=["Manager"])
    factories.application()
    page = link_in_mail_to("registrar@example.org", "/admin/accounts/physicianapplication/")

    when_the_registrar_enters_everything(registrar, page)
    when_the_manager_verifies(manager, page)

    assert Physician.objects.get().name == "Tova Tal"
    for staff in (registrar, manager):
        staff.met_no_barrier()


def when_the_registrar_enters_everything(registrar, page):
    registrar.signs_in("registrar@example.org")
    counted = Counted(registrar)
    counted.opens(page)
    until = timezone.localdate() + timedelta(days=300)
    for kind in PROOFS:
        counted.ticks(f"{kind}_matches")
        counted.fills(**{f"{kind}_valid_through": until.isoformat()})
    counted.fills(called_number="(203) 555-0177", number_source="NPI registry")
    counted.ticks("is_confirmed")
    assert (counted.pages, counted.clicks) == (1, len(PROOFS) + 1)
    counted.presses("Save what I looked up")
    counted.sees("Ask another Registrar or a Manager to verify it.")
    assert (counted.pages, counted.clicks) == (2, len(PROOFS) + 2)


def when_the_manager_verifies(manager, page):
    manager.signs_in("manager@example.org")
    counted = Counted(manager)
    counted.opens(page)
    counted.sees("1.034567")
    counted.page.get_by_role("button", name="Verify").click()  # axe and Django's own page after it do not agree
    counted.sees("Verify: done.")
    assert (counted.pages, counted.clicks) == (2, 1)
