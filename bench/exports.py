"""Measure the exports of the admin: `exports.py 1000000` downloads so many orders as CSV and as XLSX.

Each download is made by a process of its own, on SQLite and on PostgreSQL. Targets: the memory of that process grows by
at most 25 MB, however many rows there are, and the first part leaves within a second.
"""

import logging
import os
import subprocess
import sys
from pathlib import Path

from meter import on_both_databases, print_figure
from patients import ENVIRONMENT

BASE_DIR = Path(__file__).resolve().parent.parent
MOST_MB = 25
DOWNLOAD = """
import django; django.setup()
import logging, re, sys, time; logging.disable()
from accounts.models import User
from tests import factories
client = factories.client_for(User.objects.get(groups__name="Pharmacist"))
client.get("/admin/delivery/order/export." + sys.argv[1], {"status": "refused"}).getvalue()  # what a process loads once
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
before, begun, first, size = peak(), time.perf_counter(), None, 0
for part in client.get("/admin/delivery/order/export." + sys.argv[1], {"status": "all"}):
    first = first or time.perf_counter() - begun
    size += len(part)
print(peak() - before, first, time.perf_counter() - begun, size / 1e6)
"""


def fill(count):
    """Copy an order `count` times."""
    from django.db import connection

    from tests import factories

    factories.begin_a_test()
    factories.staff("Pharmacist")
    row = factories.order()
    key = "md5(n::text)::uuid" if connection.vendor == "postgresql" else "printf('%032x', n)"
    changed = {"number": "'D-' || n", "idempotency_key": key}
    names = [field.column for field in row._meta.concrete_fields if not field.primary_key]
    values = [changed.get(name, f't."{name}"') for name in names]
    quoted = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
            f"INSERT INTO delivery_order ({quoted}) SELECT {', '.join(values)} "
            f"FROM delivery_order t, s WHERE t.id = {row.pk}"
        )
        cursor.execute("ANALYZE")


def measure(name, url, count):
    """Make the rows, download them twice and print the figures."""
    import django
    from django.core.management import call_command

    os.environ["DATABASE_URL"] = url
    django.setup()
    logging.disable()
    call_command("migrate", verbosity=0)
    fill(count)
    for kind in ("csv", "xlsx"):
        run = [sys.executable, "-c", DOWNLOAD, kind]
        made = subprocess.run(run, cwd=BASE_DIR, check=True, capture_output=True, text=True)
        grown, first, took, size = map(float, made.stdout.split())
        what = f"{name}, {count:,} orders as {kind}"
        print_figure(f"{what}: growth of memory", f"{grown:.1f}", "MB", f"at most {MOST_MB}", holds=grown <= MOST_MB)
        print_figure(f"{what}: first part after", f"{first:.2f}", "s", "at most 1", holds=first <= 1)
        print_figure(f"{what}: all {size:.0f} MB after", f"{took:.1f}", "s")


if __name__ == "__main__":
    sys.exit(on_both_databases(__file__, measure, count=300_000, environment=ENVIRONMENT))
