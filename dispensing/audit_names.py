"""How units are named in the audit trail."""

from collections.abc import Collection, Iterable

from audit import names
from audit.names import Name
from certification.audit_names import PATIENT, person_columns, person_name
from dispensing.models import RecalledPerson


def of_patient(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the ids of what recalls have of the patients, by model."""
    people = RecalledPerson.objects.filter(patient__in=pks)
    return {"dispensing.recalledperson": people.values_list("pk", flat=True)}


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    names.register(
        "dispensing.dispensedunit",
        "serial",
        "product__name",
        say=lambda serial, name: Name(f"{serial:06d}", name),
    )
    names.register("dispensing.recall", "lot_number", say=lambda number: Name(number))
    names.register(
        "dispensing.recalledperson",
        "recall__lot_number",
        *person_columns("patient__"),
        say=lambda number, *name: Name(number, person_name(*name)),
    )
    names.register_belongings(PATIENT, of_patient)
