"""A recalled lot: nothing of it is packed, handed over or taken out of quarantine any more."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions, rules
from delivery.models import DoorAttempt, Lot, ReturnedItem
from tests import factories
from tests.delivery import door, people
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def mark_recalled(product, number="LOT-1"):
    with unguarded():
        Lot.objects.filter(product=product, number=number).update(recalled_at=timezone.now())


def test_check_is_not_recalled_at_every_door_of_the_stock():
    product, pharmacist = factories.product(), factories.staff("Pharmacist")
    out = {"product": product, "lot": "LOT-1", "reason": "A call.", "by": pharmacist}
    actions.quarantine_stock(quantity=3, **out)
    order = factories.confirmed_order(lines=[(product, 2)])
    mark_recalled(product)
    assert rules.is_recalled(product, "LOT-1") and rules.lots_with_stock(product) == []
    tries = [
        lambda: actions.clear_stock(quantity=1, **out),
        lambda: actions.receive_stock(product=product, quantity=1, lot="LOT-1", by=pharmacist),
        lambda: actions.change_lot(order=order, product=product, lot="LOT-1", by=pharmacist),
        lambda: actions.pack_order(order=order, by=pharmacist),
        lambda: actions.count_stock(product=product, quantity=60, lot="LOT-1", by=pharmacist),
    ]
    for attempt in tries:
        with pytest.raises(rules.StockError, match="recalled|quarantine"):
            attempt()
    actions.write_off(quantity=3, is_in_quarantine=True, **out)


def test_check_recalled_stays_with_the_driver_of_a_whole_order(monday):
    order = factories.order()
    run = door.under_way(door.run_of(order), monday)
    mark_recalled(order.lines.get().product)
    order.refresh_from_db()
    with pytest.raises(rules.HandOverError, match="All of it was recalled"):
        actions.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    client = factories.client_for(run.driver)
    words = people.words_of(client.get(reverse("delivery:run-detail", args=[run.uuid])))
    assert "Do not deliver: all of it was recalled" in words
    outcome = DoorAttempt.Outcome.RECALLED
    actions.return_order(order=order, run=run, outcome=outcome, entry_key=uuid4(), by=run.driver)
    actions.take_in(order=order, by=factories.staff("Technician"))
    item, decide = ReturnedItem.objects.get(), {"quantity": 1, "reason": "Sealed.", "by": factories.staff("Manager")}
    with pytest.raises(rules.StockError, match="was recalled"):
        actions.decide_returned(item=item, kind="restocked", entry_key=uuid4(), **decide)
    actions.decide_returned(item=item, kind="quarantined", entry_key=uuid4(), **decide)


def test_what_was_handed_over_before_the_recall_is_entered_after_it(monday):
    order = factories.order()
    run = door.under_way(door.run_of(order), monday)
    happened = timezone.now()
    monday.shift(600)
    mark_recalled(order.lines.get().product)
    handed = actions.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver, stated_at=happened)
    assert handed.stated_at == happened


def test_a_part_that_was_recalled_is_kept_and_the_rest_is_handed_over(monday):
    other, product = factories.product(), factories.product(stock=1)
    actions.receive_stock(product=product, quantity=5, lot="LOT-2", details=factories.lot_details(), by=None)
    product.refresh_from_db()
    order = factories.order(lines=[(other, 1), (product, 2)])
    run = door.under_way(door.run_of(order), monday)
    mark_recalled(product)
    order.refresh_from_db()
    line = order.lines.get(product=product)
    assert rules.recalled_items([order])[order.pk] == [rules.RecalledItems(product.pk, "LOT-1", 1)]
    client = factories.client_for(run.driver)
    words = people.words_of(client.get(reverse("delivery:run-detail", args=[run.uuid])))
    assert "Do not deliver 1 item of line 2: lot LOT-1 was recalled." in words
    due = order.subtotal_cents
    with pytest.raises(rules.HandOverError, match="lot LOT-1 was recalled"):
        actions.hand_over(order=order, run=run, answers=door.answers(order, cash_cents=due), by=run.driver)
    paid = door.answers(order, cash_cents=due - line.unit_price_cents, refused=((line.pk, 1),))
    actions.hand_over(order=order, run=run, answers=paid, by=run.driver)
    assert ReturnedItem.objects.get().lot == "LOT-1"
