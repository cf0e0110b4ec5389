"""Which index each query of a long list uses; `make bench` measures them among a million rows."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin import site
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certification.admin.certifications import CertificationAdmin
from certification.admin.people import CaregiverAdmin, PatientAdmin
from certification.models import Caregiver, Certification, Patient
from certification.models.certifications import office_of
from certification.presenters.groups import (
    DUE_LABELS,
    GROUPS,
    KEYS_OF,
    KEYS_OF_GROUP,
    counts_of_office,
    due_counts,
    due_on,
    filters_on,
    groups_on,
    in_list_order,
    matching,
)
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about the plans of PostgreSQL"),
]
OFFICE = "Index Only Scan using certification_of_office"


@shared
def own():
    """The rows of one office, in tables that PostgreSQL believes vacuumed and expensive to read."""
    physician = factories.identified_physician()
    factories.copies(factories.certification(physician), 300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE certification_certification, certification_patient")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname LIKE 'certification%'")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL random_page_cost = 100")
        for as_good in ("certification_certification_physician_id_1fcfb011", "certification_one_active_a_patient"):
            cursor.execute(f"DROP INDEX {as_good}")  # for so few rows, all of one office
    return Certification.objects.in_hands_of(physician.user, timezone.localdate())


def plan_of(ask):
    """Return the plan of the last query that `ask` makes."""
    with CaptureQueriesContext(connection) as caught:
        ask()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {caught[-1]['sql']}")
        return "\n".join(row for (row,) in cursor.fetchall())


def test_each_filter_and_count_reads_the_index_of_the_office_alone(own):
    today = timezone.localdate()
    for show, keys in KEYS_OF.items():
        found = in_list_order(own.filter(filters_on(today)[show]), today)
        assert OFFICE in plan_of(lambda found=found, keys=keys: list(found.order_by(*keys).values_list("pk")[:51]))


def test_counts_of_an_office_read_the_index_of_the_office_alone_and_no_more_than_a_page_says(own):
    today = timezone.localdate()
    office = office_of(own.first().physician.user, today)
    for ask, subqueries in ((counts_of_office, len(GROUPS)), (due_counts, len(DUE_LABELS))):
        plan = plan_of(lambda ask=ask: ask(office, today))
        assert plan.count(OFFICE) == subqueries == plan.count("Limit"), plan
        assert "Seq Scan on certification_certification" not in plan


def test_the_group_that_holds_nearly_all_comes_sorted_out_of_the_index(own):
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE certification_certification SET expires_date = expires_date - (id % 300)::int")
        cursor.execute("ANALYZE certification_certification")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname LIKE 'certification%'")
    later = own.filter(groups_on(timezone.localdate())["later"]).order_by(*KEYS_OF_GROUP)
    plan = plan_of(lambda: list(later.values_list("pk")[:51]))
    assert OFFICE in plan and "Presorted Key: expires_date" in plan, plan


def test_what_is_due_comes_sorted_out_of_the_index(own):
    due = own.filter(due_on(timezone.localdate())["30"]).order_by("expires_date", "pk")
    plan = plan_of(lambda: list(due.values_list("pk")[:51]))
    assert OFFICE in plan and "Sort" not in plan


def test_what_wants_a_reminder_is_found_in_an_index_alone(own):
    today = timezone.localdate()
    ending = Certification.objects.expiring(after=today, until=today + timedelta(days=30))
    plan = plan_of(lambda: list(ending.values_list("pk")))
    assert "Index Only Scan using certification_ending" in plan


def test_search_among_ones_own_reads_their_index_and_no_table_as_a_whole(own):
    listed = own.filter(filters_on(timezone.localdate())["all"])
    for term in ("delg", "rosa delgado", "4/28/1980", "P-7KQ4-M2XP", "C-7KQ4-M2XP", "203 555 0142"):
        plan = plan_of(lambda term=term: list(matching(listed, term).values_list("pk")))
        assert OFFICE in plan and "Seq Scan" not in plan


def test_whom_an_account_acts_for_is_found_in_the_indexes_of_accounts(own):
    account = own.get(patient__user__isnull=False).patient.user
    assignment = factories.certification(caregiver=factories.caregiver()).patient.current_assignment
    factories.copies_of_caregiver(assignment, [each.patient for each in own.filter(patient__user__isnull=True)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE certification_caregiver, certification_caregiverassignment")
    plan = plan_of(lambda: Patient.objects.in_hands_of(account).read_today())
    assert "certification_patient_user_id_key" in plan and "certification_caregiver_user_id_key" in plan
    assert not re.search("(Filter|Cond): .*SubPlan", plan), plan  # subplans of what is read beside them are of few rows


@pytest.mark.parametrize(
    ("model", "index"), [("certification", "certification_ending"), ("patient", "certification_patient_pkey")]
)
def test_a_list_of_the_admin_is_neither_sorted_nor_counted_as_a_whole(own, model, index):
    address = reverse(f"admin:certification_{model}_changelist")
    with CaptureQueriesContext(connection) as caught:
        factories.client_for(factories.staff("Registrar")).get(address)
    queries = [query["sql"] for query in caught if f'FROM "certification_{model}"' in query["sql"]]
    assert not any("COUNT(" in sql for sql in queries)
    (listed,) = [sql for sql in queries if "ORDER BY" in sql and "LIMIT 50" in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL random_page_cost = 1.1; EXPLAIN {listed}")
        plan = "\n".join(row for (row,) in cursor.fetchall())
    assert f"using {index} on" in plan.replace("Backward ", "") and "Sort" not in plan, plan


@pytest.mark.parametrize(
    ("admin", "model"), [(PatientAdmin, Patient), (CaregiverAdmin, Caregiver), (CertificationAdmin, Certification)]
)
def test_search_among_all_reads_no_table_as_a_whole(own, admin, model):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = on")
    number = own.order_by("pk")[0].patient.number
    for term in ("delg", "rosa delgado", "rosa 李李李李", "4/28/1980", number, "555 0142", "(203) 555-0142"):
        found, _ = admin(model, site).get_search_results(None, model.objects.order_by(), term)
        assert "Seq Scan" not in plan_of(lambda found=found: list(found.values_list("pk")))
