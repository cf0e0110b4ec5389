"""What the monitoring report says of a unit: read when it is handed over, and kept with its record."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.timezone import localdate

from accounts.models import Physician
from certification.models import CaregiverAssignment, Patient
from delivery.models import HandOver
from dispensing import asap
from dispensing.models import DispensedUnit, ReportRecord

STATUS = {ReportRecord.Kind.NEW: "00", ReportRecord.Kind.REVISE: "01", ReportRecord.Kind.VOID: "02"}
ID_KINDS = {HandOver.PhotoId.STATE_ID: "02", HandOver.PhotoId.PASSPORT: "05", HandOver.PhotoId.LICENSE: "06"}
PARENTS = (CaregiverAssignment.Relationship.PARENT, CaregiverAssignment.Relationship.GUARDIAN)
Facts = dict[str, Any]


def facts_of(unit: DispensedUnit, hand_over: HandOver) -> Facts:
    """Return what is reported of a unit in the hands of the patient, from what our tables say now.

    Dates are of New York. [docs/domain.md#the-monitoring-report]
    """
    order = hand_over.order
    assert order.certification
    assert unit.handed_over_at
    filled = localdate(unit.handed_over_at)
    return {
        "serial": str(unit),
        "written_date": order.certification.certified_date.isoformat(),
        "filled_date": filled.isoformat(),
        "product_code": unit.product_code,
        "quantity": str(unit.quantity),
        "days": unit.days,
        "unit_code": unit.unit_code,
        "recipient": {**asdict(_recipient(order.patient)), "birth_date": order.patient.birth_date.isoformat()},
        "certifier": asdict(_certifier(order.certification.physician)),
        "picked_up": asdict(_receiver(hand_over)) if hand_over.id_cut_at is None else None,
    }


def dispensing_of(kind: str, facts: Mapping[str, Any], origin_code: str) -> asap.Dispensing:
    """Return what the file holds of a record of this kind."""
    recipient = facts["recipient"]
    filled = date.fromisoformat(facts["filled_date"])
    return asap.Dispensing(
        status=STATUS[ReportRecord.Kind(kind)],
        serial=facts["serial"],
        written_date=date.fromisoformat(facts["written_date"]),
        filled_date=filled,
        product_code=facts["product_code"],
        quantity=Decimal(facts["quantity"]),
        days=facts["days"],
        unit_code=facts["unit_code"],
        origin_code=origin_code,
        recipient=asap.Recipient(**{**recipient, "birth_date": date.fromisoformat(recipient["birth_date"])}),
        certifier=asap.Certifier(**facts["certifier"]),
        picked_up=asap.PickedUp(**facts["picked_up"]) if facts["picked_up"] else None,
        sold_date=filled,
    )


def without_id_number(facts: Facts) -> Facts:
    """Return the facts without who took the unit: a number that is cut would be that of another card."""
    return {**facts, "picked_up": None}


def text_without_id_numbers(text: str, keep: int = 4) -> str:
    """Return the text of a file in which each number of a photo ID is cut to its last characters."""
    lines = text.splitlines(keepends=True)
    return "".join(_cut(line, keep) if line.startswith("AIR*") else line for line in lines)


def _cut(line: str, keep: int) -> str:
    elements = line.split("*")
    if len(elements) > 5:
        elements[5] = elements[5][-keep:]
    return "*".join(elements)


def _recipient(patient: Patient) -> asap.Recipient:
    return asap.Recipient(
        last_name=" ".join(part for part in (patient.last_name, patient.suffix) if part),
        first_name=patient.first_name,
        middle_name=patient.middle_name,
        street=patient.street,
        unit=patient.unit,
        city=patient.city,
        state=patient.state,
        zip_code=patient.zip_code,
        phone=str(patient.phone),
        birth_date=patient.birth_date,
        sex=patient.sex,
    )


def _certifier(physician: Physician) -> asap.Certifier:
    return asap.Certifier(
        dea_number=physician.dea_number,
        last_name=physician.last_name,
        first_name=physician.first_name,
        phone=str(physician.phone),
    )


def _receiver(hand_over: HandOver) -> asap.PickedUp:
    assignment = hand_over.assignment
    person = assignment.caregiver if assignment else hand_over.order.patient
    relationship = "01" if assignment is None else "02" if assignment.relationship in PARENTS else "04"
    return asap.PickedUp(
        state=hand_over.id_state,
        id_kind=ID_KINDS[HandOver.PhotoId(hand_over.photo_id_kind)],
        id_number=hand_over.id_number,
        relationship=relationship,
        last_name=person.last_name,
        first_name=person.first_name,
    )
