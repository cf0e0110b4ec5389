"""Each unit by its serial: where it is, where it was, and from which lot it came."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.action_admin import RowsInline
from audit.exports import Column, Export, moment
from delivery.presenters.runs import staff_name
from dispensing.admin.manifests import ManifestPages
from dispensing.models import DispensedUnit, UnitMove
from dispensing.rules import quantity_in_words
from ui.search_terms import SearchTerm

MOST_DIGITS = 18  # of a serial that the database can hold
EXPORT = Export(
    "units",
    columns=(
        Column("serial", "serial"), Column("order", "order__number"), Column("sku", "product__sku"),
        Column("lot", "lot_number"), Column("producer", "producer"), Column("expires", "expires_date"),
        Column("place", "place"), moment("since", "place_since"), moment("packed", "created_at"),
        moment("handed over", "handed_over_at"),
    ),
)  # fmt: skip


class MoveInline(RowsInline):
    model = UnitMove
    verbose_name_plural = _("where it was")
    fields = readonly_fields = ("place", "at", "moved_by")
    joined = ("by",)
    ordering = ("pk",)

    @admin.display(description=_("by"))
    def moved_by(self, move: UnitMove) -> str:
        return staff_name(move.by)


@admin.register(DispensedUnit)
class DispensedUnitAdmin(ManifestPages):
    """Every unit that was ever packed. What happens to its order moves it; nobody changes it here."""

    list_display = ["number", "named_product", "lot_number", "order", "place"]
    list_display_links = ["number"]
    list_filter = ["place"]
    list_lookups = ("order",)
    list_select_related = ["product", "order"]
    search_fields = ["lot_number"]  # so that the box is there; what it finds, get_search_results says
    search_help_text = _("Serial, lot or order number")
    ordering = ["-serial"]
    fields = readonly_fields = (
        "number", "product", "amount", "days", "order", "place", "place_since", "handed_over_at", "lot_number",
        "producer", "product_code", "thc_and_cbd", "expires_date", "dispensed_by",
    )  # fmt: skip
    inlines = [MoveInline]
    export = EXPORT

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(_called(search_term)) if search_term else queryset), False

    @admin.display(description=_("serial"), ordering="serial")
    def number(self, unit: DispensedUnit) -> str:
        return str(unit)

    @admin.display(description=_("product"), ordering="product__name")
    def named_product(self, unit: DispensedUnit) -> str:
        return unit.product.full_name

    @admin.display(description=_("quantity"))
    def amount(self, unit: DispensedUnit) -> str:
        return quantity_in_words(unit.quantity, unit.unit_code)

    @admin.display(description=_("THC, CBD"))
    def thc_and_cbd(self, unit: DispensedUnit) -> str:
        return f"{unit.thc_mg:,} mg, {unit.cbd_mg:,} mg"

    @admin.display(description=_("pharmacist"))
    def dispensed_by(self, unit: DispensedUnit) -> str:
        return staff_name(unit.pharmacist)


def _called(term: str) -> Q:
    """Return what finds a unit by its serial, its lot, or the number of its order."""
    typed = SearchTerm(term)
    found = Q(lot_number__iexact=typed.text)
    if number := typed.number("D"):
        found |= Q(order__number=number)
    if typed.text.isascii() and typed.text.isdecimal() and len(typed.text) <= MOST_DIGITS:
        found |= Q(serial=int(typed.text))
    return found
