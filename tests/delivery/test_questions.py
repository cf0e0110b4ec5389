"""Questions that both Python and the database answer: both give the same answer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Value
from hypothesis import given
from hypothesis import strategies as st

from delivery.models import Closure, DeliveryWindow, Order, Product, questions
from tests import factories
from tests.guard import unguarded

few = st.integers(0, 3)
STATUS = {"status": st.sampled_from(Order.Status.values)}
MAYBE = st.none() | st.just(datetime(2026, 11, 25, tzinfo=UTC))
# By question: the model, its Q, its property, and the fields that both read.
QUESTIONS = {
    "has room": (DeliveryWindow, questions.HAS_ROOM, "has_room",
                 {"is_open": st.booleans(), "booked": few, "capacity": few}),
    "is before departure": (Order, questions.IS_BEFORE_DEPARTURE, "is_before_departure", STATUS),
    "is open": (Order, questions.IS_OPEN, "is_open", STATUS),
    "has a hold": (Order, questions.HAS_HOLD, "has_hold", {**STATUS, "taken_in_at": MAYBE}),
    "counts": (Order, questions.COUNTS, "counts", {**STATUS, "taken_in_at": MAYBE}),
    "is in force": (Closure, questions.IS_IN_FORCE, "is_in_force",
                    {"lifted_at": MAYBE}),
    "is low": (Product, questions.IS_LOW, "is_low", {"stock": few, "low_stock_at": few}),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("question", QUESTIONS)
@given(data=st.data())
def test_python_and_the_database_give_the_same_answer(question, data):
    model, q, name, fields = QUESTIONS[question]
    values = data.draw(st.fixed_dictionaries(fields))
    columns = {field: Value(value, output_field=model._meta.get_field(field)) for field, value in values.items()}
    assert getattr(model(**values), name) is q.check(columns)


def test_which_statuses_take_up_what():
    """A delivered order keeps its place and allotment for ever; a returned one until it is taken in."""
    S = Order.Status
    open_ones = {S.PLACED, S.CONFIRMED, S.PACKED, S.OUT_FOR_DELIVERY}
    names = ("is_before_departure", "is_open", "has_hold", "counts")
    said = {name: {status for status in S if getattr(Order(status=status), name)} for name in names}
    assert said == {
        "is_before_departure": open_ones - {S.OUT_FOR_DELIVERY},
        "is_open": open_ones,
        "has_hold": open_ones | {S.RETURNED},
        "counts": open_ones | {S.RETURNED, S.DELIVERED},
    }
    taken_in = Order(status=S.RETURNED, taken_in_at=datetime(2026, 11, 25, tzinfo=UTC))
    assert not taken_in.has_hold and not taken_in.counts


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "status", "stops", "is_early"),
    [(1, "active", None, False), (0, "active", None, True), (-1, "active", None, True),
     (9, "withdrawn", -1, True), (9, "withdrawn", 0, False)],
)  # fmt: skip
def test_ends_before_delivery_compares_the_last_day_with_the_window(days, status, stops, is_early):
    order = factories.order()
    day, certification = order.window.date, order.certification
    certification.expires_date, certification.status = day + timedelta(days=days), status
    if stops is not None:
        certification.deliveries_stop_date = day + timedelta(days=stops)
        certification.ended_at = certification.certified_at
        certification.ended_reason = "Moved away."
    with unguarded():
        certification.save()
    assert questions.ends_before_delivery(order) is is_early
    assert Order.objects.filter(questions.ENDS_BEFORE_DELIVERY).exists() is is_early


@pytest.mark.parametrize(
    ("is_open", "booked", "is_full"), [(True, 2, True), (True, 1, False), (False, 2, False), (False, 1, False)]
)
def test_a_window_is_full_when_it_lacks_nothing_but_a_place(is_open, booked, is_full):
    assert DeliveryWindow(is_open=is_open, booked=booked, capacity=2).is_full is is_full
