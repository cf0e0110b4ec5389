"""What moved in and out of the stock."""

from django.contrib import admin

from audit.action_admin import ActionAdmin
from delivery.models import StockMovement


@admin.register(StockMovement)
class StockMovementAdmin(ActionAdmin):
    list_display = ["created_at", "product", "kind", "quantity", "lot", "order", "by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["product", "order", "by"]
    search_fields = ["product__sku", "lot", "order__number"]
    ordering = ["-pk"]
