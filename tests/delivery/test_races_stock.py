"""Staff and orderers change the same stock. Each race has a control."""

import pytest

from delivery import actions, rules
from tests import factories
from tests.delivery.test_races import at_once, on_postgres, without_locks, without_stock_constraints

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def writers_off(count, *, of):
    """Let this many people write off the last four items at once."""
    by = factories.staff("Pharmacist")
    out = {"quantity": 4, "lot": "LOT-1", "reason": "A recall", "by": by}
    return [lambda: actions.write_off(product=of, **out) for _time in range(count)]


def test_the_last_four_are_written_off_once():
    product = factories.product(stock=4)
    results = at_once(writers_off(5, of=product))
    assert [type(result) for result in results if result] == [rules.StockError] * 4
    product.refresh_from_db()
    assert (product.stock, rules.stock_mismatches()) == (0, [])


@on_postgres
def test_control_without_locks_the_last_four_are_written_off_five_times(monkeypatch):
    product = factories.product(stock=4)
    with without_stock_constraints():
        with without_locks(monkeypatch, all_pass="check_stock", parties=5):
            at_once(writers_off(5, of=product))
        product.refresh_from_db()
        assert product.stock == -16


def counters(product):
    by = factories.staff("Pharmacist")
    return [lambda: actions.count_stock(product=product, quantity=7, by=by) for _time in range(3)]


def test_equal_counts_find_the_difference_once():
    product = factories.product(stock=10)
    assert sorted(at_once(counters(product))) == [-3, 0, 0]
    product.refresh_from_db()
    assert product.stock == 7


@on_postgres
def test_control_without_locks_equal_counts_find_it_each_time(monkeypatch):
    product = factories.product(stock=10)
    with without_locks(monkeypatch, all_pass="check_count_covers_orders", parties=3):
        assert at_once(counters(product)) == [-3, -3, -3]
    product.refresh_from_db()
    assert product.stock == 1


def test_a_delivery_note_sent_five_times_at_once_counts_once():
    product, by = factories.product(stock=1), factories.staff("Pharmacist")
    content = f"sku,lot,quantity\n{product.sku},L-7,3".encode()
    note = {"content": content, "is_dry_run": False, "by": by}
    receipts = at_once([lambda: actions.receive_file(**note) for _time in range(5)])
    assert sorted(receipt.is_done for receipt in receipts) == [False] * 4 + [True]
    product.refresh_from_db()
    assert product.stock == 4
