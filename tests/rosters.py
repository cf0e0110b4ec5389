"""Roster files in the formats that arrive. Fields that the caller leaves out get believable and valid values."""

import csv
import io

from accounts.actions import import_roster
from accounts.rosters.files import ELICENSE_COLUMNS, PROGRAM_COLUMNS

PROGRAM = {
    "first_name": "Amara", "last_name": "Osei", "dea_number": "AO1234563", "ssn_last_four": "4821", "npi": "1234567893",
    "email": "amara.osei@example.org", "phone": "(203) 555-0142", "license_number": "1.034567",
    "csp_number": "CSP.0045671", "practice_name": "Elm Street Medicine", "practice_street": "12 Elm Street",
    "practice_city": "New Haven", "practice_state": "CT", "practice_zip": "06510",
    "monitoring_access": "yes",
}  # fmt: skip
ELICENSE = {
    "CredentialId": "1", "Name": "AMARA J OSEI", "Type": "INDIVIDUAL", "BusinessName": "", "DBA": "",
    "FullCredentialCode": "1.034567", "CredentialType": "1", "CredentialNumber": "034567", "CredentialSubCategory": "",
    "Credential": "Physician/Surgeon", "Status": "ACTIVE", "StatusReason": "CURRENT", "Active": "1",
    "IssueDate": "06/01/2005", "EffectiveDate": "12/27/1800", "ExpirationDate": "02/28/2027",
    "Address": "12 ELM ST, APT \"B\"", "City": "NEW HAVEN", "State": "CT", "Zip": "065101234",
    "RecordRefreshedOn": "11/22/2026",
}  # fmt: skip


def table(columns, rows, delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    return out.getvalue()


def program(*rows):
    return table(PROGRAM_COLUMNS, [{**PROGRAM, **row} for row in rows or [{}]])


def elicense(*rows, delimiter=","):
    return table(ELICENSE_COLUMNS, [{**ELICENSE, **row} for row in rows or [{}]], delimiter)


def dea_line(number="AO1234563", *, activity="C", schedules="22N 33N4 5", ends="20271130", state="CT"):
    line = f"{number}{activity}{schedules:<16}{ends}{'OSEI, AMARA MD':<40}"
    return f"{line:<227}{state}06510    ".ljust(244)


def dea(*lines):
    return "".join(f"{line}\r\n" for line in lines or [dea_line()])


def read(text, *, by=None, encoding="utf-8", **options):
    """Import the text or bytes as a file; return the import."""
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return import_roster(file=io.BytesIO(data), file_name="roster.csv", by=by, **options)


def counts(run):
    return (run.new_count, run.changed_count, run.unchanged_count, run.bad_count)


def problems(run):
    return list(run.problems.order_by("pk").values_list("line", "column", "severity"))
