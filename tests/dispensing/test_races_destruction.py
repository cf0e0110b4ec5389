"""Several people destroy the same at once. Each race has a control."""

from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db.models.query import QuerySet

from delivery.models import StockMovement
from delivery.rules import stock_mismatches
from dispensing import actions, rules
from dispensing.models import DestroyedItem, Destruction, DispensedUnit, UnitMove
from tests import factories
from tests.delivery.test_races import at_once, on_postgres, without_constraint
from tests.dispensing.units import packed_order
from tests.dispensing.waste import propose, quarantined_lot
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
Source = DestroyedItem.Source


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


@contextmanager
def without_locks(monkeypatch, *, all_pass, parties):
    """Lock no row, and let nobody write before everybody has passed the check named `all_pass`."""
    everybody, check = Barrier(parties), getattr(rules, all_pass)

    def check_and_wait(*args, **kwargs):
        check(*args, **kwargs)
        everybody.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
        patch.setattr(rules, all_pass, check_and_wait)
        yield


def witnesses(made, count=3):
    people = [factories.staff("Manager") for _number in range(count)]
    return [lambda by=by: actions.witness_destruction(destruction=made, by=by) for by in people]


def proposed_lot():
    lot = quarantined_lot(count=9)
    return propose(parts=[rules.LotPart(lot, 3, Source.QUARANTINE)], weight_mg=10_500)


def written_off():
    return -sum(StockMovement.objects.filter(kind="written_off").values_list("quantity", flat=True))


def test_three_witnesses_at_once_write_it_off_once():
    results = at_once(witnesses(proposed_lot()))
    assert sorted(type(result).__name__ for result in results) == ["Destruction", *["DestructionError"] * 2]
    assert (written_off(), stock_mismatches()) == (3, [])


@on_postgres
def test_control_without_locks_it_is_written_off_three_times(monkeypatch):
    calls = witnesses(proposed_lot())
    with without_locks(monkeypatch, all_pass="check_waits_for_witness", parties=3):
        at_once(calls)
    assert written_off() == 9


def test_a_witness_and_a_withdrawal_at_once_are_one_of_both():
    made, by = proposed_lot(), factories.staff("Manager")
    calls = [*witnesses(made, 1), lambda: actions.withdraw_destruction(destruction=made, reason="Wrong.", by=by)]
    at_once(calls)
    made.refresh_from_db()
    assert (made.witnessed_at is None) != (made.withdrawn_at is None)
    assert written_off() == (3 if made.witnessed_at else 0)


def doomed_unit():
    """Return a unit that waits to be destroyed, without its way there."""
    unit = packed_order().units.first()
    with unguarded():
        DispensedUnit.objects.filter(pk=unit.pk).update(place="doomed")
        UnitMove.objects.create(unit=unit, place="doomed", at=unit.place_since)
    return unit


def proposals(unit, count=3):
    people = [factories.staff("Pharmacist") for _number in range(count)]
    return [lambda by=by: propose(unit, weight_mg=3500, by=by) for by in people]


def test_a_unit_that_three_propose_at_once_is_in_one_destruction():
    results = at_once(proposals(doomed_unit()))
    assert sorted(type(result).__name__ for result in results) == ["Destruction", *["DestructionError"] * 2]
    assert Destruction.objects.get().items.count() == 1


@on_postgres
def test_control_without_locks_and_constraint_it_is_in_three(monkeypatch):
    calls = proposals(doomed_unit())
    with without_constraint(DestroyedItem, "destroyed_item_unit_is_destroyed_once", {"is_withdrawn": True}):
        with without_locks(monkeypatch, all_pass="check_units_can_be_destroyed", parties=3):
            at_once(calls)
        assert Destruction.objects.count() == 3


def lot_proposals(lot, count=3):
    people = [factories.staff("Pharmacist") for _number in range(count)]
    parts = [rules.LotPart(lot, 4, Source.QUARANTINE)]
    return [lambda by=by: propose(parts=parts, weight_mg=14_000, by=by) for by in people]


def test_the_last_four_of_a_lot_are_proposed_once():
    at_once(lot_proposals(quarantined_lot(count=4)))
    assert DestroyedItem.objects.get().quantity == 4


@on_postgres
def test_control_without_locks_the_last_four_are_proposed_three_times(monkeypatch):
    calls = lot_proposals(quarantined_lot(count=4))
    with without_locks(monkeypatch, all_pass="check_stock_can_be_destroyed", parties=3):
        at_once(calls)
    assert DestroyedItem.objects.count() == 3
