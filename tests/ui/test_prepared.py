"""A prepared query returns what Django returns, and refuses what it could not keep."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django.utils.translation import get_language, override

from certification.models import Certification, Patient, ReminderRun
from delivery.models import OrderLine, Product
from tests import factories
from ui.prepared import NotPreparable, Prepared, attach

pytestmark = pytest.mark.django_db


def ending(*, patients, after, status):
    found = Certification.objects.filter(patient__in=patients, expires_date__gt=after, status=status)
    return found.select_related("patient").annotate(born=F("patient__birth_date")).order_by("pk")


def test_rows_are_those_of_the_orm_with_other_values_each_time(django_assert_num_queries):
    first, second = factories.certification(), factories.certification()
    query, today = Prepared(ending), timezone.localdate()
    for patients in ([first.patient_id], [second.patient_id], [first.patient_id, second.patient_id], [7]):
        for after in (today, today + timedelta(days=4000)):
            values = {"patients": patients, "after": after, "status": "active"}
            with django_assert_num_queries(1):
                rows = query.rows(**values)
            assert rows == list(ending(**values))
            with django_assert_num_queries(0):
                assert [row.born for row in rows] == [row.patient.birth_date for row in rows]


def test_tuples_and_times(django_assert_num_queries):
    made = factories.certification()
    query = Prepared(lambda *, since: Certification.objects.filter(created_at__gte=since).values_list("pk", "number"))
    assert query.rows(since=made.created_at) == [(made.pk, made.number)]
    assert query.rows(since=made.created_at + timedelta(seconds=1)) == []
    flat = Prepared(lambda *, number: Patient.objects.filter(number=number).values_list("pk", flat=True)[:1])
    assert flat.first(number=made.patient.number) == made.patient_id and flat.first(number="P-0") is None


def test_a_value_that_the_query_changes_is_refused():
    query = Prepared(lambda *, day: Certification.objects.filter(expires_date=day + timedelta(days=1)))
    with pytest.raises(NotPreparable, match="makes something of its values"):
        query.rows(day=timezone.localdate())


def test_a_value_of_another_kind_is_refused():
    with pytest.raises(NotPreparable, match="not for <class 'set'>"):
        Prepared(lambda *, pks: Patient.objects.filter(pk__in=pks)).rows(pks={1})


def test_a_query_that_prefetches_is_refused():
    with pytest.raises(NotPreparable, match="prefetches"):
        Prepared(lambda *, pk: Patient.objects.filter(pk=pk).prefetch_related("assignments")).rows(pk=1)


READS = {
    "the day": lambda *, pk: Certification.objects.filter(pk=pk, expires_date__gt=timezone.localdate()),
    "the time": lambda *, pk: Certification.objects.filter(pk=pk, certified_at__lt=timezone.now()),
    "the language": lambda *, pk: Certification.objects.filter(pk=pk, status=get_language()),
}


@pytest.mark.parametrize(
    ("read", "later", "language"),
    [
        ("the day", timedelta(days=1), "en"),
        ("the time", timedelta(minutes=1), "en"),
        ("the language", timedelta(), "es"),
    ],
)
def test_a_query_that_reads_more_than_its_values_is_found_in_the_tests(
    time_machine, monkeypatch, read, later, language
):
    monkeypatch.setattr(Prepared, "checks", True)
    query = Prepared(READS[read])
    time_machine.move_to(timezone.now(), tick=False)
    query.rows(pk=1)
    time_machine.shift(later)
    with override(language), pytest.raises(NotPreparable, match="was prepared as"):
        query.rows(pk=1)


def test_a_query_that_chooses_by_a_value_is_found_in_the_tests(monkeypatch):
    monkeypatch.setattr(Prepared, "checks", True)
    everybody = Patient.objects.all()
    query = Prepared(lambda *, number: everybody if number == "all" else everybody.filter(number=number))
    query.rows(number="P-1")
    with pytest.raises(NotPreparable, match="was prepared as"):
        query.rows(number="all")


def test_the_lengths_of_lists_that_are_kept_are_limited(monkeypatch):
    monkeypatch.setattr("ui.prepared.MOST_SHAPES", 2)
    query = Prepared(lambda *, pks: Patient.objects.filter(pk__in=pks))
    for length in range(1, 6):
        assert query.rows(pks=[*range(length)]) == []
        assert len(query._kept) <= 2


def test_tuples_are_asked_once(django_assert_num_queries):
    query = Prepared(lambda *, pks: Patient.objects.filter(pk__in=pks).values_list("number"))
    with django_assert_num_queries(1):
        query.rows(pks=[1])
    with django_assert_num_queries(1):
        query.rows(pks=[1, 2])


def test_what_was_attached_is_filtered_by_its_parent():
    first, second = factories.order(), factories.order()
    attach([first], "lines", list(OrderLine.objects.filter(order=first)), by="order_id")

    assert [line.order_id for line in first.lines.all()] == [first.pk]
    assert [line.order_id for line in first.lines.select_related("product")] == [first.pk]
    assert first.lines.all()[0].order is first and second.lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_of_a_transaction_is_refused():
    query = Prepared(lambda *, pk: Patient.objects.select_for_update().filter(pk=pk))
    with transaction.atomic():
        assert query.rows(pk=1) == []
    if connection.vendor == "postgresql":  # SQLite locks no rows, so Django asks for none
        with pytest.raises(TransactionManagementError):
            query.rows(pk=1)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_asks_the_same():
    made = factories.patient()
    query = Prepared(lambda *, number: Patient.objects.filter(number=number))
    assert query.first(number=made.number) == made
    connection.close()
    assert query.first(number=made.number) == made


@pytest.mark.parametrize("value", [None, "it's", "100 %s", 'a"b', "\\"])
def test_any_text_can_be_asked_for(value):
    query = Prepared(lambda *, name: Patient.objects.filter(first_name="50 %", last_name=name))
    assert query.rows(name=value) == []


def test_an_error_at_the_first_asking_is_one_of_django():
    query = Prepared(lambda *, pk: ReminderRun.objects.filter(pk=pk))
    with connection.cursor() as cursor:  # the test's transaction takes it back
        cursor.execute("ALTER TABLE certification_reminderrun RENAME TO certification_gone")
    with pytest.raises(DatabaseError):
        query.rows(pk=1)


def test_a_value_whose_mark_the_column_cannot_hold_is_found_all_the_same():
    made = factories.product(low_stock_at=3)
    query = Prepared(lambda *, most: Product.objects.filter(low_stock_at=most))
    assert query.rows(most=3) == [made]
