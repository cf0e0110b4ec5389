"""Orders with units, for the tests of this app."""

from decimal import Decimal

from delivery import actions as deliveries
from delivery.models import Product
from tests import factories
from tests.delivery import door

GRAMS = {"report_unit": Product.ReportUnit.GRAMS, "report_quantity": Decimal("3.5"), "days_supply": 10}


def grams(**over):
    """Return a product in stock that is reported as 3.5 g, and lasts 10 days."""
    return factories.product(**{**GRAMS, **over})


def packed_order(**over):
    """Return a packed order of two units of 3.5 g."""
    made = factories.order(**{"lines": [(grams(), 2)], **over})
    door.packed(made)
    made.refresh_from_db()
    return made


def order_on_road(clock, **over):
    """Return an order of two units that is under way in the first window."""
    made = factories.order(**{"lines": [(grams(), 2)], **over})
    door.under_way(door.run_of(made), clock)
    made.refresh_from_db()
    return made


def hand_over(order, **over):
    """Hand the order over at its door; return the hand-over."""
    driver = order.run.driver
    answers = door.answers(order, **over)
    return deliveries.hand_over(order=order, run=order.run, answers=answers, by=driver)


def places(order):
    """Return the place of each unit of the order, in serial order."""
    return list(order.units.order_by("serial").values_list("place", flat=True))
