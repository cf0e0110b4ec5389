"""What comes back is taken in by one person, and decided about by a second one."""

from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from delivery import actions, rules, signals
from delivery.models import Product, ReturnDecision, ReturnedItem, StockMovement
from delivery.writes.returns import set_apart
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.delivery.test_door import bring_back, hand_over, is_in_books, reread
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
Kind = ReturnDecision.Kind


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


@shared
def technician():
    return factories.staff("Technician")


@shared
def pharmacist():
    return factories.staff("Pharmacist")


@shared
def item(order, run, technician):
    """Two items of LOT-1 that the Technician took in; 48 are in stock."""
    bring_back(order, run)
    actions.take_in(order=order, by=technician)
    return ReturnedItem.objects.get()


def decide(item, by, kind=Kind.RESTOCKED, quantity=2, key=None):
    return actions.decide_returned(
        item=item, kind=kind, quantity=quantity, reason="Seal looked at.", entry_key=key or uuid4(), by=by
    )


def counts():
    """Return the stock, what is in quarantine, and what waits."""
    product = Product.objects.get()
    return product.stock, rules.quarantined(product, "LOT-1"), rules.waiting_of(product, "LOT-1")


def test_what_is_taken_in_names_driver_and_who_counted(item, run, technician):
    assert (item.quantity, item.waiting, item.lot) == (2, 2, "LOT-1")
    assert (item.carried_by, item.taken_in_by) == (run.driver, technician)
    assert counts() == (48, 2, 2) and is_in_books()


@pytest.mark.parametrize(
    ("kind", "after"),
    [(Kind.RESTOCKED, (50, 0, 0)), (Kind.QUARANTINED, (48, 2, 0)), (Kind.DESTROYED, (48, 0, 0))],
)
def test_a_second_person_decides(item, pharmacist, kind, after):
    key = uuid4()
    for _sent_twice in range(2):
        decide(item, pharmacist, kind, key=key)
    made = ReturnDecision.objects.get()
    assert (made.taken_in_by, made.carried_by, made.by) == (item.taken_in_by, item.carried_by, pharmacist)
    assert counts() == after and is_in_books()
    assert StockMovement.objects.filter(kind="written_off").count() == (kind == Kind.DESTROYED)


def test_check_second_person(order, run, technician, pharmacist):
    bring_back(order, run)
    with unguarded():
        on_the_way = set_apart(order, Product.objects.get().pk, "LOT-1", 1, carried_by=run.driver, by=run.driver)
        with pytest.raises(rules.ReturnError, match="has not been taken in"):
            rules.check_second_person(on_the_way, by_id=pharmacist.pk)
    actions.take_in(order=order, by=technician)
    item = ReturnedItem.objects.get(quantity=2)
    for person, sentence in ((technician, "You took this in yourself"), (run.driver, "You drove this order yourself")):
        with pytest.raises(rules.ReturnError, match=sentence):
            decide(item, person)
    assert not ReturnDecision.objects.exists() and reread(item).waiting == 2


def test_check_waits(item, pharmacist):
    for quantity in (0, -1, 3):
        with pytest.raises(rules.QuantityError, match="from 1 to 2"):
            decide(item, pharmacist, quantity=quantity)
    decide(item, pharmacist, quantity=1)
    with pytest.raises(rules.QuantityError, match="Enter 1"):
        decide(item, pharmacist)
    decide(item, pharmacist, Kind.DESTROYED, quantity=1)
    assert counts() == (49, 0, 0)
    with pytest.raises(rules.QuantityError, match="decided about this already"):
        decide(item, pharmacist, quantity=1)


def test_check_decision_kind(item, pharmacist):
    with pytest.raises(rules.ReturnError, match="Choose what becomes of it"):
        decide(item, pharmacist, "given away")


def test_no_other_page_decides_about_what_waits(item, pharmacist):
    """Whoever took it in could otherwise clear it on the page of the product."""
    product = Product.objects.get()
    out = {"product": product, "quantity": 1, "lot": "LOT-1", "reason": "Sealed.", "by": pharmacist}
    for action, more in ((actions.clear_stock, {}), (actions.write_off, {"is_in_quarantine": True})):
        with pytest.raises(rules.StockError, match="2 came back from a door: a second person decides"):
            action(**out, **more)
    decide(item, pharmacist, Kind.QUARANTINED)
    actions.clear_stock(**out)
    assert counts() == (49, 1, 0)


