"""The labels that were printed, the page on which they are printed, and the page of the directions."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.exports import Column, Export, moment
from audit.many_rows import MOST_AT_ONCE
from certification.admin.medical import sees_medical_words
from delivery.models import Order
from delivery.presenters.runs import staff_name
from dispensing import actions, rules
from dispensing.admin.label_links import keys_of
from dispensing.models import DispensedUnit, LabelPrint, LineDirections
from dispensing.presenters.labels import labels_of
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm
from ui.tidy import tidy

EXPORT = Export(
    "labels",
    columns=(
        Column("serial", "unit__serial"), Column("order", "unit__order__number"), Column("copy", "copy"),
        Column("how", "kind"), Column("reason", "reason"), moment("printed", "at"), Column("account", "by__email"),
    ),
)  # fmt: skip
K = LabelPrint.Kind
EXPLAIN_DIRECTIONS = _("How %(name)s uses each product: every label of it says so, in at most 400 letters.")
EMPTY_PRINTS_UNSEEN = _("An empty box prints what the certifier wrote.")
EMPTY_PRINTS_CERTIFIER = _("An empty box prints what the certifier wrote: “%(words)s”")
EMPTY_PRINTS_DEFAULT = _("An empty box prints: “%(words)s”")


class PrintForm(PortalForm):
    kind = forms.ChoiceField(
        label=_("How to print"), choices=K, widget=forms.RadioSelect,
        error_messages={"required": _("Choose how to print the labels.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why again"), required=False, max_length=rules.MOST_PRINT_REASON,
        help_text=_("Only for labels that were printed before, for example: the printer jammed."),
    )  # fmt: skip


class DirectionsForm(PortalForm):
    """Asks for the directions of each line of the order; an empty box leaves the default."""

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        written = {row.line_id: row.text for row in LineDirections.objects.filter(line__order=order)}
        for line in order.lines.select_related("product"):
            self.fields[f"line_{line.pk}"] = forms.CharField(
                label=line.product.full_name, required=False, initial=written.get(line.pk, ""),
                widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "autocomplete": "off"}),
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, text in list(cleaned.items()):
            try:
                rules.check_directions(tidy(text))
            except PortalError as error:
                self.add_error(name, str(error))
        return cleaned

    @property
    def texts(self) -> dict[int, str]:
        return {int(name.removeprefix("line_")): text for name, text in self.cleaned_data.items()}


class AgainFilter(admin.SimpleListFilter):
    title = _("print")
    parameter_name = "print"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("first", _("For the first time")), ("again", _("Again, with a reason"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "first":
                return queryset.filter(copy=1)
            case "again":
                return queryset.filter(copy__gt=1)
        return queryset


@admin.register(LabelPrint)
class LabelPrintAdmin(ActionAdmin):
    """Every label that was printed, and why again. Labels are printed from the orders and the units."""

    list_display = ["serial", "order_number", "copy", "kind", "reason", "at", "printed_by"]
    list_display_links = ["serial"]
    list_filter = [AgainFilter, "kind"]
    list_lookups = ("unit", "unit__order")
    list_select_related = ["unit__order", "by"]
    search_fields = ["unit__order__number"]
    search_help_text = _("Order number")
    ordering = ["-pk"]
    fields = readonly_fields = ("serial", "order_number", "copy", "kind", "reason", "at", "printed_by")
    export = EXPORT

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("print/", view(self.print_view), name=self._url_name("print")),
            path("directions/<int:order_id>/", view(self.directions_view), name=self._url_name("directions")),
            *super().get_urls(),
        ]

    @admin.display(description=_("serial"), ordering="unit")
    def serial(self, row: LabelPrint) -> str:
        return str(row.unit)

    @admin.display(description=_("order"))
    def order_number(self, row: LabelPrint) -> str:
        return str(row.unit.order)

    @admin.display(description=_("by"))
    def printed_by(self, row: LabelPrint) -> str:
        return staff_name(row.by)

    # --- Printing ---------------------------------------------------------------------------------------------------

    def print_view(self, request: SignedInRequest) -> HttpResponse:
        """Show which labels the orders or units of the address have; a POST prints them, and sends the file."""
        if not request.user.has_perm(rules.PRINT):
            raise PermissionDenied
        units = _asked_for(request)
        form = PrintForm(request.POST if request.method == "POST" else None, initial={"kind": _last_kind(request)})
        if form.is_valid():
            try:
                return _sent(
                    actions.print_labels(units=[unit.pk for unit in units], by=request.user, **form.cleaned_data)
                )
            except PortalError as error:
                add_to_form(form, error)
        orders = Order.objects.filter(pk__in={unit.order_id for unit in units})
        counted = orders.select_related("patient", "window").annotate(
            labels=Count("units", filter=Q(units__in=units)),
            printed=Count("units", filter=Q(units__in=units.filter(Exists(_PRINTS)))),
        )
        record(action="labelprint.list", by=request.user)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": gettext("Print labels"), "form": form,
            "orders": counted.order_by("window__date", "run__number", "position", "pk"), "count": len(units),
            "is_printed": any(order.printed for order in counted),
            "left_out": len(set(keys_of(request.GET.get("orders", ""))) - {order.pk for order in counted}),
        }  # fmt: skip
        return TemplateResponse(request, "admin/dispensing/labelprint/print.html", context)

    # --- Directions -------------------------------------------------------------------------------------------------

    def directions_view(self, request: SignedInRequest, order_id: int) -> HttpResponse:
        """Show the directions of an order's lines; a POST writes them."""
        if not request.user.has_perm(rules.WRITE_DIRECTIONS):
            raise PermissionDenied
        order = Order.objects.placed().select_related("patient", "certification").filter(pk=order_id).first()
        if order is None:
            raise Http404
        back = reverse("admin:delivery_order_change", args=[order.pk])
        form = DirectionsForm(request.POST if request.method == "POST" else None, order=order)
        if form.is_valid():
            try:
                actions.write_directions(order=order, texts=form.texts, by=request.user)
            except PortalError as error:
                add_to_form(form, error)
            else:
                messages.success(request, gettext("The directions are written: labels say so from now on."))
                return HttpResponseRedirect(back)
        record(action="order.view", by=request.user, subject=order)
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "form": form, "order": order,
            "change_url": back, "original": order,
            "title": gettext("Directions for %(number)s") % {"number": order.number},
            "explanation": _explain_directions(order, request.user),
        }  # fmt: skip
        return TemplateResponse(request, "admin/dispensing/labelprint/directions.html", context)


