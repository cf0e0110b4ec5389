"""A check constraint says yes or no of every row: SQL lets a row pass where a check is NULL."""

from itertools import chain, combinations, product

import pytest
from django.apps import apps
from django.db.models import CheckConstraint, Expression, F, Q

pytestmark = pytest.mark.once
CHECKS = [
    pytest.param(model, check, id=check.name)
    for model in apps.get_models()
    for check in model._meta.constraints
    if isinstance(check, CheckConstraint)
]


def leaves_of(condition):
    for child in condition.children:
        yield from leaves_of(child) if isinstance(child, Q) else [child]


def columns_of(model, leaf):
    """Return the fields that a comparison names, on its left and on its right."""
    if isinstance(leaf, Expression):
        names = [part.name for part in leaf.flatten() if isinstance(part, F)]
    else:
        name, value = leaf
        names = [name.split("__")[0], *([value.name] if isinstance(value, F) else [])]
    return {model._meta.get_field(each) for each in names}


def is_null_lookup(leaf):
    return not isinstance(leaf, Expression) and leaf[0].endswith("__isnull")


def truth(condition, of_leaf):
    """Return True, False or None, as SQL does for TRUE, FALSE and NULL."""
    found = [truth(child, of_leaf) if isinstance(child, Q) else of_leaf(child) for child in condition.children]
    deciding = condition.connector == Q.OR
    result = deciding if deciding in found else None if None in found else not deciding
    return result if result is None or not condition.negated else not result


def rows(model, condition):
    """Return each way in which columns are NULL and the comparisons of the others are true or false."""
    leaves = list(leaves_of(condition))
    nullable = {field for leaf in leaves for field in columns_of(model, leaf) if field.null}
    compared = list(dict.fromkeys(map(repr, (leaf for leaf in leaves if not is_null_lookup(leaf)))))
    for nulls in chain.from_iterable(combinations(nullable, count) for count in range(1, len(nullable) + 1)):
        for values in product([True, False], repeat=len(compared)):
            yield set(nulls), dict(zip(compared, values, strict=True))


def null_columns(model, condition):
    """Return the columns whose NULL makes the check NULL, or an empty set."""
    for nulls, compared in rows(model, condition):

        def of_leaf(leaf, nulls=nulls, compared=compared):
            columns = columns_of(model, leaf)
            if is_null_lookup(leaf):
                return columns <= nulls if leaf[1] else not columns & nulls
            return None if columns & nulls else compared[repr(leaf)]

        if truth(condition, of_leaf) is None:
            return {field.name for field in nulls}
    return set()


@pytest.mark.parametrize(("model", "check"), CHECKS)
def test_no_null_passes_a_check(model, check):
    assert not null_columns(model, check.condition)


def test_a_check_that_null_passes_is_found():
    model = apps.get_model("dispensing", "Recall")

    assert null_columns(model, Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at"))) == set()
    assert null_columns(model, Q(lot_number="A") | Q(ended_at__gte=F("started_at"))) == {"ended_at"}
    assert null_columns(model, ~Q(lot_number="A", ended_at__gte=F("started_at"))) == {"ended_at"}
