"""Measure a backup and a restore of 100,000 orders on PostgreSQL; `bench/backup.py 20000` makes fewer orders.

The bench starts a server with two databases. An action places one order; the others are copies of it, with lines, stock
movements, events and messages. One certification is copied for every fifth order. The bench fails when the backup or
the restore takes more than two minutes.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from meter import answer_of, missed, print_figure
from patients import ENVIRONMENT, multiply, number_from

BASE_DIR = Path(__file__).resolve().parent.parent
ORDERS = 100_000
MOST_SECONDS = 120
EVENTS_AN_ORDER = 6  # for example looked at, placed, confirmed
# As hard to compress as a ciphertext, and counted as one: 384 characters that differ in each row.
SEALED = "'k1:' || " + " || ".join(f"md5(n || 'x{part}')" for part in range(12))


def fill(count):
    """Fill the database with so many orders, and the rows that belong to them."""
    from audit.models import Event
    from delivery.models import StockMovement
    from notifications.models import Notification
    from tests import factories

    order = factories.order(lines=[(factories.product(), 1), (factories.product(), 1)])
    multiply(
        order, count,
        number=number_from("D", "n"), idempotency_key="gen_random_uuid()", status="'lapsed'", ended_at="now()",
    )  # fmt: skip
    of_order = f"{order.pk} + n"
    for line in order.lines.all():
        multiply(line, count, order_id=of_order)
    for movement in StockMovement.objects.filter(order=order):
        multiply(movement, count, order_id=of_order)
    message = Notification.objects.filter(kind__startswith="order").first() or Notification.objects.first()
    multiply(message, count, dedupe_key="t.dedupe_key || n")
    for _event in range(EVENTS_AN_ORDER):
        multiply(Event.objects.latest("pk"), count, session="md5(n || 's')", request_id="md5(n || 'r')")
    patient = order.patient
    multiply(patient, count // 5, number=number_from("P", "n"), user_id="NULL", email="'p' || n || '@example.org'")
    multiply(
        patient.certifications.get(), count // 5,
        id=f"{patient.certifications.get().pk} + n",
        number=number_from("C", "n"), uuid="gen_random_uuid()", patient_id=f"{patient.pk} + n", renewal_of_id="NULL",
        condition_codes=SEALED, directions=SEALED, patient_as_signed=SEALED,
    )  # fmt: skip
    answer_of("ANALYZE")


def timed(*arguments, **environment):
    """Run manage.py, print its output, and return the seconds that it takes."""
    began = time.monotonic()
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=BASE_DIR, env=os.environ | environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"manage.py {arguments[0]} failed: {done.stderr[-500:]}")
    print(done.stdout.strip().rpartition("/")[2])
    return time.monotonic() - began


def measure(server):
    """Back up, restore into the empty second database, and print how long each takes."""
    answer_of("CREATE DATABASE restored TEMPLATE template0")
    other = urlsplit(server.url)._replace(path="/restored").geturl()
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/backup.zip"
        for what, seconds in (
            ("backup", timed("backup", "--file", archive)),
            ("restore, every table compared", timed("restore", archive, DATABASE_URL=other)),
        ):
            print_figure(what, f"{seconds:.1f}", "s", f"at most {MOST_SECONDS}", holds=seconds <= MOST_SECONDS)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS
    sys.path.insert(0, str(BASE_DIR))
    from tests import servers

    server = servers.Postgres()
    try:
        os.environ |= {**ENVIRONMENT, "DATABASE_URL": server.url, "MIGRATION_DATABASE_URL": ""}
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        fill(count)
        rows = answer_of(
            "SELECT sum(reltuples)::bigint, pg_database_size(current_database()) FROM pg_class WHERE relkind = 'r'"
        )
        print_figure("orders", f"{count:,}", "", f"{rows[0][0]:,} rows, {rows[0][1] / 1_000_000:.0f} MB with indexes")
        measure(server)
    finally:
        server.stop()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
