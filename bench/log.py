"""Measure the dispensing log of a year: `log.py 100000` makes so many entries, and then each paper of them.

Each paper is made by a process of its own, as a worker makes it, on SQLite and on PostgreSQL. Targets for 100,000
entries: each paper of the log within 60 seconds, and the process takes at most 200 MB.
"""

import logging
import os
import subprocess
import sys
from pathlib import Path

from meter import on_both_databases, print_figure
from patients import ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parent.parent
MOST_SECONDS, MOST_MB = 60, 200
KINDS = ("log_csv", "log_pdf", "inspection")
MAKE = """
import django; django.setup()
import datetime, logging, re, sys, time; logging.disable()
from django.conf import settings
settings.DEBUG = False  # it would remember each statement, with a part of the paper in it
from accounts.models import User
from dispensing import actions
from dispensing.papers.stored import WRITERS
year = {"first": datetime.date(2000, 1, 1), "last": datetime.date.today()}
paper = actions.ask_paper(kind=sys.argv[1], by=User.objects.get(groups__name="Pharmacist"), **year)
begun = time.perf_counter()
actions.make_papers(writers=WRITERS, by=None)
took = time.perf_counter() - begun
paper.refresh_from_db()
assert paper.status == "ready", paper.status
# Not what getrusage says: that begins with the memory of the process that started this one.
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
print(took, peak, paper.size / 1e6)
"""
COPY = """
INSERT INTO {table} ({columns})
WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count})
SELECT {values} FROM {table} t, s WHERE t.{key} = {row}
"""


def fill(count):
    """Copy a unit and its entry `count` times, each with people and addresses of its own."""
    from django.utils import timezone

    from dispensing.models import DispensedUnit, LogEntry
    from dispensing.writes.units import Stated, make_units
    from tests import factories
    from tests.guard import unguarded

    factories.begin_a_test()
    pharmacist = factories.staff("Pharmacist")
    order = factories.order()
    with unguarded():
        now = timezone.now()
        lot = order.lines.get().product.lots.get()
        (unit,) = make_units(order, lot, 1, Stated(10, pharmacist), at=now, by=pharmacist)
        entry = LogEntry.objects.create(
            unit=unit,
            dispensed_at=now,
            certifier_name="Amara Osei",
            certifier_address="12 Elm Street, New Haven, CT 06510",
            patient_name="Rosa Delgado Núñez",
            patient_address="40 Orange Street Apartment 3, New Haven, CT 06510",
            product_name="Harbor Mist Tincture",
            month="partial",
        )
    copy(unit, count, serial=f"{unit.pk} + n")
    own = {
        "patient_name": "'Rosa Delgado Núñez ' || n",
        "patient_address": "n || ' Orange Street, New Haven, CT 06510'",
    }
    copy(entry, count, unit_id=f"{unit.pk} + n", **own)
    assert DispensedUnit.objects.count() == LogEntry.objects.count() == count + 1


def copy(row, count, **changed):
    from django.db import connection

    names = [field.column for field in row._meta.concrete_fields]
    values = ", ".join(changed.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    table, key = row._meta.db_table, row._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(COPY.format(table=table, columns=columns, values=values, count=count, key=key, row=row.pk))
        cursor.execute("ANALYZE")


def measure(name, url, count):
    """Make the entries, then each paper, and print the figures."""
    import django
    from django.core.management import call_command

    os.environ["DATABASE_URL"] = url
    django.setup()
    logging.disable()
    call_command("migrate", verbosity=0)
    fill(count)
    for kind in KINDS:
        made = subprocess.run([sys.executable, "-c", MAKE, kind], cwd=BASE_DIR, check=True, capture_output=True)
        took, memory, size = map(float, made.stdout.split())
        what = f"{name}, {count:,} entries as {kind}"
        most = MOST_SECONDS * count / 100_000 * (1 if kind.startswith("log") else 2)
        print_figure(f"{what}: {size:.0f} MB after", f"{took:.1f}", "s", f"at most {most:.0f}", holds=took <= most)
        print_figure(f"{what}: memory", f"{memory:.0f}", "MB", f"at most {MOST_MB}", holds=memory <= MOST_MB)


if __name__ == "__main__":
    sys.exit(on_both_databases(__file__, measure, count=100_000, environment=ENVIRONMENT))
