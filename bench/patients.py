"""Measure how fast an office finds its patients: a physician with 2,000 patients among 1,000,000 certifications.

The bench starts PostgreSQL and copies a certification that an action signed; superseded certifications of four years
are included. It opens the pages as the physician and lets PostgreSQL explain each query: the time on the server, the
best of fifteen runs. Targets: at most six queries of a page, without those for session, account and audit, each within
a millisecond; the last page within 1.2 times the first; no table is read as a whole. `make bench CERTIFICATIONS=100000`
makes fewer.
"""

import logging
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ROWS = 1_000_000
YEARS = 4  # certifications of each patient: the newest may run, the others were renewed
OWN_PATIENTS, OTHERS = 2_000, 250
RUNS = 15
MOST_QUERIES, MOST_MS = 6, 1
LIST = "/certification/"
LARGE = {f"certification_{table}" for table in ("certification", "patient", "invitation")}
OF_EACH_REQUEST = ("django_session", "accounts_user")
NAME = "'last' || n % 400 || ' first' || n % 997"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
    "DEBUG": "true",
    "SECRET_KEY": "made-up-for-the-bench",
    "FIELD_KEYS": "k1:MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "SSN_PEPPERS": "made-up-pepper",
    "SITE_URL": "http://localhost:8000",
    "REDIS_URL": "",
    "REQUIRE_MFA": "false",
    "ALLOWED_HOSTS": "testserver",
}


