"""Orders with units, for the tests of this app."""

from decimal import Decimal

from django.utils import timezone

from delivery import actions as deliveries
from delivery.models import Product
from dispensing import actions
from tests import factories
from tests.delivery import door
from tests.guard import unguarded

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


def recalled(patient, by=None, caller=None):
    """Recall a lot of which the patient got two units; return the recall."""
    order = packed_order(of=patient, by=by, caller=caller)
    with unguarded():
        order.units.update(place="patient", handed_over_at=timezone.now())
    words = {"reason": "It may hold mold.", "instructions": "Do not use it."}
    return actions.start_recall(lot_number="LOT-1", **words, by=factories.staff("Manager"))


def reminded(patient, by=None, caller=None):
    """Recall a lot, and remind the patient two days later."""
    recalled(patient, by, caller)
    actions.remind_recalled(now=timezone.now() + actions.REMIND_AFTER, by=None)
