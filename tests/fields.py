"""The table that says who may read which field of a patient, and where; tests/test_fields.py checks pages and mails.

`page` is a page or paper outside the admin, `admin` a list or page of the admin, `export` a file with rows, `search` a
list that finds people by the field, `mail` a mail to the patient or caregiver. Patients, caregivers and guardians read
their own data, a physician and a delegate the data of their office, staff what the table grants their group.

- condition: the patient's medical conditions.
- statement: the points that the physician attested, and to whom the risks were explained.
- directions: how the patient uses the product.
- notes: reasons and texts of physicians, patients and caregivers.
- letters: the physicians who support the certification of a minor.
- birth date, address and phone: the patient's, also those that an order stores.

A Driver reads the birth date when a card is scanned, to compare the card with a photo ID at the door, and the address
and the phone on the sheet of an own run.
"""

from tests.access import GROUPS

# field | where | who; in places that are not listed, nobody.
TABLE = """
condition  | page   | patient guardian office
condition  | admin  | Registrar Pharmacist
statement  | page   | patient guardian office Registrar Pharmacist Auditor Administrator
statement  | admin  | Registrar Pharmacist Auditor Administrator
directions | page   | office
directions | admin  | Registrar Pharmacist
notes      | page   | office
notes      | admin  | Registrar Pharmacist
letters    | admin  | Registrar Pharmacist
birth date | page   | patient guardian office Registrar Pharmacist Driver Auditor Administrator
birth date | admin  | Registrar Pharmacist Auditor Administrator
birth date | export | physician
birth date | search | office Registrar Pharmacist Auditor Administrator
address    | page   | members office Driver
address    | admin  | Registrar Pharmacist Technician Manager Auditor Administrator
address    | mail   | members
phone      | page   | members office Driver
phone      | admin  | Registrar Pharmacist Technician Manager Auditor Administrator
phone      | export | physician
phone      | search | office Registrar Pharmacist Technician Manager Auditor Administrator
"""


def _cells():
    for line in TABLE.strip().splitlines():
        name, place, named = (cell.strip() for cell in line.split("|"))
        yield name, place, named.split()


def places(role):
    """Return the (field, place) pairs that the role may read, without mails."""
    return {
        (name, place)
        for name, place, named in _cells()
        if place != "mail" and any(role in GROUPS.get(word, (word,)) for word in named)
    }


def in_mail():
    """Return the fields that a mail may hold."""
    return {name for name, place, _named in _cells() if place == "mail"}