def _explain_directions(order: Order, reader: User) -> str:
    said = order.certification.directions if order.certification else ""
    words = EMPTY_PRINTS_CERTIFIER if sees_medical_words(reader) else EMPTY_PRINTS_UNSEEN
    empty = str(words) % {"words": said} if said else EMPTY_PRINTS_DEFAULT % {"words": rules.DIRECTIONS}
    return f"{EXPLAIN_DIRECTIONS % {'name': order.patient.name}}\n{empty}"


_PRINTS = LabelPrint.objects.filter(unit=OuterRef("pk"))


def _asked_for(request: HttpRequest) -> QuerySet[DispensedUnit]:
    """Return the units that the address names, by `orders` or by `units`; of orders those that can have a label."""
    orders, serials = keys_of(request.GET.get("orders", "")), keys_of(request.GET.get("units", ""))
    if not (orders or serials):
        raise Http404
    of_orders = Q(order__in=orders[:MOST_AT_ONCE], place__in=rules.LABELED)
    return DispensedUnit.objects.filter(of_orders | Q(pk__in=serials[:MOST_AT_ONCE]))


def _last_kind(request: SignedInRequest) -> str:
    """Return how the account printed last."""
    last = LabelPrint.objects.filter(by=request.user).order_by("-pk").values_list("kind", flat=True).first()
    return last or K.SHEET


def _sent(printed: actions.PrintedLabels) -> HttpResponse:
    """Return the labels as a file that the browser saves."""
    from dispensing.papers.labels import faces_of, roll_pdf, sheet_pdf  # heavy: docs/adr/0018
    from dispensing.papers.zpl import zpl_of  # heavy: docs/adr/0018

    labels, now = labels_of(DispensedUnit.objects.filter(pk__in=printed.serials)), timezone.now()
    first = labels[0].serial
    if printed.kind == K.ZPL:
        return _file(zpl_of(faces_of(labels, now=now)).encode(), "text/plain; charset=utf-8", f"labels-{first}.zpl")
    made = sheet_pdf(labels, now=now) if printed.kind == K.SHEET else roll_pdf(labels, now=now)
    return _file(made, "application/pdf", f"labels-{first}.pdf")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=kind, headers=headers)
