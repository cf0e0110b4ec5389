"""What brings a small cart to the minimum."""

import pytest

from delivery.models import Product
from delivery.rules.reaching import reaching_minimum

pytestmark = pytest.mark.once


def product(pk, price_cents, *, amount_mg=1000, stock=9):
    return Product(pk=pk, name=f"P{pk}", price_cents=price_cents, amount_mg=amount_mg, stock=stock)


def ways(*products, short_cents=1300, left_mg=50_000, had=()):
    found = reaching_minimum(products, short_cents=short_cents, left_mg=left_mg, had=had)
    return [(way.product.pk, way.quantity, way.cost_cents) for way in found]


def test_the_cheapest_that_reaches_it_comes_first():
    assert ways(product(1, 2400), product(2, 1300), product(3, 1800)) == [(2, 1, 1300), (3, 1, 1800), (1, 1, 2400)]


def test_one_cent_less_takes_two():
    assert ways(product(1, 1299)) == [(1, 2, 2598)]


def test_one_item_comes_before_two_cheaper_ones():
    assert ways(product(1, 700), product(2, 4000)) == [(2, 1, 4000), (1, 2, 1400)]


def test_what_was_had_before_comes_before_what_is_cheaper():
    assert ways(product(1, 1300), product(2, 2000), had={2}) == [(2, 1, 2000), (1, 1, 1300)]


@pytest.mark.parametrize(("price_cents", "first"), [(2600, 2), (2601, 1)])
def test_what_was_had_before_comes_first_at_twice_the_least_price_and_no_more(price_cents, first):
    assert ways(product(1, 1300), product(2, price_cents), had={2})[0][0] == first


def test_no_more_than_three_are_offered():
    assert len(ways(*(product(pk, 2000) for pk in range(1, 6)))) == 3


@pytest.mark.parametrize(("stock", "fits"), [(2, True), (1, False), (0, False)])
def test_no_more_are_offered_than_are_in_stock(stock, fits):
    assert bool(ways(product(1, 700, stock=stock))) is fits


@pytest.mark.parametrize(("left_mg", "fits"), [(2000, True), (1999, False), (0, False)])
def test_no_more_are_offered_than_fit_the_allotment(left_mg, fits):
    assert bool(ways(product(1, 700), left_mg=left_mg)) is fits


def test_nobody_is_offered_five_of_one():
    assert ways(product(1, 325)) == [(1, 4, 1300)]
    assert ways(product(1, 324)) == []
