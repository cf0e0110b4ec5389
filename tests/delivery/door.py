"""Orders on their way, and what a driver enters at a door, for the tests of runs."""

from delivery import actions, rules
from delivery.models import HandOver, Run
from tests import factories


def answers(**over):
    """Return what the driver enters when a patient pays $80 in cash."""
    entered = {
        "received_by": HandOver.ReceivedBy.PATIENT,
        "card_checked": True,
        "photo_id_checked": True,
        "photo_id_kind": HandOver.PhotoId.LICENSE,
        "id_state": "ct",
        "id_number": "123 456 780",
        "cash_cents": 8000,
        "debit_cents": 0,
    }
    return rules.DoorAnswers(**{**entered, **over})


def packed(*orders, pharmacist=None):
    """Confirm and pack the orders."""
    pharmacist = pharmacist or factories.staff("Pharmacist")
    for order in orders:
        factories.confirm(order, by=pharmacist)
        actions.pack_order(order=order, by=pharmacist)
    return orders


def run_of(*orders, driver=None, by=None):
    """Return a run with these orders, packed, in this order."""
    driver = driver or factories.staff("Driver")
    run = actions.make_run(
        window=orders[0].window, orders=packed(*orders), driver=driver, by=by or factories.staff("Manager")
    )
    positions = {order.pk: place for place, order in enumerate(orders, start=1)}
    return actions.save_run(run=run, driver=driver, vehicle="Van 1", positions=positions, by=driver)


def under_way(run, clock, *, at=None):
    """Move the clock to the start of the run's window, let its orders leave, and return the run."""
    clock.move_to(at or run.window.starts_at, tick=False)
    left, refusals = actions.dispatch_run(run=run, by=run.driver)
    assert not refusals, refusals
    return Run.objects.select_related("window", "driver").get(pk=run.pk)