def multiply(row, count, **expressions):
    """Copy a row, with n from 1 to `count`; `expressions` give columns a new value in SQL, which may use n."""
    from django.db import connection

    table = row._meta.db_table
    fields = row._meta.local_concrete_fields
    columns = [field.column for field in fields if not field.primary_key or field.column in expressions]
    values = [expressions.get(column, f't."{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} t, generate_series(1, {count}) n "
            f"WHERE t.id = {row.pk} ORDER BY n"
        )


def number_from(prefix, expression):
    """Return an SQL expression for a number such as P-XX34-5678: our numbers have no 0 and no 1."""
    digits = f"translate(lpad(({expression})::text, 8, '0'), '01', 'XY')"
    return f"'{prefix}-' || left({digits}, 4) || '-' || right({digits}, 4)"


def fill(rows):
    from django.db import connection

    from tests import factories

    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    first = factories.certification(physician, joined=False)
    patient, invitation = first.patient, first.patient.invitations.get()
    patients = rows // YEARS
    multiply(physician, OTHERS, user_id="NULL", dea_number="'D' || n")
    multiply(
        patient, patients,
        number=number_from("P", "n"), last_name="'Last' || n % 400", first_name="'First' || n % 997",
        search_name=NAME,
        birth_date="date '1940-01-01' + (n * 7919 % 25000)::int",
        phone="'+1203' || lpad((n * 7919 % 10000000)::text, 7, '0')",
    )  # fmt: skip
    multiply(invitation, patients, patient_id=f"{patient.pk} + n", token_digest="md5(n::text)", code_digest="NULL")
    own = f"n % {patients // OWN_PATIENTS} = 0"
    for year in range(YEARS):
        is_last = year == YEARS - 1
        day = f"current_date + (n * 7919 % 390)::int - 25 - {365 * (YEARS - 1 - year)}"
        multiply(
            first, patients,
            id=f"{first.pk} + {year * patients} + n",
            number=number_from("C", f"n * {YEARS} + {year}"), uuid="gen_random_uuid()",
            patient_id=f"{patient.pk} + n", search_name=NAME,
            physician_id=f"CASE WHEN {own} THEN {physician.pk} ELSE {physician.pk} + 1 + n % {OTHERS} END",
            expires_date=day, certified_date=f"{day} - 365", certified_at=f"({day} - 365)::timestamptz",
            status="CASE WHEN n % 51 = 0 THEN 'withdrawn' ELSE 'active' END" if is_last else "'superseded'",
            ended_at="CASE WHEN n % 51 = 0 THEN now() END" if is_last else f"({day} - 20)::timestamptz",
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return physician


# --- What is measured ------------------------------------------------------------------------------------------------


def explained(sql):
    """Return the milliseconds of execution, the large tables that the plan reads as a whole, and the scans of it."""
    from django.db import connection

    plans = []
    with connection.cursor() as cursor:
        for _ in range(RUNS):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plans.append(cursor.fetchone()[0][0])
    best = min(plans, key=lambda plan: plan["Execution Time"])
    whole = [name for name in _read_whole(best["Plan"]) if name in LARGE]
    return best["Execution Time"], whole, {kind for kind in _kinds(best["Plan"]) if kind.endswith("Scan")}


def _kinds(node):
    yield node["Node Type"]
    for part in node.get("Plans", []):
        yield from _kinds(part)


def _read_whole(node):
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for part in node.get("Plans", []):
        yield from _read_whole(part)


def queries_of(ask):
    """Return what `ask` returns, and its queries, prepared ones too, without those for session and account."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask()  # a process reads some rows only once
    with CaptureQueriesContext(connection) as caught:
        answer = ask()
    queries = [query["sql"] for query in caught if query["sql"].lstrip("(").startswith(("SELECT", "EXECUTE"))]
    of_each = [f'FROM "{table}"' for table in OF_EACH_REQUEST] + ['"accounts.sessions', '"accounts.backends']
    return answer, [sql for sql in queries if not any(words in sql for words in of_each)]


class Report:
    """The lines of the table, and whether a target was missed."""

    def __init__(self):
        self.failed = False

    def line(self, what, ms, target, *, whole=(), note=""):
        is_met = ms <= target and not whole
        self.failed |= not is_met
        words = f"reads {', '.join(whole)} as a whole" if whole else note
        print(f"{what:<46}{ms:>8.2f} ms   within {target:g} ms   {words}{'' if is_met else '   MISSED'}")

    def queries(self, what, ask, target, most=MOST_QUERIES, *, index_only=False):
        """Print the slowest query of `ask`; return its answer and the milliseconds of all its queries.

        With `index_only` each query must find all that it reads in an index.
        """
        answer, queries = queries_of(ask)
        costs = [explained(sql) for sql in queries]
        whole = [name for _ms, names, _scans in costs for name in names]
        scans = {scan for _ms, _names, of_one in costs for scan in of_one}
        note = f"{len(queries)} queries{', ' + ', '.join(sorted(scans)) if index_only else ''}"
        self.line(what, max(ms for ms, _names, _scans in costs), target, whole=whole, note=note)
        self.failed |= len(queries) > most or (index_only and scans != {"Index Only Scan"})
        return answer, sum(ms for ms, _names, _scans in costs)


def measure(physician):
    from django.utils import timezone

    from certification.models import Certification, Patient
    from certification.search import people_called
    from tests import factories

    report, client = Report(), factories.client_for(physician.user)
    today = timezone.localdate()

    def opened(address):
        return lambda: client.get(address).context["page"]

    page, first = report.queries("My patients, first page", opened(LIST), MOST_MS)
    while page.next:
        address = f"{LIST}?cursor={page.next}"
        page = opened(address)()
    _, last = report.queries("My patients, last page", opened(address), MOST_MS)
    report.line("  all its queries, beside the first page's", last, 1.2 * first)
    for within in ("30", "90", "expired"):
        report.queries(f"due list, {within}", opened(f"{LIST}due/?within={within}"), MOST_MS)
    known = Patient.objects.filter(certifications__physician=physician).latest("pk")
    terms = {"name": "last1", "birth date": known.birth_date.isoformat(), "number": known.number, "phone": known.phone}
    for kind, term in terms.items():
        client.post(LIST, {"term": str(term)})
        report.queries(f"search among one's own by {kind}", opened(LIST), MOST_MS, most=7)  # drafts as well
    for kind, term in {**terms, "name": "last123 first"}.items():
        patients = Patient.objects.filter(people_called(str(term))).order_by("search_name")
        report.queries(f"search among all by {kind}", lambda patients=patients: list(patients.all()[:100]), 5)
    ending = Certification.objects.expiring(after=today, until=today + timedelta(days=30)).values_list("pk")
    report.queries("what ends within 30 days", lambda: list(ending.all()), 3, index_only=True)
    return report


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    sys.path.insert(0, str(BASE_DIR))
    from tests.servers import Postgres

    server = Postgres()
    try:
        os.environ.update(ENVIRONMENT, DATABASE_URL=server.url)
        import django
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        django.setup()
        setup_test_environment()
        logging.disable()
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        begun = time.perf_counter()
        physician = fill(rows)
        print(f"{rows:,} certifications made in {time.perf_counter() - begun:.0f} s, {OWN_PATIENTS:,} of the office")
        return int(measure(physician).failed)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
