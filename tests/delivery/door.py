"""Orders on their way, and what a driver enters at a door, for the tests of runs."""

from datetime import date

from delivery import actions, rules
from delivery.models import HandOver, Run
from tests import factories
from tests.delivery import people

FIRST_NAMES = ("Rosa", "Dana", "Walter", "Ada", "Priscilla", "Theodore", "Milo", "Guadalupe")
LAST_NAMES = ("Delgado", "Hart", "Brandt", "Lindqvist", "Ng")
SIGNATURE = "M20 100L60 40L90 150L130 60L170 140L220 90L300 110"


def answers(order=None, **over):
    """Return what the driver enters when a patient pays $80 in cash; the card is of who takes the `order`."""
    entered = {
        "received_by": HandOver.ReceivedBy.PATIENT,
        "card_checked": True,
        "card": card_number(order, over.get("received_by")) if order else "",
        "photo_id_checked": True,
        "photo_id_kind": HandOver.PhotoId.LICENSE,
        "id_state": "ct",
        "id_number": "123 456 780",
        "id_expires_date": date(2031, 10, 18),
        "cash_cents": 8000,
        "debit_cents": 0,
        "signed": HandOver.Signed.DRAWN,
        "signature": SIGNATURE,
    }
    return rules.DoorAnswers(**{**entered, **over})


def card_number(order, received_by=None):
    """Return the number on the card of who takes the order."""
    assignment = order.patient.current_assignment
    return (assignment.caregiver if received_by == "caregiver" and assignment else order.patient).number


def typed(order, **over):
    """Return what the form of a stop posts when a patient pays $80 in cash."""
    return {
        "card_checked": "on",
        "card": card_number(order, over.get("received_by")),
        "photo_id_checked": "on",
        "photo_id_kind": "license",
        "id_state": "CT",
        "id_number": "123456780",
        "id_expires_date": "10/18/2031",
        "received_by": "patient",
        "cash_cents": "$80.00",
        "debit_cents": "",
        "signed": "drawn",
        "signature": SIGNATURE,
        "stated_at": "",
        **over,
    }


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


def run_of_many(count):
    """Return a run of as many packed orders: each of another patient at another door, with lines of its own.

    Some have a caregiver who may take it as well, some are paid by debit card, and some doors have two orders.
    """
    window, signer = factories.window(), factories.identified_physician()
    people.widen(window, capacity=count)
    shelf = [
        factories.product(name=f"Tincture {number}", price_cents=4000 + 500 * number, stock=4 * count)
        for number in range(3)
    ]
    return run_of(*[_one_of_many(number, window, shelf, signer) for number in range(count)])


def _one_of_many(number, window, shelf, signer):
    names = {"first_name": FIRST_NAMES[number % 8], "last_name": f"{LAST_NAMES[number // 8 % 5]}-Rodriguez"}
    caregiver = factories.caregiver(last_name=names["last_name"]) if number % 3 == 0 else None
    patient = factories.certification(signer, profile=factories.profile(**names), caregiver=caregiver).patient
    if patient.current_assignment:
        factories.join(patient.current_assignment.caregiver)
    door = number - (number % 10 == 1)  # the second goes to the door of the first
    return factories.order(
        patient,
        into=window,
        lines=[(product, 1) for product in shelf[: 2 + number % 2]],
        address=factories.address(street=f"{100 + door} Orange Street", phone=factories.phone()),
        payment_method="debit" if number % 4 == 3 else "cash",
    )
