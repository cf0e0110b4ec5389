"""Which index each query of a long list stands on; `make bench` measures them among a million rows."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from certification.models import Certification, Patient
from certification.search import told_by
from certification.standing import KEYS_OF, counts_of, due_counts, due_on, filters_on, matching, placed
from tests import factories

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about the plans of PostgreSQL"),
]
OFFICE = "Index Only Scan using certification_of_office"


@pytest.fixture
def own():
    """The rows of one office, in tables that PostgreSQL takes for vacuumed and dear to read."""
    physician = factories.identified_physician()
    factories.copies(factories.certification(physician), 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE certification_certification, certification_patient")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname LIKE 'certification%'")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL random_page_cost = 100")
        cursor.execute("DROP INDEX certification_certification_physician_id_1fcfb011")  # as good for so few rows
    return Certification.objects.in_hands_of(physician.user, timezone.localdate())


def plan_of(ask):
    """The plan of the last query that `ask` makes."""
    with CaptureQueriesContext(connection) as caught:
        ask()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {caught[-1]['sql']}")
        return "\n".join(row for (row,) in cursor.fetchall())


@pytest.mark.parametrize("show", KEYS_OF)
def test_each_filter_of_the_patients_reads_their_index_alone(own, show):
    today = timezone.localdate()
    found = placed(own.filter(filters_on(today)[show]), today)
    assert OFFICE in plan_of(lambda: list(found.order_by(*KEYS_OF[show]).values_list("pk")[:51]))


@pytest.mark.parametrize("count", [counts_of, due_counts])
def test_counts_read_the_index_of_the_office_alone(own, count):
    assert OFFICE in plan_of(lambda: count(own, timezone.localdate()))


def test_what_is_due_comes_sorted_out_of_the_index(own):
    due = own.filter(due_on(timezone.localdate())["30"]).order_by("expires_date", "pk")
    plan = plan_of(lambda: list(due.values_list("pk")[:51]))
    assert OFFICE in plan and "Sort" not in plan


@pytest.mark.parametrize("term", ["delg", "rosa delgado", "4/28/1980", "P-7KQ4-M2XP", "C-7KQ4-M2XP", "203 555 0142"])
def test_search_among_ones_own_reads_no_table_as_a_whole(own, term):
    listed = own.filter(filters_on(timezone.localdate())["all"])
    plan = plan_of(lambda: list(matching(listed, term).values_list("pk")))
    assert OFFICE in plan and "Seq Scan" not in plan


@pytest.mark.parametrize("term", ["4/28/1980", "P-7KQ4-M2XP", "5550142"])
def test_search_among_all_by_birth_date_number_and_phone_uses_an_index(own, term):
    assert "Seq Scan" not in plan_of(lambda: list(Patient.objects.filter(told_by(term)).values_list("pk")))


def test_what_wants_a_reminder_is_found_in_an_index_alone(own):
    today = timezone.localdate()
    ending = Certification.objects.expiring(after=today, until=today + timedelta(days=30))
    plan = plan_of(lambda: list(ending.values_list("pk")))
    assert "Index Only Scan using certification_ending" in plan
