"""The table that says who may read which field of a patient, and where; tests/test_fields.py checks pages and mails.

`page` is a page outside the admin, `paper` a PDF or label to print or keep, `admin` a list or page of the admin,
`export` any other file, `search` a list that finds people by the field, `mail` a mail or text message to the patient or
caregiver. Patients, caregivers and guardians read
their own data, a physician and a delegate the data of their office, staff what the table grants their group.

- condition: the patient's medical conditions.
- statement: the points that the physician attested, and to whom the risks were explained.
- directions: how the patient uses the product.
- notes: reasons and texts of physicians, patients and caregivers.
- letters: the physicians who support the certification of a minor.
- birth date, address and phone: the patient's, also those that an order stores.

A Driver reads the birth date when a card is scanned, to compare the card with a photo ID at the door, and the address
and the phone on the sheet of an own run.

The print pack is for a day on which the portal does not answer: its run sheet says what the driver compares with the
photo ID at the door, so whoever prints it reads birth dates, a Manager too. The inspector's pack holds the report as it
was sent: whoever hands the pack to an inspector can read it. A label has to say the directions.
"""

import sys
from pathlib import Path

from tests.access import GROUPS

FILE = Path(__file__).resolve().parent.parent / "docs" / "fields.md"

# field | where | who | why; in places that are not listed, nobody.
TABLE = """
condition  | page   | patient guardian applicant office
condition  | paper  | patient guardian office | the certificate
condition  | admin  | Registrar Pharmacist
statement  | page   | patient guardian office Registrar Pharmacist Auditor Administrator
statement  | paper  | patient guardian office Registrar Pharmacist Auditor Administrator | the certificate
statement  | admin  | Registrar Pharmacist Auditor Administrator
directions | page   | office
directions | paper  | Pharmacist Technician Administrator | a label has to say them: whoever prints it reads them
directions | admin  | Registrar Pharmacist
notes      | page   | applicant office
notes      | admin  | Registrar Pharmacist
letters    | page   | applicant office | the steps of a draft, where the office adds them
letters    | paper  | applicant office Registrar Pharmacist | the files
letters    | admin  | Registrar Pharmacist
birth date | page   | patient guardian applicant office Registrar Pharmacist Driver Auditor Administrator
birth date | paper  | patient guardian office Registrar Pharmacist Manager Auditor Administrator | card, print pack
birth date | admin  | Registrar Pharmacist Auditor Administrator
birth date | export | physician Pharmacist Manager Auditor Administrator | the report, also in the inspector's pack
birth date | search | office Registrar Pharmacist Auditor Administrator
address    | page   | members applicant office Driver
address    | paper  | Registrar Pharmacist Manager Administrator | letters to post, and the print pack
address    | admin  | Registrar Pharmacist Technician Manager Auditor Administrator
address    | export | members Pharmacist Manager Auditor Administrator | calendar, report, inspector's pack
address    | mail   | members
phone      | page   | members applicant office Driver
phone      | paper  | Pharmacist Manager Administrator | the print pack: the driver and the office call
phone      | admin  | Registrar Pharmacist Technician Manager Auditor Administrator
phone      | export | physician Pharmacist Manager Auditor Administrator | the report and the inspector's pack
phone      | search | office Registrar Pharmacist Technician Manager Auditor Administrator
"""
# Who reads a kind of message, by the words of `describe`; a kind with other words has to be entered.
TO_MEMBERS = {
    "Who ordered", "The patient", "The caregiver", "The patient and the caregiver", "Who got some of a recalled lot",
    "An account on the waiting list",
}  # fmt: skip


def _cells():
    """Yield field, place, the words that name roles, and why, which is often empty."""
    for line in TABLE.strip().splitlines():
        name, place, named, *why = (cell.strip() for cell in line.split("|"))
        yield name, place, named.split(), "".join(why)


def places(role):
    """Return the (field, place) pairs that the role may read, without mails."""
    return {
        (name, place)
        for name, place, named, _why in _cells()
        if place != "mail" and any(role in GROUPS.get(word, (word,)) for word in named)
    }


def in_mail():
    """Return the fields that a mail or text message to a patient or caregiver may hold; one to others holds none."""
    return {name for name, place, _named, _why in _cells() if place == "mail"}


def document():
    """Return the text of docs/fields.md."""
    head = (
        "# Fields\n\nPrinted from `tests/fields.py` by `python -m tests.fields --write`. A test reads every "
        "page, paper, list, export, search and mail as every role and fails where one shows more or less. Histories, "
        "buttons and pages about nobody say the same to all: the roles that may read least read them.\n\n"
    )
    said = __doc__.partition("\n\n")[2].strip()
    rows = (f"| {name} | {place} | {', '.join(named)} | {why or '-'} |\n" for name, place, named, why in _cells())
    return f"{head}{said}\n\n| field | where | who | why |\n| --- | --- | --- | --- |\n{''.join(rows)}"


def main(arguments):
    if "--write" in arguments:
        FILE.write_text(document())
    elif FILE.read_text() != document():
        sys.exit("docs/fields.md is not what tests/fields.py says: run python -m tests.fields --write.")


if __name__ == "__main__":
    main(sys.argv[1:])
