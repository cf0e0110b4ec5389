"""The labels of units, filled from order, certification and lot."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from certification.models import CaregiverAssignment
from dispensing import rules
from dispensing.models import DispensedUnit, LineDirections, full_names
from dispensing.rules import Label
from ui.templatetags.portal import phone


def labels_of(units: QuerySet[DispensedUnit]) -> list[Label]:
    """Return the labels of the units, by order and product. The statements do not grow with them.

    Raises LabelError for a pharmacist without a full name.
    """
    acting = CaregiverAssignment.objects.filter(ended_date=None, affirmed_at__isnull=False)
    found = list(
        units.select_related(
            "product", "pharmacist", "order__window", "order__patient", "order__certification__physician"
        )
        .prefetch_related(
            Prefetch("order__patient__assignments", acting.select_related("caregiver").defer("need", "ended_reason"))
        )
        .order_by("order__run__number", "order__position", "order", "serial")
    )
    names = full_names({unit.pharmacist_id for unit in found})
    rules.check_pharmacists_are_named(found, names)
    written = _directions_of({unit.order_id for unit in found})
    return [
        _label(unit, names[unit.pharmacist_id], written.get((unit.order_id, unit.product_id), "")) for unit in found
    ]


def _directions_of(orders: Collection[int]) -> dict[tuple[int, int], str]:
    """Return by (order id, product id) what a pharmacist wrote."""
    rows: Iterable[LineDirections] = LineDirections.objects.filter(line__order__in=orders).select_related("line")
    return {(row.line.order_id, row.line.product_id): row.text for row in rows}


def _label(unit: DispensedUnit, pharmacist: str, directions: str) -> Label:
    order = unit.order
    patient, certification, assignment = order.patient, order.certification, order.patient.current_assignment
    assert certification  # the admin shows no carts
    return Label(
        serial=str(unit),
        order=str(order.number),
        dispensed_date=rules.dispensed_date_of(unit),
        product=unit.product.full_name,
        quantity=rules.quantity_in_words(unit.quantity, unit.unit_code),
        days=unit.days,
        thc_mg=unit.thc_mg,
        cbd_mg=unit.cbd_mg,
        patient=patient.name,
        patient_number=patient.number,
        caregiver=assignment.caregiver.name if assignment else "",
        caregiver_number=assignment.caregiver.number if assignment else "",
        certifier=certification.physician.name,
        directions=rules.directions_for(of_line=directions, of_certifier=certification.directions),
        pharmacist=pharmacist,
        dispensary=settings.DISPENSARY_NAME,
        dispensary_address=settings.DISPENSARY_ADDRESS,
        dispensary_phone=phone(settings.DISPENSARY_PHONE),
        cautions=rules.cautions_for(unit.product.form),
        producer=unit.producer,
        lot=unit.lot_number,
        expires_date=unit.expires_date,
    )
