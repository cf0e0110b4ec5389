"""Stock movements: their list and export, the upload of a delivery note, and the orders that took a lot."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.exports import Column, Export, moment
from delivery import actions, rules
from delivery.admin.stock_action_pages import RECEIVES
from delivery.models import Product, StockMovement
from delivery.stock.files import Receipt
from ui.errors import PortalError, add_to_form
from ui.forms import PortalForm

EXPORT = Export(
    "stock-movements",
    columns=(
        Column("id", "pk"), moment("when", "created_at"), Column("sku", "product__sku"), Column("kind", "kind"),
        Column("quantity", "quantity"), Column("lot", "lot"), Column("order", "order__number"),
        Column("account", "by_id"), Column("reason", "reason"),
    ),
)  # fmt: skip


class ReceiptFileForm(PortalForm):
    file = forms.FileField(label=_("File"), allow_empty_file=True, help_text=_("CSV in UTF-8, at most 1 MB."))
    is_dry_run = forms.BooleanField(
        label=_("Dry run"), required=False, initial=True, help_text=_("Says what would be added, and adds nothing.")
    )


@admin.register(StockMovement)
class StockMovementAdmin(ActionAdmin):
    list_display = ["created_at", "product", "kind", "quantity", "lot_link", "order", "by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["product", "order", "by"]
    search_fields = ["product__sku", "lot", "order__number"]
    search_help_text = _("SKU, lot or order number")
    ordering = ["-pk"]
    export = EXPORT

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload_view), name=self._url_name("upload")),
            path("lot/", view(self.lot_view), name=self._url_name("lot")),
            *super().get_urls(),
        ]

    def list_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        if not request.user.has_perm(RECEIVES):
            return []
        return [{"label": _("Receive a delivery note"), "url": reverse(f"admin:{self._url_name('upload')}")}]

    @admin.display(description=_("lot"), ordering="lot")
    def lot_link(self, movement: StockMovement) -> str:
        if not movement.lot:
            return ""
        query = urlencode({"sku": movement.product.sku, "lot": movement.lot})
        return format_html('<a href="{}?{}">{}</a>', reverse(f"admin:{self._url_name('lot')}"), query, movement.lot)

    def upload_view(self, request: SignedInRequest) -> HttpResponse:
        """Receive a delivery note as a file, or say what is wrong with it."""
        if not request.user.has_perm(RECEIVES):
            raise PermissionDenied
        form = ReceiptFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        receipt = self._receive(request, form) if form.is_valid() else None
        if receipt and receipt.is_done:
            words = {"total": receipt.total, "rows": len(receipt.rows)}
            messages.success(request, _("Received: %(total)d items in %(rows)d rows.") % words)
            return HttpResponseRedirect(reverse(f"admin:{self._url_name('changelist')}"))
        return self._page(request, "upload.html", _("Receive a delivery note"), form=form, receipt=receipt)

    def _receive(self, request: SignedInRequest, form: ReceiptFileForm) -> Receipt | None:
        content = form.cleaned_data["file"].read(rules.MOST_FILE_BYTES + 1)
        try:
            return actions.receive_file(content=content, is_dry_run=form.cleaned_data["is_dry_run"], by=request.user)
        except PortalError as error:
            add_to_form(form, error)
            return None

    def lot_view(self, request: SignedInRequest) -> HttpResponse:
        """Show the numbers of the orders that took a lot, without names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        lot, sku = request.GET.get("lot", ""), request.GET.get("sku", "")
        product = Product.objects.filter(sku=sku).first()
        if product is None or not product.movements.filter(lot=lot).exclude(lot="").exists():
            raise Http404
        record(action="lot.view", by=request.user, subject=product, reason=lot)
        context = {
            "product": product,
            "lot": lot,
            "left": product.movements.filter(lot=lot).total(),
            "quarantined": rules.quarantined(product, lot),
            "taken": rules.orders_of_lot(product, lot),
        }
        return self._page(request, "lot.html", _("Who got lot %(lot)s") % {"lot": lot}, **context)

    def _page(self, request: SignedInRequest, template: str, title: Any, **context: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/delivery/stockmovement/{template}", context)
