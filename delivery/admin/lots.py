"""The lots: what their labels say, until when they are good, how many are left, and the pages that change them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage
from audit.columns import figure
from audit.exports import Column, Export, moment
from delivery import actions, rules
from delivery.admin.stock_action_pages import DECIDES, RECEIVES, LabelForm, ReasonOfLotForm
from delivery.models import Lot
from delivery.models.lots import SOON, LotQuerySet

EXPORT = Export(
    "lots",
    columns=(
        Column("sku", "product__sku"), Column("lot", "number"), Column("producer", "producer"),
        Column("good until", "expires_date"), Column("thc mg", "thc_mg"), Column("cbd mg", "cbd_mg"),
        Column("left", "left"), Column("held by orders", "held"), Column("quarantine", "quarantined"),
        moment("received first", "created_at"),
    ),
)  # fmt: skip


class ShelfFilter(admin.SimpleListFilter):
    """Begins with the lots of which something is here."""

    title = _("lots")
    parameter_name = "lots"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("missing", _("Details are missing")), ("ending", _("Ended, or end soon")),
            ("quarantine", _("In quarantine")), ("all", _("All")),
        ]  # fmt: skip

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("On the shelf")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, LotQuerySet)
        match self.value():
            case "missing":
                return queryset.without_details()
            case "ending":
                return queryset.ending(timezone.localdate())
            case "quarantine":
                return queryset.filter(quarantined__gt=0)
            case "all":
                return queryset
        return queryset.on_shelf()


def ends_in_words(lot: Lot, today: date) -> tuple[str, str]:
    """Return until when a lot is good, in words, and the class of the mark beside it: "" for one that is good."""
    if lot.expires_date is None:
        return gettext("Details are missing"), "badge badge--missing"
    end = date_format(lot.expires_date, "M j, Y")
    days = (lot.expires_date - today).days
    if days < 0:
        return gettext("Ended on %(end)s") % {"end": end}, "badge badge--missing"
    if days > SOON.days:
        return end, ""
    words = ngettext("%(end)s, in %(days)d day", "%(end)s, in %(days)d days", days)
    if not days:
        words = gettext("%(end)s, today")
    return words % {"end": end, "days": days}, "badge badge--late"


def _counts(lot: Lot) -> str:
    found: Any = Lot.objects.with_counts().get(pk=lot.pk)
    words = {"lot": lot.number, "name": lot.product.full_name, "left": found.left, "held": found.held}
    sentence = gettext(
        "Lot %(lot)s of %(name)s: %(left)d in no order, %(held)d reserved by orders, %(quarantined)d in quarantine."
    )
    return sentence % {**words, "quarantined": found.quarantined}


def _explain_details(lot: Lot) -> str:
    words = _("Copy them from the producer's label. Until then nobody can pack the lot.")
    return f"{_counts(lot)}\n{words}"


def _explain_correction(lot: Lot) -> str:
    words = _(
        "Compare with the producer's label. What is packed already keeps what was entered before: unpack these orders "
        "and pack them again, so that their labels are right."
    )
    return f"{_counts(lot)}\n{words}"


def _explain_quarantine(lot: Lot) -> str:
    free, promised = rules.free_of_lot(lot.product, lot.number)
    lines = [_counts(lot), gettext("%(count)d go into quarantine, and cannot be ordered any more.") % {"count": free}]
    if promised:
        words = gettext("%(count)d stay, because orders that nobody has confirmed yet need them.")
        lines.append(words % {"count": promised})
    lines.append(gettext("Orders keep what they reserved: choose another lot for them, or enter it as short."))
    return "\n".join(lines)


def _said(lot: Lot) -> dict[str, Any]:
    """Return the details of a lot as the form begins with them."""
    known = rules.details_of(lot)
    return {name: getattr(known, name) for name in LabelForm.label_fields} if known else {}


def _describe(lot: Lot, request: SignedInRequest, details: rules.LotDetails) -> Lot:
    return actions.describe_lot(lot=lot, details=details, by=request.user)


@admin.register(Lot)
class LotAdmin(ActionAdmin):
    """Each lot with what is here of it; the first to end comes first, after those whose details are missing."""

    list_display = ["number", "named_product", "producer", "ends", "cannabinoids", "left", "held", "quarantined"]
    list_filter = [ShelfFilter]
    list_select_related = ["product"]
    search_fields = ["number", "product__sku", "product__name", "producer"]
    search_help_text = _("Lot, SKU, product or producer")
    fields = readonly_fields = (
        "number", "named_product", "producer", "ends", "cannabinoids", "left", "held", "quarantined", "recalled_at",
        "who_got_it", "created_at",
    )  # fmt: skip
    export = EXPORT
    action_pages = (
        ActionPage(
            name="describe",
            label=_("Enter the details"),
            permission=RECEIVES,
            offered=lambda lot: not lot.has_details,
            explain=_explain_details,
            perform=_describe,
            form_class=LabelForm,
            is_main=True,
        ),
        ActionPage(
            name="correct",
            label=_("Correct the details"),
            permission=DECIDES,
            offered=lambda lot: lot.has_details,
            explain=_explain_correction,
            perform=_describe,
            form_class=LabelForm,
            initial=_said,
        ),
        ActionPage(
            name="quarantine",
            label=_("Put the lot into quarantine"),
            permission=DECIDES,
            offered=lambda lot: rules.free_of_lot(lot.product, lot.number)[0] > 0,
            explain=_explain_quarantine,
            perform=lambda lot, request, reason: actions.quarantine_lot(lot=lot, reason=reason, by=request.user),
            form_class=ReasonOfLotForm,
        ),
    )

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [
            {"label": _("Products"), "url": reverse("admin:delivery_product_changelist")},
            {"label": _("Movements"), "url": reverse("admin:delivery_stockmovement_changelist")},
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        lots = super().get_queryset(request)
        assert isinstance(lots, LotQuerySet)
        return lots.with_counts().select_related("product")

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        return [OrderBy(F("expires_date"), nulls_first=True), "pk"]

    @admin.display(description=_("product"), ordering="product__name")
    def named_product(self, lot: Lot) -> str:
        page = reverse("admin:delivery_product_change", args=[lot.product_id])
        return format_html('<a href="{}">{}</a> ({})', page, lot.product.full_name, lot.product.sku)

    @admin.display(description=_("good until"), ordering="expires_date")
    def ends(self, lot: Lot) -> str:
        words, mark = ends_in_words(lot, timezone.localdate())
        return format_html('<span class="{}">{}</span>', mark, words) if mark else words

    @admin.display(description=_("THC, CBD"), ordering="thc_mg")
    def cannabinoids(self, lot: Lot) -> str:
        return f"{lot.thc_mg:,} mg, {lot.cbd_mg:,} mg" if lot.has_details else ""

    @figure
    @admin.display(description=_("free"), ordering="left")
    def left(self, lot: Any) -> int:
        return lot.left

    @figure
    @admin.display(description=_("in orders"), ordering="held")
    def held(self, lot: Any) -> int:
        return lot.held

    @figure
    @admin.display(description=_("quarantine"), ordering="quarantined")
    def quarantined(self, lot: Any) -> int:
        return lot.quarantined

    @admin.display(description=_("orders"))
    def who_got_it(self, lot: Lot) -> str:
        query = urlencode({"sku": lot.product.sku, "lot": lot.number})
        page = reverse("admin:delivery_stockmovement_lot")
        return format_html('<a href="{}?{}">{}</a>', page, query, gettext("Who got it"))
