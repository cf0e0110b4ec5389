"""The terms of delivery, and the windows made from them."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin
from delivery.admin import columns
from delivery.models import DeliveryPolicy, DeliveryWindow


class UpcomingFilter(admin.SimpleListFilter):
    """Opens on the windows to come."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return [("past", _("Past")), ("all", _("All"))]

    def choices(self, changelist):
        for value, label in ((None, _("To come")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        today = timezone.localdate()
        if self.value() == "all":
            return queryset
        return queryset.filter(date__lt=today) if self.value() == "past" else queryset.filter(date__gte=today)


@admin.register(DeliveryWindow)
class DeliveryWindowAdmin(ActionAdmin):
    list_display = ["code", "date", "starts", "ends", "places", "is_open"]
    list_filter = [UpcomingFilter]
    ordering = ["date", "starts"]

    @admin.display(description=_("booked"), ordering="booked")
    def places(self, window):
        return _("%(booked)d of %(capacity)d") % {"booked": window.booked, "capacity": window.capacity}


@admin.register(DeliveryPolicy)
class DeliveryPolicyAdmin(ActionAdmin):
    list_display = ["effective_date", "weekday", "minimum", "lead_hours", "capacity", "radius_miles", "allotment_days"]
    minimum = columns.amount("minimum_cents", _("minimum"))
