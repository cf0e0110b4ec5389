"""Measure the import of the state's licenses and credentials, compared with Python's `csv.reader` on the same file.

The bench prints the rows a second of both, their ratio (target: at least 0.5) and the peak memory of the import
(target: under 200 MB), and fails when a target is missed. It makes a file and a database in var/bench/, and removes the
file at the end. `make bench ROWS=2600000` reads as many rows as the state publishes.
"""

import csv
import os
import random
import resource
import sys
import time
from datetime import date
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = BASE_DIR / "var" / "bench"
ROWS = 300_000
PHYSICIANS = 1_000  # with two credentials each: eight times as many as among the state's 2.6 million rows
RUNS = 3
LEAST_RATIO, MOST_MEGABYTES = 0.5, 200
# Statuses of real rows. Their shares are made up, but the 2.4 % of blank numbers below are real.
STATES = [
    ("ACTIVE", "CURRENT", 1), ("ACTIVE", "CURRENT", 1), ("ACTIVE", "", 1), ("ACTIVE IN RENEWAL", "CURRENT", 1),
    ("INACTIVE", "LAPSED DUE TO NON-RENEWAL", 0), ("INACTIVE", "FAILED TO RENEW", 1), ("PROBATION", "CONSENT ORDER", 1),
]  # fmt: skip
CREDENTIALS = ["Plumber, Unlimited", "Registered Nurse", 'Home Improvement "A" Contractor', "Agente de Bienes Raíces"]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
    "DEBUG": "true",
    "SECRET_KEY": "made-up-for-the-bench",
    "FIELD_KEYS": "k1:MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "SSN_PEPPERS": "made-up-pepper",
    "SITE_URL": "http://localhost:8000",
    "DATABASE_URL": f"sqlite:///{FOLDER / 'portal.sqlite3'}",
    "REDIS_URL": "",
}


def make_file(path, rows, columns):
    """Write credentials as the state publishes them, with all irregularities; some belong to our physicians."""
    chance = random.Random(1)
    every = max(rows // (2 * PHYSICIANS), 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(rows):
            credential, rest = divmod(number, every)
            kind = ("1", "CSP")[credential % 2]
            code = f"{kind}.{credential // 2:0{6 if kind == '1' else 7}d}" if rest == 0 else f"PLM.{number:07d}-P1"
            if chance.random() < 0.01:  # a code that several rows share
                code = "PLM.0000001-P1" if rest else code
            status, reason, active = chance.choice(STATES)
            writer.writerow([
                number, f"FIRST{number % 997} M LAST{number % 4999}", "INDIVIDUAL", "", "", code, kind,
                "" if chance.random() < 0.024 else code[-6:], "",
                "Physician/Surgeon" if kind == "1" else chance.choice(CREDENTIALS), status, reason, active,
                "06/01/2005", "12/27/1800" if number % 3 else "03/01/2025", f"02/28/20{chance.choice((25, 27))}",
                f"{number % 900} MAIN ST, APT {number % 40}", "NEW HAVEN", "CT",
                "065101234" if number % 2 else "06510", "11/22/2026",
            ])  # fmt: skip


def add_physicians():
    from accounts.actions import add_physician

    for number in range(PHYSICIANS):
        digits = [int(char) for char in f"{number:06d}"]
        end = (sum(digits[0::2]) + 2 * sum(digits[1::2])) % 10
        numbers = {"medical_license": f"1.{number:06d}", "controlled_substance": f"CSP.{number:07d}"}
        add_physician(
            first_name="First", last_name="Last", dea_number=f"BL{number:06d}{end}", ssn_last_four="0000",
            email=f"doctor{number}@example.org", phone="+12035550142", practice_name="Practice",
            practice_street="1 Main Street", practice_city="New Haven", practice_state="CT", practice_zip="06510",
            registrations=[
                {"kind": kind, "number": code, "expires_date": date(2026, 1, 1), "source": "bench"}
                for kind, code in numbers.items()
            ],
            by=None,
        )  # fmt: skip


def time_of(work):
    """Return the seconds that `work` takes, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def read_bare(path):
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _row in csv.reader(file)) - 1


def import_file(path):
    from accounts.actions import import_roster

    with path.open("rb") as file:
        return import_roster(file=file, file_name=path.name, by=None)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    os.environ.update(ENVIRONMENT)
    sys.path.insert(0, str(BASE_DIR))
    import django
    from django.core.management import call_command
    from django.db import transaction

    django.setup()
    from accounts.rosters.files import ELICENSE_COLUMNS

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        add_physicians()
    path = FOLDER / "elicense.csv"
    make_file(path, rows, ELICENSE_COLUMNS)
    print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB; {PHYSICIANS:,} physicians of ours")
    first, run = time_of(lambda: import_file(path))
    print(f"first import     {rows / first:>11,.0f} rows/s  ({run.changed_count:,} registrations changed)")
    # In turns, the best of each: other work of this machine slows both down alike.
    turns = [(time_of(lambda: read_bare(path))[0], time_of(lambda: import_file(path))[0]) for _ in range(RUNS)]
    bare, again = (min(times) for times in zip(*turns, strict=True))
    ratio = bare / again
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"bare csv.reader  {rows / bare:>11,.0f} rows/s")
    print(f"import, again    {rows / again:>11,.0f} rows/s  nothing changed")
    print(f"ratio            {ratio:>11.2f}         at least {LEAST_RATIO}")
    print(f"peak memory      {megabytes:>11.0f} MB      under {MOST_MEGABYTES}")
    path.unlink()
    return 0 if ratio >= LEAST_RATIO and megabytes < MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
