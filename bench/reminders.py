"""Measure reminders: how fast the outbox is filled, and how fast one worker sends; `reminders.py 10000` for fewer.

Each figure stands beside a bare statement or loop that writes or sends the same, and beside the way of before: a query
and an insert for each certification, a connection for each mail. It runs on PostgreSQL, with SQLite for the filling. A
missed target fails. Mails go to a mail server in a process of its own, so that its CPU does not count.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from mailserver import SinkProcess
from meter import answer_of, missed, print_figure
from patients import ENVIRONMENT, multiply, number_from

BASE_DIR = Path(__file__).resolve().parent.parent
COUNT = 1_000_000
BEFORE = 10_000  # certifications that the way of before gets
MAILS = 1_000
MOST_ON_SQLITE = 100_000
# One statement by hand that writes the rows that the portal writes: for each patient and each physician.
BARE = """
INSERT INTO notifications_notification (kind, channel, recipient, language, context, dedupe_key, priority, status,
    created_at, due_at, attempts, message_id, last_error)
SELECT 'renewal_reminder', 'email', people.email, 'en', {context}, 'renewal:' || people.id || ':' || people.role, 9,
    'queued', {now}, {now}, 0, '', ''
FROM (SELECT c.id, p.email, 'patient' AS role FROM certification_certification c
          JOIN certification_patient p ON p.id = c.patient_id WHERE c.status = 'active'
      UNION ALL
      SELECT c.id, d.email, 'physician' FROM certification_certification c
          JOIN accounts_physician d ON d.id = c.physician_id WHERE c.status = 'active') AS people
