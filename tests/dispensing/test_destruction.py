"""Destruction: proposed by one person, witnessed by another, and the stock with it."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from delivery import actions as deliveries
from delivery.models import Product, StockMovement
from delivery.rules import StockError, quarantined, stock_mismatches
from dispensing import actions, rules
from dispensing.models import DestroyedItem, Destruction
from tests import factories
from tests.dispensing.units import grams, places
from tests.dispensing.waste import decide, doomed_units, expired_lot, propose, quarantined_lot, returned_order
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
Source = DestroyedItem.Source


def written_off():
    """Return minus what was written off, by lot."""
    rows = StockMovement.objects.filter(kind="written_off").values_list("lot", "quantity", "reason")
    return sorted(rows)


def to_destroy():
    today = timezone.localdate()
    return [(part.lot.number, part.quantity, part.source) for part in rules.stock_to_destroy(today=today)]


def test_what_a_second_person_decided_about_is_destroyed_and_written_off_once(monday):
    units = doomed_units(monday)
    before = written_off()
    assert [row[1] for row in before] == [-1, -1]
    by, key = factories.staff("Pharmacist"), uuid4()
    made = [propose(*units, by=by, entry_key=key) for _sent_twice in range(2)]
    assert made[0] == made[1] and Destruction.objects.get().items.count() == 2
    assert places(units[0].order) == ["doomed", "doomed"] and rules.units_to_destroy() == []
    with pytest.raises(rules.DestructionError, match="You proposed this yourself"):
        actions.witness_destruction(destruction=made[0], by=by)
    witness = factories.staff("Manager")
    actions.witness_destruction(destruction=made[0], by=witness)
    row = Destruction.objects.get()
    assert (row.proposed_by, row.witnessed_by, row.witnessed_at) == (by, witness, timezone.now())
    assert places(units[0].order) == ["destroyed", "destroyed"]
    assert written_off() == before and stock_mismatches() == []
    with pytest.raises(rules.DestructionError, match="witnessed this already"):
        actions.witness_destruction(destruction=made[0], by=witness)
    with pytest.raises(rules.DestructionError, match="witnessed this already"):
        actions.withdraw_destruction(destruction=made[0], reason="Not so.", by=by)


def test_a_unit_that_stayed_in_quarantine_is_destroyed_with_its_stock(monday):
    order = returned_order(monday)
    decide(order, "quarantined")
    first, kept = order.units.all()
    assert [(unit.pk, source) for unit, source in rules.units_to_destroy()] == [(kept.pk, Source.QUARANTINE)]
    assert to_destroy() == []
    with pytest.raises(rules.DestructionError, match=f"Unit {first} does not wait"):
        propose(first, kept)
    made = propose(kept, weight_mg=3500)
    assert to_destroy() == []
    actions.witness_destruction(destruction=made, by=factories.staff("Manager"))
    assert places(order) == ["safe", "destroyed"]
    assert written_off() == [("LOT-1", -1, f"Destroyed, destruction {made.pk}")] and stock_mismatches() == []
    assert quarantined(kept.product, "LOT-1") == 1  # that of the unit that waits for a decision


def test_stock_in_quarantine_and_expired_stock_is_written_off_lot_by_lot(monday):
    old, moldy = expired_lot(monday), quarantined_lot()
    assert sorted(to_destroy()) == [("LOT-1", 4, Source.QUARANTINE), ("LOT-OLD", 3, Source.SHELF)]
    parts = [rules.LotPart(moldy, 3, Source.QUARANTINE), rules.LotPart(old, 3, Source.SHELF)]
    made = propose(parts=parts, weight_mg=21_000)
    assert to_destroy() == [("LOT-1", 1, Source.QUARANTINE)]
    with pytest.raises(rules.DestructionError, match="1 of lot LOT-1 can be destroyed now"):
        propose(parts=parts[:1], weight_mg=10_500)
    assert written_off() == []
    actions.witness_destruction(destruction=made, by=factories.staff("Manager"))
    reason = f"Destroyed, destruction {made.pk}"
    assert written_off() == [("LOT-1", -3, reason), ("LOT-OLD", -3, reason)]
    assert (quarantined(moldy.product), stock_mismatches()) == (1, [])
    assert sorted(Product.objects.values_list("stock", flat=True)) == [0, 6]
    assert to_destroy() == [("LOT-1", 1, Source.QUARANTINE)]


def test_stock_that_is_gone_meanwhile_is_not_destroyed_at_all(monday):
    units, lot = doomed_units(monday), quarantined_lot()
    made = propose(*units, parts=[rules.LotPart(lot, 4, Source.QUARANTINE)], weight_mg=21_000)
    out = {"product": lot.product, "quantity": 2, "lot": lot.number, "reason": "Good", "by": made.proposed_by}
    deliveries.clear_stock(**out)
    with pytest.raises(StockError, match="Only 2 of lot LOT-1 are in quarantine"):
        actions.witness_destruction(destruction=made, by=factories.staff("Manager"))
    made.refresh_from_db()
    assert made.is_waiting and places(units[0].order) == ["doomed", "doomed"]


def test_what_was_withdrawn_can_be_destroyed_otherwise(monday):
    units = doomed_units(monday)
    made, by = propose(*units), factories.staff("Manager")
    with pytest.raises(rules.DestructionError, match="is in another destruction"):
        propose(units[0])
    with pytest.raises(rules.DestructionError, match="Enter a reason"):
        actions.withdraw_destruction(destruction=made, reason=" ", by=by)
    actions.withdraw_destruction(destruction=made, reason="Wrong scale.", by=by)
    with pytest.raises(rules.DestructionError, match="This was withdrawn"):
        actions.witness_destruction(destruction=made, by=by)
    again = propose(*units)
    assert list(Destruction.objects.waiting()) == [again]


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_check_something_is_destroyed(monday):
    with pytest.raises(rules.DestructionError, match="Tick a unit"):
        rules.check_something_is_destroyed([], [])
    unit = doomed_units(monday)[0]
    with pytest.raises(rules.DestructionError, match="named twice"):
        rules.check_something_is_destroyed([unit, unit], [])
    with pytest.raises(rules.DestructionError, match="at most 500"):
        rules.check_something_is_destroyed([unit] * 501, [])
    rules.check_something_is_destroyed([unit], [])


def test_check_units_can_be_destroyed(monday):
    units = doomed_units(monday)
    waiting = {unit.pk: source for unit, source in rules.units_to_destroy()}
    assert waiting == {unit.pk: Source.DECIDED for unit in units}
    rules.check_units_can_be_destroyed(units, waiting)
    other = returned_order(monday).units.first()
    with pytest.raises(rules.DestructionError, match=f"{other} does not wait to be destroyed"):
        rules.check_units_can_be_destroyed([*units, other], waiting)


def test_check_stock_can_be_destroyed():
    lot = quarantined_lot()
    four, today = rules.LotPart(lot, 4, Source.QUARANTINE), timezone.localdate()
    rules.check_stock_can_be_destroyed([four], today=today)
    for wrong, count in (
        ([rules.LotPart(lot, 5, Source.QUARANTINE)], 4),
        ([rules.LotPart(lot, 0, Source.QUARANTINE)], 4),
        ([rules.LotPart(lot, 1, Source.SHELF)], 0),
        ([four, four], 0),
    ):
        with pytest.raises(rules.DestructionError, match=f"{count} of lot LOT-1 can be destroyed") as refused:
            rules.check_stock_can_be_destroyed(wrong, today=today)
        assert refused.value.field == f"lot_{lot.pk}_{wrong[-1].source}"


@pytest.mark.parametrize(
    ("method", "details", "field"),
    [("eaten", "", "method"), ("disposer", "", "details"), ("burnt", "x" * 201, "details")],
)
def test_check_method(method, details, field):
    with pytest.raises(rules.DestructionError) as refused:
        rules.check_method(method, details)
    assert refused.value.field == field
    rules.check_method("disposer", "Green Disposal, license 12")


def test_check_place():
    for wrong in ("", "x" * 121):
        with pytest.raises(rules.DestructionError, match="Name the place"):
            rules.check_place(wrong)


@pytest.mark.parametrize("weight_mg", [0, 99, -1, 100_000_001, 10**12])
def test_check_weight(weight_mg):
    with pytest.raises(rules.DestructionError, match=r"from 0.1 to 100,000"):
        rules.check_weight(weight_mg)
    rules.check_weight(100)
    rules.check_weight(100_000_000)


def test_check_weight_fits():
    seven, some = rules.Expected(7000, is_all=True), rules.Expected(7000, is_all=False)
    for weight_mg, expected in ((6299, seven), (7701, seven), (6299, some)):
        with pytest.raises(rules.DestructionError, match=r"weigh 7 g, and not"):
            rules.check_weight_fits(weight_mg, expected, "")
        rules.check_weight_fits(weight_mg, expected, "It has dried.")
    with pytest.raises(rules.DestructionError, match="at most 200 letters"):
        rules.check_weight_fits(7000, seven, "x" * 201)
    for weight_mg, expected in ((6300, seven), (7700, seven), (90_000, some)):
        rules.check_weight_fits(weight_mg, expected, "")


def test_what_is_counted_in_grams_is_expected_to_weigh_as_much(monday):
    lot, pieces = quarantined_lot(), quarantined_lot(report_unit="01", report_quantity=Decimal(1))
    four = rules.LotPart(lot, 4, Source.QUARANTINE)
    assert rules.expected_weight([], [four]) == rules.Expected(14_000, is_all=True)
    assert rules.expected_weight([], [four, rules.LotPart(pieces, 2, Source.QUARANTINE)]) == rules.Expected(
        14_000, is_all=False
    )


def test_check_is_another_person():
    proposed = Destruction(proposed_by_id=1)
    rules.check_is_another_person(proposed, by_id=2)
    with pytest.raises(rules.DestructionError, match="proposed this yourself"):
        rules.check_is_another_person(proposed, by_id=1)


def test_check_waits_for_witness():
    rules.check_waits_for_witness(Destruction())
    for done in (Destruction(witnessed_at=timezone.now()), Destruction(withdrawn_at=timezone.now())):
        with pytest.raises(rules.DestructionError):
            rules.check_waits_for_witness(done)


def test_check_withdrawal():
    for wrong in ("", "x" * 201):
        with pytest.raises(rules.DestructionError, match="Enter a reason"):
            rules.check_withdrawal(wrong)
    rules.check_withdrawal("Wrong scale.")


def test_nothing_of_a_lot_that_is_still_good_is_destroyed(monday):
    product = grams(stock=5)
    lot = product.lots.get()
    assert rules.stock_to_destroy(today=lot.expires_date) == []
    after = date.fromordinal(lot.expires_date.toordinal() + 1)
    assert [(part.lot, part.quantity) for part in rules.stock_to_destroy(today=after)] == [(lot, 5)]


def test_the_database_knows_the_witness_and_destroys_a_unit_once(monday):
    units = doomed_units(monday)
    made = propose(*units)
    now, other = timezone.now(), factories.staff("Manager")
    broken = [
        (Destruction, {"witnessed_at": now, "witnessed_by": made.proposed_by}),
        (Destruction, {"witnessed_at": now}),
        (Destruction, {"withdrawn_at": now, "withdrawn_by": other}),
        (Destruction, {"withdrawn_at": now, "withdrawn_by": other, "withdrawn_reason": "x", "witnessed_at": now,
                       "witnessed_by": other}),
        (Destruction, {"weight_mg": 99}),
        (Destruction, {"weight_mg": 100_000_001}),
        (Destruction, {"place": ""}),
        (Destruction, {"method": "eaten"}),
        (Destruction, {"method": "disposer", "details": ""}),
        (DestroyedItem, {"unit": units[0]}),
        (DestroyedItem, {"unit": None}),
        (DestroyedItem, {"quantity": 2}),
        (DestroyedItem, {"source": "shelf"}),
        (DestroyedItem, {"unit": None, "source": "shelf"}),
    ]  # fmt: skip
    for model, columns in broken:
        with unguarded(), suppress(IntegrityError), transaction.atomic():
            model.objects.update(**columns)
            pytest.fail(f"The database took {columns}.")
