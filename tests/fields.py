"""Who reads which field of a patient, and where: the table that tests/test_fields.py holds every page and mail to.

`page` is a page or paper outside the admin, `admin` a list or page of the admin, `export` a file of rows, `search` a
list that finds somebody by it, `mail` a message to whom it concerns. Patients, caregivers and guardians read what is
theirs, a physician and a delegate what is in the hands of their office; staff read what their group is named for.

- condition: what the patient suffers from.
- statement: what the physician attested, and to whom the risks were explained.
- directions: how it is used.
- notes: reasons and words of physicians, patients and caregivers.
- letters: who supports the certification of a minor.
- birth date, address and phone: the patient's, also as an order keeps them.

The holder of a card is compared with a photo ID at the door: so a Driver reads the birth date when a card is scanned.
"""

from tests.access import GROUPS

# field | where | who; where nothing is said, nobody.
TABLE = """
condition  | admin  | Registrar Pharmacist
statement  | page   | patient guardian office Registrar Pharmacist Auditor Administrator
statement  | admin  | Registrar Pharmacist Auditor Administrator
directions | admin  | Registrar Pharmacist
notes      | page   | office
notes      | admin  | Registrar Pharmacist
letters    | admin  | Registrar Pharmacist
birth date | page   | patient guardian office Registrar Pharmacist Driver Auditor Administrator
birth date | admin  | Registrar Pharmacist Auditor Administrator
birth date | export | office
birth date | search | office Registrar Pharmacist Auditor Administrator
address    | page   | members office
address    | admin  | staff
address    | mail   | members
phone      | page   | members office
phone      | admin  | staff
phone      | export | office
phone      | search | office Registrar Pharmacist Technician Manager Auditor Administrator
"""


def _cells():
    for line in TABLE.strip().splitlines():
        name, place, named = (cell.strip() for cell in line.split("|"))
        yield name, place, named.split()


def places(role):
    """{(field, place)} that the role reads; mails apart."""
    return {
        (name, place)
        for name, place, named in _cells()
        if place != "mail" and any(role in GROUPS.get(one, (one,)) for one in named)
    }


def in_mail():
    """The fields that a mail may hold."""
    return {name for name, place, _named in _cells() if place == "mail"}