def test_what_came_back_says_nothing_about_its_lot(monday):
    """The rest of the lot is in another order: it can still be packed."""
    product = factories.product(stock=4)
    order, other = (factories.order(lines=[(product, 2)]) for _number in range(2))
    run = door.under_way(door.run_of(order), monday)
    bring_back(order, run)
    actions.take_in(order=order, by=factories.staff("Technician"))
    assert (reread(product).stock, rules.quarantined(product, "LOT-1")) == (0, 2)
    door.packed(other)
    assert reread(other).status == "packed"


def test_items_that_a_delivered_order_gave_back_are_taken_in(order, run, technician):
    """The driver brings back some of a lot, and the order is delivered nevertheless."""
    hand_over(order, run)
    product = Product.objects.get()
    actions.receive_stock(product=product, quantity=1, lot="LOT-1", by=None)
    with unguarded():
        set_apart(order, product.pk, "LOT-1", 1, carried_by=run.driver, by=run.driver)
    assert rules.comes_back(order)
    with pytest.raises(rules.HandOverError, match="Who drove this order"):
        actions.take_in(order=order, by=run.driver)
    for _sent_twice in range(2):
        actions.take_in(order=order, by=technician)
    item = ReturnedItem.objects.get()
    assert (item.taken_in_by, reread(order).status, reread(order).taken_in_at) == (technician, "delivered", None)
    assert not rules.comes_back(order) and counts() == (48, 1, 1)


def test_the_database_knows_the_second_person(item, pharmacist):
    decide(item, pharmacist, quantity=1)
    broken = [
        (ReturnDecision, {"by": item.taken_in_by}),
        (ReturnDecision, {"by": item.carried_by}),
        (ReturnDecision, {"quantity": 0}),
        (ReturnDecision, {"reason": ""}),
        (ReturnedItem, {"waiting": 3}),
        (ReturnedItem, {"taken_in_by": item.carried_by}),
        (ReturnedItem, {"taken_in_by": None, "taken_in_at": None}),
        (ReturnedItem, {"lot": ""}),
    ]
    for model, columns in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            model.objects.update(**columns)
            pytest.fail(f"The database took {columns}.")


def test_a_receiver_that_fails_undoes_the_decision(item, pharmacist):
    def fail(**_):
        raise RuntimeError

    signals.returned_item_decided.connect(fail)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            decide(item, pharmacist)
    finally:
        signals.returned_item_decided.disconnect(fail)
    assert counts() == (48, 2, 2) and not ReturnDecision.objects.exists()


# --- The pages --------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_waits_and_the_page_decides(item, technician, pharmacist):
    client = factories.client_for(pharmacist)
    listed = reverse("admin:delivery_returneditem_changelist")
    assert item.order.number in words_of(client.get(listed))
    page = reverse("admin:delivery_returneditem_step", args=[item.pk, "decide"])
    shown = client.get(page)
    assert "2 × " in words_of(shown) and "You are the second person" in words_of(shown)
    key = shown.context["form"]["entry_key"].value()
    post = {"kind": "restocked", "quantity": "9", "reason": "Sealed.", "entry_key": str(key)}
    refused = client.post(page, post)
    assert "from 1 to 2" in words_of(refused) and 'value="9"' in refused.content.decode()
    client.post(page, {**post, "quantity": "2"})
    assert counts() == (50, 0, 0)
    assert item.order.number not in words_of(client.get(listed))


def test_many_items_are_decided_at_once_but_not_by_who_took_them_in(monday, pharmacist, technician):
    first, second = factories.order(), factories.order()
    run = door.under_way(door.run_of(first, second), monday)
    for order, by in ((first, technician), (second, pharmacist)):
        bring_back(order, run)
        actions.take_in(order=order, by=by)
    rows = ReturnedItem.objects.values_list("pk", flat=True)
    post = {
        "action": "decide",
        "_selected_action": list(rows),
        "perform": "1",
        "kind": "restocked",
        "reason": "Sealed.",
    }
    told = factories.client_for(pharmacist).post(reverse("admin:delivery_returneditem_changelist"), post, follow=True)
    assert "You took this in yourself" in words_of(told)
    assert list(ReturnedItem.objects.order_by("pk").values_list("waiting", flat=True)) == [0, 2]
