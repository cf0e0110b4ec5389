"""Measure a certificate as a PDF: its processor time, and the memory that it and its libraries add.

Targets: under 0.3 s and under 60 MB. The first certificate of a process also cuts the fonts, so its time is printed
separately. The database has only the table that a certificate reads, and the table is empty.
"""

import os
import resource
import sys
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
RUNS = 5
MOST_SECONDS, MOST_MEGABYTES = 0.3, 60
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "mmp_portal.settings",
    "DEBUG": "true",
    "SECRET_KEY": "made-up-for-the-bench",
    "FIELD_KEYS": "k1:MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
    "SSN_PEPPERS": "made-up-pepper",
    "SITE_URL": "http://localhost:8000",
    "DATABASE_URL": "sqlite://:memory:",
    "REDIS_URL": "",
}


def certification(first_name, last_name):
    from accounts.models import Physician
    from certification.models import Certification, Patient
    from certification.statements import STATEMENT_VERSION

    return Certification(
        pk=1,
        number="C-7KQ4-M2XP",
        patient=Patient(number="P-2345-6789", first_name=first_name, last_name=last_name, birth_date=date(1980, 4, 28)),
        physician=Physician(first_name="Amara", last_name="Osei"),
        exam_date=date(2026, 11, 20),
        monitoring_reviewed_date=date(2026, 11, 20),
        certified_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
        certified_date=date(2026, 11, 23),
        expires_date=date(2027, 11, 23),
        monthly_allotment_oz=Decimal("3.50"),
        signature_name="Amara Osei",
        statement_version=STATEMENT_VERSION,
    )


def seconds_of(make):
    begun = time.process_time()
    made = make()
    return time.process_time() - begun, made


def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    os.environ.update(ENVIRONMENT)
    sys.path.insert(0, str(BASE_DIR))
    import django
    from django.db import connection
    from django.urls import reverse

    django.setup()
    from certification.models import Amendment

    with connection.schema_editor() as editor:
        editor.create_model(Amendment)
    before = megabytes()
    reverse("pages:home")  # a web server has already loaded its addresses, and the libraries that they import
    signed = certification("李", "O'Brien-Núñez")

    def make():
        from certification.papers.certificate import certificate_pdf

        return certificate_pdf(signed)

    first, pdf = seconds_of(make)
    again = [seconds_of(make) for _ in range(RUNS)]
    seconds, added = min(time for time, _made in again), megabytes() - before
    assert all(made == pdf for _time, made in again)
    print(f"certificate, first of a process {first:>8.2f} s of processor time, {len(pdf) / 1000:.0f} kB")
    print(f"certificate, each after that    {seconds:>8.2f} s          under {MOST_SECONDS}")
    print(f"memory it adds                  {added:>8.0f} MB         under {MOST_MEGABYTES}")
    return 0 if seconds < MOST_SECONDS and added < MOST_MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
