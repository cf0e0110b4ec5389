"""Units and lots that wait to be destroyed, for the tests of this app."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from delivery import actions as deliveries
from delivery.models import Lot, ReturnedItem
from dispensing import actions
from tests import factories
from tests.dispensing.units import grams, order_on_road

HOW = {"method": "ground", "details": "With coffee grounds", "place": "Back office, Milford"}


def returned_order(clock, **over):
    """Return an order of two units that came back whole and was taken in."""
    order = order_on_road(clock, **over)
    deliveries.return_order(order=order, run=order.run, outcome="nobody_home", entry_key=uuid4(), by=order.run.driver)
    deliveries.take_in(order=order, by=factories.staff("Technician"))
    return order


def decide(order, *kinds):
    """Let a second person decide so about one unit of the order each time."""
    item, manager = ReturnedItem.objects.get(order=order), factories.staff("Manager")
    for kind in kinds:
        deliveries.decide_returned(item=item, kind=kind, quantity=1, reason="Looked at.", entry_key=uuid4(), by=manager)


def doomed_units(clock):
    """Return two units of 3.5 g that were decided to be destroyed."""
    order = returned_order(clock)
    decide(order, "destroyed", "destroyed")
    return list(order.units.all())


def quarantined_lot(count=4, **over):
    """Return a lot of 10 of which so many are in quarantine."""
    product = grams(stock=10, **over)
    deliveries.quarantine_stock(
        product=product, quantity=count, lot="LOT-1", reason="Moldy", by=factories.staff("Pharmacist")
    )
    return product.lots.get()


def expired_lot(clock, count=3):
    """Return a lot that ended yesterday, with so many on the shelf."""
    product = grams(stock=0)
    details = factories.lot_details(expires_date=timezone.localdate())
    deliveries.receive_stock(product=product, quantity=count, lot="LOT-OLD", details=details, by=None)
    clock.shift(timedelta(days=1))
    return Lot.objects.get(product=product)


def propose(*units, by=None, **over):
    """Propose to destroy these units, or what `over` says: 7 g."""
    said = {**HOW, "units": units, "weight_mg": 7000, "entry_key": uuid4(), **over}
    return actions.propose_destruction(by=by or factories.staff("Pharmacist"), **said)
