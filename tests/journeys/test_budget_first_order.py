"""A new patient comes from the invitation's mail to a placed order on few pages and with few clicks."""

import pytest

from certification.statements import PATIENT_AFFIRMATIONS
from delivery.models import Order
from tests import factories
from tests.journeys.counting import Counted
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
EMAIL = "rosa@example.org"
# Pages and clicks. To home: two buttons, and each sentence ticked alone.
TO_HOME = (3, len(PATIENT_AFFIRMATIONS) + 2)
TO_ORDER = (6, 13)


def test_from_the_invitation_to_a_placed_order(visitor):
    rosa = Counted(visitor(viewport={"width": 390, "height": 844}))
    factories.certification(joined=False, profile=factories.profile(email=EMAIL))
    factories.product(name="Harbor Mist Tincture", price_cents=8000)
    factories.window()
    when_the_patient_joins(rosa)
    rosa.sees("Hello, Rosa")
    assert (rosa.pages, rosa.clicks) == TO_HOME
    when_the_patient_orders(rosa)
    order = Order.objects.placed().get()
    rosa.sees(order.number)
    assert (rosa.pages, rosa.clicks) == TO_ORDER
    rosa.met_no_barrier()


def when_the_patient_joins(rosa):
    rosa.opens(link_in_mail_to(EMAIL, "/invitation/"))
    rosa.joins_here(4, 28, 1980)
    rosa.ticks(*PATIENT_AFFIRMATIONS)
    rosa.submits()


def when_the_patient_orders(rosa):
    rosa.presses("Order for delivery")
    rosa.presses("Add Harbor Mist Tincture")
    rosa.follows("Check out")
    rosa.presses_label_of(rosa.page.locator("[name=window]:not([disabled])").first)
    rosa.submits()
