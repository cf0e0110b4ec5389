"""The admin of conditions and of the limits of the monthly allotment, which Managers set ahead."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, ReasonForm
from certification.actions import drop_allotment_limit, set_allotment_limit
from certification.models import AllotmentLimit, Condition
from certification.rules import AllotmentError, check_limit_is_not_in_use
from certification.search import conditions_called
from certification.templatetags.certifications import ounces_and_grams
from ui.forms import DateBoxesField, OuncesField

ADD = "certification.add_allotmentlimit"


class LimitForm(ReasonForm):
    effective_date = DateBoxesField(label=_("First day"), help_text=_("After today: what was in force stays as it is."))
    limit_oz = OuncesField(label=_("Most ounces a month"))
    field_order = ("effective_date", "limit_oz", "reason")


def _waits(limit: AllotmentLimit) -> bool:
    try:
        check_limit_is_not_in_use(limit.effective_date, today=timezone.localdate())
    except AllotmentError:
        return False
    return True


def _explain_drop(limit: AllotmentLimit) -> str:
    words = _("The limit of %(amount)s from %(day)s on is forgotten. It was never in force.")
    day = date_format(limit.effective_date, "DAY_FORMAT")
    return words % {"amount": ounces_and_grams(limit.limit_oz), "day": day}


@admin.register(AllotmentLimit)
class AllotmentLimitAdmin(ActionAdmin):
    list_display = ["effective_date", "amount"]
    fields = ["effective_date", "amount", "created_at"]
    action_pages = (
        ActionPage(
            name="drop",
            label=_("Take it back"),
            permission=ADD,
            offered=_waits,
            explain=_explain_drop,
            perform=lambda limit, request, reason: drop_allotment_limit(limit=limit, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
    )
    list_action_pages = (
        ListActionPage(
            name="set",
            label=_("Set a limit"),
            permission=ADD,
            explain=_("What is signed from that day on may not exceed it; what was signed keeps its allotment."),
            form_class=LimitForm,
            perform=lambda request, **answers: set_allotment_limit(**answers, by=request.user),
        ),
    )

    @admin.display(description=_("Most a month"), ordering="limit_oz")
    def amount(self, limit: AllotmentLimit) -> str:
        return ounces_and_grams(limit.limit_oz)


@admin.register(Condition)
class ConditionAdmin(ActionAdmin):
    list_display = ["name", "for_adults", "for_minors", "effective_date", "until_date"]
    list_filter = ["for_adults", "for_minors"]
    search_fields = ["name"]  # so that the box is there; what it finds, conditions_called says
    search_help_text = _("Beginnings of words, or an abbreviation like PTSD")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Condition], search_term: str
    ) -> tuple[QuerySet[Condition], bool]:
        return (queryset.filter(conditions_called(search_term)) if search_term else queryset), False
