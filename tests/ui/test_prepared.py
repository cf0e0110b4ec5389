"""A prepared query returns what Django returns, and refuses what it could not keep."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from certification.models import Certification, Patient
from tests import factories
from ui.prepared import NotPreparable, Prepared

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


def test_a_query_that_reads_the_clock_is_found_in_the_tests(time_machine):
    query = Prepared(lambda *, pk: Certification.objects.filter(pk=pk, expires_date__gt=timezone.localdate()))
    time_machine.move_to(timezone.now(), tick=False)
    query.rows(pk=1)
    time_machine.shift(timedelta(days=1))
    with pytest.raises(NotPreparable, match="was prepared as"):
        query.rows(pk=1)


def test_the_lengths_of_lists_that_are_kept_are_limited(monkeypatch):
    monkeypatch.setattr("ui.prepared.MOST_SHAPES", 2)
    query = Prepared(lambda *, pks: Patient.objects.filter(pk__in=pks))
    for length in range(1, 6):
        assert query.rows(pks=[*range(length)]) == []
        assert len(query._kept) <= 2
