"""Measure how fast a lot number gives every unit, patient and way: `recall.py 1000000` makes so many units.

On SQLite and on PostgreSQL, in a process each. Targets: 5 seconds for a lot of 2,000 units among a million, and at most
six queries however many there are. A bare query of the same units by their index shows what the database alone needs.
"""

import logging
import os
import sys
import time

from meter import on_both_databases, print_figure
from patients import ENVIRONMENT

MOST_SECONDS, MOST_QUERIES = 5, 7  # of the trace six, and one for the number of the lot
PATIENTS, ORDERS, LOTS = 20_000, 100_000, 500


def copy_row(row, count, **changed):
    """Copy a row `count` times in one statement; `changed` are SQL expressions of n, from 1, by column."""
    from django.db import connection

    names = [field.column for field in row._meta.concrete_fields if not field.primary_key]
    values = [changed.get(name, f't."{name}"') for name in names]
    quoted, table, key = ", ".join(f'"{name}"' for name in names), row._meta.db_table, row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
            f"INSERT INTO {table} ({quoted}) SELECT {', '.join(values)} FROM {table} t, s WHERE t.{key} = {row.pk}"
        )


def fill(count):
    """Make patients, orders and lots, and `count` units that were handed over; return the number of a lot."""
    from django.db import connection
    from django.utils import timezone

    from tests import factories
    from tests.dispensing.units import packed_order

    factories.begin_a_test()
    key = "md5(n::text)::uuid" if connection.vendor == "postgresql" else "printf('%032x', n)"
    order = packed_order()
    patient, unit, lot = order.patient, order.units.first(), order.units.first().lot
    order.units.update(place="patient", handed_over_at=timezone.now())
    unit.refresh_from_db()
    mail = "CASE WHEN n % 10 = 0 THEN '' ELSE 'person' || n || '@example.org' END"
    copy_row(
        patient, PATIENTS, number="'P-' || n", phone="'+1203' || (5550000 + n)", user_id="NULL", email=mail,
        has_no_email="n % 10 = 0",
    )  # fmt: skip
    first = f"(SELECT max(id) - {PATIENTS} FROM certification_patient)"
    copy_row(
        order, ORDERS, number="'D-' || n", idempotency_key=key, patient_id=f"{first} + 1 + n % {PATIENTS}",
        run_id="NULL", position="NULL", planned_at="NULL",
    )  # fmt: skip
    copy_row(lot, LOTS, number="'LOT-A' || n")
    orders = f"(SELECT max(id) - {ORDERS} FROM delivery_order)"
    lots = f"(SELECT max(id) - {LOTS} FROM delivery_lot)"
    copy_row(
        unit, count, order_id=f"{orders} + 1 + n / {LOTS} % {ORDERS}", lot_id=f"{lots} + 1 + n % {LOTS}",
        lot_number=f"'LOT-A' || (1 + n % {LOTS})",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return "lot a77"


def measure(name, url, count):
    """Make the rows, trace a lot and print the figures."""
    import django
    from django.core.management import call_command

    os.environ["DATABASE_URL"] = url
    django.setup()
    logging.disable()
    call_command("migrate", verbosity=0)
    typed = fill(count)
    from django.db import connection, reset_queries
    from django.utils import timezone

    from dispensing import rules
    from dispensing.models import DispensedUnit

    connection.force_debug_cursor = True
    reset_queries()
    begun = time.perf_counter()
    lots = rules.lots_called(typed)
    traced = rules.trace(lots, today=timezone.localdate())
    took, queries = time.perf_counter() - begun, len(connection.queries)
    begun = time.perf_counter()
    bare = len(DispensedUnit.objects.filter(lot__in=lots).values_list("serial", "place", "order"))
    alone = time.perf_counter() - begun
    assert bare == len(traced.units)
    what = f"{name}, {count:,} units: a lot of {bare:,}, {len(traced.holders):,} people"
    print_figure(what, f"{took:.2f}", "s", f"at most {MOST_SECONDS}", holds=took <= MOST_SECONDS)
    print_figure("  queries", queries, "", f"at most {MOST_QUERIES}", holds=queries <= MOST_QUERIES)
    print_figure("  beside a bare query of its units by the index", f"{took / alone:.0f}", "times")


if __name__ == "__main__":
    sys.exit(on_both_databases(__file__, measure, count=1_000_000, environment=ENVIRONMENT))
