"""How the rows of this app are named in the audit trail."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet

from audit import names
from audit.names import Name
from certification.audit_names import PATIENT, person_columns, person_name
from delivery.models.product_texts import full_name
from dispensing.models import (
    DispensedUnit,
    LabelPrint,
    Paper,
    Recall,
    RecalledPerson,
    ReportAnswer,
    ReportEntry,
    ReportFile,
    ReportRecord,
    SelfAssessment,
)


def of_patient(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the ids of what this app has of the patients, by model."""
    units = DispensedUnit.objects.filter(order__patient__in=pks)
    of_units = {"unit__order__patient__in": pks}
    return {
        "dispensing.dispensedunit": units.values_list("pk", flat=True),
        "dispensing.labelprint": LabelPrint.objects.filter(**of_units).values_list("pk", flat=True),
        "dispensing.reportrecord": ReportRecord.objects.filter(**of_units).values_list("pk", flat=True),
        "dispensing.recalledperson": RecalledPerson.objects.filter(patient__in=pks).values_list("pk", flat=True),
        "dispensing.selfassessment": SelfAssessment.objects.filter(patient__in=pks).values_list("pk", flat=True),
    }


def showing_patient(pks: Collection[int]) -> dict[str, QuerySet[Any]]:
    """Return the recalls about which the patients are asked, and the files of the report that hold their units."""
    recalls = RecalledPerson.objects.filter(patient__in=pks).values("recall")
    files = ReportEntry.objects.filter(record__unit__order__patient__in=pks).values("file")
    return {
        "dispensing.recall": Recall.objects.filter(pk__in=recalls),
        "dispensing.reportfile": ReportFile.objects.filter(pk__in=files),
        "dispensing.reportanswer": ReportAnswer.objects.filter(file__in=files),
    }


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    names.register(
        "dispensing.dispensedunit",
        "serial",
        "product__name",
        "product__detail",
        say=lambda serial, *words: Name(f"{serial:06d}", full_name(*words)),
    )
    names.register(
        "dispensing.paper",
        "kind",
        "first_date",
        "last_date",
        say=lambda kind, first, last: Name(f"{Paper.Kind(kind).label}, {first} – {last}"),
    )
    names.register("dispensing.destruction", "pk", say=lambda number: Name(f"destruction {number}"))
    names.register(
        "dispensing.labelprint",
        "unit__serial",
        "copy",
        say=lambda serial, copy: Name(f"label {serial:06d}, print {copy}"),
    )
    names.register("dispensing.papername", "full_name", say=Name)
    names.register("dispensing.recall", "lot_number", say=lambda number: Name(number))
    names.register(
        "dispensing.recalledperson",
        "recall__lot_number",
        *person_columns("patient__"),
        say=lambda number, *name: Name(number, person_name(*name)),
    )
    names.register(
        "dispensing.selfassessment",
        *person_columns("patient__"),
        say=lambda *name: Name("self-assessment", person_name(*name)),
    )
    names.register("dispensing.reportfile", "name", say=lambda name: Name(name))
    names.register("dispensing.reportrecord", "unit", "kind", say=lambda unit, kind: Name(f"{unit:06d}", kind))
    names.register("dispensing.reportanswer", "received_at", say=lambda at: Name(f"{at:%Y-%m-%d %H:%M}"))
    names.register_belongings(PATIENT, of_patient)
    names.register_shown(PATIENT, showing_patient)
