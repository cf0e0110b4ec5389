"""How orders, windows and stock are named in the audit trail."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from audit import names
from audit.names import Found, Name
from certification.audit_names import PATIENT, person_columns, person_name
from delivery.models import (
    AffectedOrder,
    AllotmentEntry,
    Closure,
    DoorAttempt,
    HandOver,
    HandOverCorrection,
    ItemReport,
    Order,
    ReturnedItem,
    Run,
    StockMovement,
    WaitingEntry,
)
from delivery.models.product_texts import full_name
from ui.search_terms import SearchTerm

ORDER = "delivery.order"


def search(term: str) -> Iterator[Found]:
    """Find an order by its number, with or without hyphens."""
    if number := SearchTerm(term).number("D"):
        for pk in Order.objects.filter(number=number).values_list("pk", flat=True):
            yield Found(ORDER, pk, f"order {number}")


def of_patient(pks: Collection[int]) -> dict[str, Iterable[int]]:
    """Return the ids of the patients' orders and carts, of what followed them, and of their entries, by model."""
    corrections = HandOverCorrection.objects.filter(hand_over__order__patient__in=pks)
    return {
        ORDER: Order.objects.filter(patient__in=pks).values_list("pk", flat=True),
        "delivery.waitingentry": WaitingEntry.objects.filter(patient__in=pks).values_list("pk", flat=True),
        "delivery.allotmententry": AllotmentEntry.objects.filter(patient__in=pks).values_list("pk", flat=True),
        "delivery.handover": HandOver.objects.filter(order__patient__in=pks).values_list("pk", flat=True),
        "delivery.handovercorrection": corrections.values_list("pk", flat=True),
        "delivery.stockmovement": StockMovement.objects.filter(order__patient__in=pks).values_list("pk", flat=True),
        "delivery.itemreport": ItemReport.objects.filter(order__patient__in=pks).values_list("pk", flat=True),
        "delivery.returneditem": ReturnedItem.objects.filter(order__patient__in=pks).values_list("pk", flat=True),
    }


def showing_patient(pks: Collection[int]) -> dict[str, QuerySet[Any]]:
    """Return the runs in which an order of the patients was, and the closed days that it was moved or cancelled for."""
    orders = {"order__patient__in": pks}
    in_run = Q(pk__in=Order.objects.filter(patient__in=pks, run__isnull=False).values("run"))
    for rows in (HandOver.objects.filter(**orders), DoorAttempt.objects.filter(**orders)):
        in_run |= Q(pk__in=rows.values("run"))
    closures = AffectedOrder.objects.filter(**orders).values("closure")
    return {"delivery.run": Run.objects.filter(in_run), "delivery.closure": Closure.objects.filter(pk__in=closures)}


def _of_order(number: str | None, *name: str) -> Name:
    return Name(number or "cart", person_name(*name))


def register() -> None:
    """Tell the audit trail how to name the rows of this app."""
    say, of_patient_columns = names.register, person_columns("patient__")
    say(ORDER, "number", *of_patient_columns, say=_of_order)
    for label in ("delivery.waitingentry", "delivery.allotmententry"):
        say(label, *of_patient_columns, say=lambda *name: Name("", person_name(*name)))
    say("delivery.product", "name", "detail", say=lambda *words: Name(full_name(*words)))
    of_product = ("product__name", "product__detail")
    say("delivery.lot", "number", *of_product, say=lambda number, *words: Name(number, full_name(*words)))
    say("delivery.stockmovement", *of_product, say=lambda *words: Name(full_name(*words)))
    say("delivery.deliverywindow", "date", "starts", say=lambda day, at: Name(f"{day:%Y-%m-%d} {at:%H:%M}"))
    run_columns = ("window__date", "window__starts", "number")
    say("delivery.run", *run_columns, say=lambda day, at, number: Name(f"{day:%Y-%m-%d} {at:%H:%M} no. {number}"))
    say("delivery.handover", "order__number", *person_columns("order__patient__"), say=_of_order)
    say(
        "delivery.handovercorrection",
        "hand_over__order__number",
        *person_columns("hand_over__order__patient__"),
        say=_of_order,
    )
    for label in ("delivery.itemreport", "delivery.returneditem"):
        say(label, "order__number", *person_columns("order__patient__"), say=_of_order)
    say("delivery.closure", "date", say=lambda day: Name(f"{day:%Y-%m-%d}"))
    say("delivery.deliverypolicy", "effective_date", say=lambda day: Name(f"{day:%Y-%m-%d}"))
    names.register_search(search)
    names.register_belongings(PATIENT, of_patient)
    names.register_shown(PATIENT, showing_patient)
