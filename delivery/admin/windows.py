"""The delivery windows, also those that staff add by hand, and the waiting lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ListActionPage
from delivery import actions
from delivery.models import DeliveryWindow, WaitingEntry
from ui.forms import ClockField, DateBoxesField, PortalForm, WholeNumberField


class CapacityForm(PortalForm):
    capacity = WholeNumberField(label=_("Places"), min_value=1, max_value=1000)


class WindowForm(CapacityForm):
    date = DateBoxesField(label=_("Day"))
    starts = ClockField(label=_("From"), help_text=_("For example: 9:30 am"))
    ends = ClockField(label=_("Until"), help_text=_("For example: 1:30 pm"))
    field_order = ("date", "starts", "ends", "capacity")


class UpcomingFilter(admin.SimpleListFilter):
    """Begins with the days to come."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("past", _("Past")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("To come")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        if self.value() == "all":
            return queryset
        return queryset.filter(date__lt=today) if self.value() == "past" else queryset.filter(date__gte=today)


def _explain_capacity(window: DeliveryWindow) -> str:
    words = gettext("%(booked)d of %(capacity)d places are booked. There can be no fewer places than are booked.")
    return words % {"booked": window.booked, "capacity": window.capacity}


@admin.register(DeliveryWindow)
class DeliveryWindowAdmin(ActionAdmin):
    list_display = ["code", "date", "starts", "ends", "places", "is_open", "closed_reason", "is_extra"]
    list_filter = [UpcomingFilter]
    ordering = ["date", "starts"]
    action_pages = (
        ActionPage(
            name="capacity",
            label=_("Change the number of places"),
            permission="delivery.change_deliverywindow",
            offered=lambda window: window.starts_at > timezone.now(),
            explain=_explain_capacity,
            perform=lambda window, request, capacity: actions.set_capacity(
                window=window, capacity=capacity, by=request.user
            ),
            form_class=CapacityForm,
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="extra",
            label=_("Add a window"),
            permission="delivery.add_deliverywindow",
            explain=_(
                "One more window on any day that is not closed, for example to make up for a day without deliveries. "
                "It can be ordered for at once."
            ),
            form_class=WindowForm,
            perform=lambda request, date, **answers: actions.add_window(day=date, **answers, by=request.user),
        ),
    )

    @admin.display(description=_("booked"), ordering="booked")
    def places(self, window: DeliveryWindow) -> str:
        return gettext("%(booked)d of %(capacity)d") % {"booked": window.booked, "capacity": window.capacity}


@admin.register(WaitingEntry)
class WaitingEntryAdmin(ActionAdmin):
    list_display = ["window", "patient", "created_at", "told_at", "times_told", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_lookups = ("window",)  # of the staff's start page
    list_select_related = ["window", "patient"]
    ordering = ["-pk"]