"""
OF = {
    "postgresql": {"now": "now()", "context": "jsonb_build_object('certification', people.id, 'role', people.role)"},
    "sqlite": {"now": "datetime('now')", "context": "json_object('certification', people.id, 'role', people.role)"},
}
FILL = """
import django; django.setup()
import logging, re, time; logging.disable()
from django.utils import timezone
from certification.actions import queue_renewal_reminders
begun = time.perf_counter()
queue_renewal_reminders(today=timezone.localdate(), by=None)
took = time.perf_counter() - begun
# Not by getrusage: its peak begins with that of the process which started this one.
print(took, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""
# The loop of the build before, and the messages that it made: it read 500 certifications at once, wrote the messages of
# each in a transaction of its own, and woke the sender over Redis each time.
AS_BEFORE = """
import time
from django.db.models import Prefetch
from django.utils import timezone
from certification.models import CaregiverAssignment, Certification
from certification.writes.messages import recipients_of
from notifications.models import Notification
from notifications.tasks import send_due

def message(one, role, person):
    key, context = f"renewal:{{one.pk}}:30:{{role}}", dict(certification=one.pk, reminder="30", role=role)
    return dict(kind="renewal_reminder", recipient=person.email or str(person.phone), dedupe_key=key, context=context,
                channel="email" if person.email else "phone", language=getattr(person, "language", "en"))

def queue(one):
    people = recipients_of(one, with_physician=not one.physician.has_left_on(today))
    found = {{}}
    for role, person in people.items():
        made = message(one, role, person)
        found.setdefault(made["recipient"], made)
    rows = [Notification(due_at=timezone.now(), **made) for made in found.values()]
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    send_due.delay()

today = timezone.localdate()
assignments = CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver")
active = Certification.objects.active().order_by("pk")
people = active.select_related("patient", "physician").prefetch_related(Prefetch("patient__assignments", assignments))
keys = list(active.values_list("pk", flat=True)[1 : {count} + 1])
began = time.perf_counter()
for start in range(0, len(keys), 500):
    for one in people.filter(pk__in=keys[start : start + 500]):
        queue(one)
print(len(keys) / (time.perf_counter() - began))
"""
# As the checkout page does it; prints when it began.
ORDER = """
import time
from uuid import uuid4
from certification.models import Patient
from delivery.actions import place_order
from delivery.models import Order
from tests import factories
patient, window = Patient.objects.get(pk={patient}), factories.window()
seen_cents = sum(line.total_cents for line in Order.objects.carts().get(patient=patient).lines.all())
began = time.time()
place_order(patient=patient, window=window, address=factories.address(), payment_method="cash", seen_cents=seen_cents,
            idempotency_key=uuid4(), by=patient.user)
print(began)
"""


# --- The world ------------------------------------------------------------------------------------------------------


def make(count):
    """Make so many certifications that end within 89 days, each of another patient."""
    from django.db import connection

    from tests import crowd, factories
    from tests.guard import unguarded

    first = factories.certification(joined=False)
    patient = first.patient
    if connection.vendor == "sqlite":
        with unguarded():
            _copy_on_sqlite(first, count)
        return
    emails = "'p' || n || '@example.org'"
    multiply(patient, count, number=number_from("P", "n"), email=emails, phone="'+1203' || lpad(n::text, 7, '0')")
    multiply(
        first, count,
        id=f"{2 * crowd.MANY} + n", number=number_from("C", "n"), uuid="gen_random_uuid()",
        patient_id=f"{patient.pk} + n", expires_date="current_date + 1 + (n % 89)::int",
    )  # fmt: skip
    answer_of("ANALYZE")


def _copy_on_sqlite(first, count):
    from datetime import timedelta

    from django.utils import timezone

    from tests import factories

    for day in range(1, 90):
        ends = timezone.localdate() + timedelta(days=day)
        factories.copies(first, count // 89 + (day <= count % 89), expires_date=ends)


@contextmanager
def empty_outbox():
    """Empty the outbox before and after, so that each run begins with the same table."""
    from django.db import connection

    table = "notifications_notification"
    # Calls and bounces name messages; there are none here.
    wipe = f"TRUNCATE {table} CASCADE" if connection.vendor == "postgresql" else f"DELETE FROM {table}"
    answer_of(wipe)
    answer_of("DELETE FROM certification_reminderrun")
    yield
    answer_of(wipe)


def rows():
    return answer_of("SELECT count(*) FROM notifications_notification")[0][0]


def timed(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# --- Filling --------------------------------------------------------------------------------------------------------


def measure_filling(name, count, most):
    """Print how long the outbox takes to fill, beside the bare statement; return certifications a second."""
    from django.db import connection

    bare = BARE.format(**OF[connection.vendor])
    seconds, peak, added = {"bare": [], "portal": []}, 0.0, 0
    for _run in range(1 if count > MOST_ON_SQLITE else 2):  # a million take minutes
        with empty_outbox():
            seconds["bare"].append(timed(lambda: answer_of(bare)))
            written = rows()
        with empty_outbox():
            took, of_run = fill()
            seconds["portal"].append(took)
            filled = rows()
            # The certification that was copied ends in a year, and is not reminded of.
            assert written - filled == 2, (written, filled)
            again, of_repeat = fill()
            added += rows() - filled
            peak = max(peak, of_run, of_repeat)
    ours, theirs = min(seconds["portal"]), min(seconds["bare"])
    print_figure(f"{name}: one bare INSERT ... SELECT, {written:,} rows", f"{theirs:.2f}", "s")
    print_figure(f"{name}: reminders of {count:,} certifications", f"{ours:.2f}", "s", f"at most {most} × bare",
                 holds=ours <= most * theirs)  # fmt: skip
    print_figure(f"{name}: the same once more", f"{again:.2f}", "s")
    print_figure(f"{name}: rows that it adds", f"{added:,}", "", "none", holds=not added)
    print_figure(f"{name}: peak memory", f"{peak:.0f}", "MB", "at most 150", holds=peak <= 150)
    return count / ours


def fill():
    """Queue the reminders in a process of its own; return the seconds and its peak memory in MB."""
    done = subprocess.run([sys.executable, "-c", FILL], cwd=BASE_DIR, check=True, capture_output=True, text=True)
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def fill_as_before(count, redis):
    """Queue the reminders of so many certifications as before, one by one; return certifications a second."""
    from redis import Redis

    with empty_outbox():
        rate = float(of_process(os.environ | {"REDIS_URL": redis.url}, AS_BEFORE.format(count=count)))
        assert rows() == 2 * count, rows()
    Redis(port=redis.port).flushall()
    return rate


# --- Sending --------------------------------------------------------------------------------------------------------


def cost_of(work, count):
    """Return CPU milliseconds of this process and elapsed milliseconds for each of `count` mails."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1000 / count, (time.perf_counter() - wall) * 1000 / count


def measure_sending():
    from notifications import emails, kinds
    from notifications.actions import send_due
    from notifications.connections import Line
    from notifications.models import Notification

    waiting = Notification.objects.filter(status="queued").order_by("priority", "due_at", "pk")

    def render_as_before(messages):
        for row in messages:
            emails.build(row, kinds.get(row.kind).context_for(row))

    def render(messages):
        for start in range(0, len(messages), 100):
            part = messages[start : start + 100]
            words = kinds.words_of_many(part)
            yield from (emails.build(row, words[row.pk]) for row in part)

    def bare(messages):
        with Line() as line:
            for mail in render(messages):
                line.send(mail)

    messages = list(waiting[:MAILS])
    list(render(messages[:50])), render_as_before(messages[:50])  # compile the templates
    before, _ = cost_of(lambda: render_as_before(messages), len(messages))
    now, _ = cost_of(lambda: list(render(messages)), len(messages))
    print_figure("words and templates of a mail, as before", f"{before:.2f}", "ms CPU")
    print_figure("words and templates of a mail", f"{now:.2f}", "ms CPU", "at most half", holds=now <= before / 2)
    ways = [lambda: bare(messages), lambda: send_as_before(waiting.reverse()), lambda: send_due(limit=MAILS, by=None)]
    rounds = [[cost_of(way, MAILS) for way in ways] for _round in range(2)]  # other work may fall into one of them
    best = [
        (min(cpu for cpu, _wall in costs), min(wall for _cpu, wall in costs)) for costs in zip(*rounds, strict=True)
    ]
    (bare_cpu, bare_wall), (old_cpu, old_wall), (cpu, wall) = best
    print_figure("a bare loop: renders, one connection", f"{bare_cpu:.2f}", "ms CPU", f"{1000 / bare_wall:.0f} mails/s")
    print_figure("as before: a connection for each mail", f"{old_cpu:.2f}", "ms CPU", f"{1000 / old_wall:.0f} mails/s")
    print_figure("the portal, one worker", f"{cpu:.2f}", "ms CPU", "at most 1.4 × bare", holds=cpu <= 1.4 * bare_cpu)
    print_figure(
        "the portal, one worker", f"{1000 / wall:.0f}", "mails/s", "at least 3 × before", holds=wall * 3 <= old_wall
    )


def send_as_before(waiting):
    """Send MAILS messages as before: claim, read, send over a connection of its own, mark; one after another."""
    from datetime import timedelta

    from django.db.models import F
    from django.utils import timezone

    from notifications import emails, kinds
    from notifications.models import Notification

    for key in list(waiting.values_list("pk", flat=True)[:MAILS]):
        one = Notification.objects.filter(pk=key, status="queued")
        one.update(status="sending", lease_until=timezone.now() + timedelta(minutes=5), attempts=F("attempts") + 1)
        row = Notification.objects.get(pk=key)
        emails.build(row, kinds.get(row.kind).context_for(row)).send()
        held = Notification.objects.filter(pk=key, lease_until=row.lease_until)
        held.update(status="sent", sent_at=timezone.now(), message_id=emails.message_id_for(row), lease_until=None)


def measure_probe(name):
    """Print how long `/readyz` takes while the whole outbox waits."""
    from django.test import Client

    visitor, waiting = Client(), rows()
    visitor.get("/readyz")  # the first one looks at the migrations
    seconds = sorted(timed(lambda: visitor.get("/readyz")) for _run in range(9))[4]
    print_figure(f"{name}: /readyz while {waiting:,} messages wait", f"{seconds * 1000:.1f}", "ms", "at most 20",
                 holds=seconds <= 0.02)  # fmt: skip


# --- Somebody waits while a backlog is sent ---------------------------------------------------------------------------


def measure_urgent(sink, redis):
    """Start a worker for each queue over Redis; print how long the confirmation of an order takes."""
    from redis import Redis

    client = Redis(port=redis.port)
    empty = client.info("memory")["used_memory"]
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "mmp_portal", "worker", "--concurrency", "1"]
    command += ["--loglevel", "ERROR", "--queues"]
    environment = os.environ | {"REDIS_URL": redis.url}
    workers = [subprocess.Popen([*command, queue], cwd=BASE_DIR, env=environment) for queue in ("urgent", "bulk")]
    try:
        shoppers = make_shoppers(3)
        of_process(environment, "from notifications.tasks import send_bulk; send_bulk.delay()")
        first = answer_of(
            "SELECT recipient FROM notifications_notification WHERE status = 'queued' ORDER BY due_at, id LIMIT 1"
        )
        sink.arrival_of(first[0][0])  # the backlog is being sent
        waiting = answer_of("SELECT count(*) FROM notifications_notification WHERE status = 'queued'")[0][0]
        slowest = max(confirmation_delay(sink, environment, patient) for patient in shoppers)
        left = answer_of("SELECT count(*) FROM notifications_notification WHERE status = 'queued'")[0][0]
        assert left < waiting, "the backlog was not being sent meanwhile"
        grown = (client.info("memory")["used_memory"] - empty) / 1_000_000
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(60)
    print_figure(f"an order's confirmation while {waiting:,} reminders wait", f"{slowest:.2f}", "s", "at most 5",
                 holds=slowest <= 5)  # fmt: skip
    print_figure("memory of Redis meanwhile: grew by", f"{grown:.2f}", "MB", "under 1", holds=grown < 1)


def make_shoppers(count):
    """Make patients with an account, an address that nobody has written to, and two of a product in the cart."""
    from tests import crowd, factories

    patients = crowd.like(factories.patient(), count)
    crowd.fill_carts(patients, (factories.product(), 2))
    return patients


def confirmation_delay(sink, environment, patient):
    """Let the patient order; return the seconds until the confirmation arrives."""
    began = float(of_process(environment, ORDER.format(patient=patient.pk)))
    return sink.arrival_of(patient.user.email)[0] - began


def of_process(environment, code):
    """Run code in a process that is connected to Redis; return what it prints."""
    script = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
    return subprocess.run(script, cwd=BASE_DIR, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


# --- All ------------------------------------------------------------------------------------------------------------


def prepare(database_url, **more):
    """Set up Django in this process on a new database."""
    os.environ.update(ENVIRONMENT, DEBUG="false", DATABASE_URL=database_url, SECRET_KEY="made-up-for-the-bench" * 3,
                      DEFAULT_FROM_EMAIL="Portal <portal@example.org>", DISPENSARY_NAME="Example Dispensary",
                      DISPENSARY_PHONE="+12035550100", DISPENSARY_EMAIL="help@example.org", **more)  # fmt: skip
    import logging

    import django
    from django.core.management import call_command

    django.setup()
    logging.disable()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def on_sqlite(count):
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        prepare(f"sqlite:///{folder}/portal.sqlite3", EMAIL_URL="memory://")
        make(count)
        measure_filling("SQLite", count, 3)
        with empty_outbox():
            fill()
            measure_probe("SQLite")
    return len(missed)


def on_postgres(count):
    from tests.servers import Postgres, Redis

    sink, database, redis = SinkProcess(), Postgres(), Redis()
    try:
        prepare(database.url, EMAIL_URL=f"smtp://127.0.0.1:{sink.port}")
        make(count)
        rate = measure_filling("PostgreSQL", count, 2.5)
        before = fill_as_before(min(BEFORE, count), redis)
        print_figure("PostgreSQL: as before, one by one", f"{before:,.0f}", "/s")
        print_figure(
            "PostgreSQL: certifications a second",
            f"{rate:,.0f}",
            "/s",
            "at least 20 × before",
            holds=rate >= 20 * before,
        )
        with empty_outbox():
            fill()
            answer_of("ANALYZE notifications_notification")
            measure_probe("PostgreSQL")
            measure_sending()
            measure_urgent(sink, redis)
    finally:
        for server in (sink, database, redis):
            server.stop()
    return len(missed)


def main():
    sys.path.insert(0, str(BASE_DIR))
    os.environ["PYTHONPATH"] = str(BASE_DIR)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    if len(sys.argv) > 2:
        return on_sqlite(count)
    failed = on_postgres(count)
    # In a process of its own: Django is set up once, on one database.
    sqlite = subprocess.run([sys.executable, __file__, str(min(count, MOST_ON_SQLITE)), "sqlite"])
    return int(bool(failed or sqlite.returncode))


if __name__ == "__main__":
    sys.exit(main())
