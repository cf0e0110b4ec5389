"""The people of recalls: who was told and how, what they answered, and what staff heard by phone."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from audit.exports import Column, Export, moment
from delivery.presenters.runs import staff_name
from dispensing import actions
from dispensing.models import RecalledPerson
from dispensing.models.recalls import RecalledPersonQuerySet
from ui.forms import PortalForm
from ui.templatetags.portal import phone

REACHES = "dispensing.change_recalledperson"
EXPORT = Export(
    "recalled-people",
    columns=(
        Column("lot", "recall__lot_number"), Column("patient number", "patient__number"),
        Column("caregiver number", "caregiver__number"), Column("told by", "way"),
        moment("told", "told_at"), moment("reminded", "reminded_at"), Column("answer", "answer"),
        moment("answered", "answered_at"), moment("reached", "reached_at"),
    ),
)  # fmt: skip


class ReachedForm(PortalForm):
    """The answer, or a note, that somebody gave by phone."""

    answer = forms.ChoiceField(
        label=_("Answer"), choices=[("", _("No answer yet, see the note")), *RecalledPerson.Answer.choices],
        required=False,
    )  # fmt: skip
    note = forms.CharField(
        label=_("What was said"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept encrypted. Needed without an answer, and where it is something else."),
    )  # fmt: skip


class WaitingFilter(admin.SimpleListFilter):
    """Begins with those of open recalls who have neither answered nor been reached."""

    title = _("state")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Answered or reached")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in ((None, _("Open")), *self.lookup_choices):
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, RecalledPersonQuerySet)
        match self.value():
            case "all":
                return queryset
            case "no":
                return queryset.filter(Q(answered_at__isnull=False) | Q(reached_at__isnull=False))
        return queryset.waiting().of_open_recalls()


def _explain(person: RecalledPerson) -> str:
    words = gettext("Say: lot %(lot)s was recalled. %(reason)s %(instructions)s Ask what became of it.")
    recall = person.recall
    said = words % {"lot": recall.lot_number, "reason": recall.reason, "instructions": recall.instructions}
    lines = [f"{person.told.name}, {phone(person.told.phone)}", said]
    if spanish := f"{recall.reason_es} {recall.instructions_es}".strip():
        lines.append(gettext("In Spanish: %(words)s") % {"words": spanish})
    return "\n".join(lines)


@admin.register(RecalledPerson)
class RecalledPersonAdmin(ActionAdmin):
    """Everybody who got some of a recalled lot."""

    list_display = ["patient_name", "lot", "told_person", "way", "told_at", "answer", "reached_at"]
    list_filter = [WaitingFilter, "answer", "way"]
    list_lookups = ("recall",)
    list_select_related = ["recall", "patient", "caregiver"]
    search_fields = ["patient__number", "recall__lot_number"]
    search_help_text = _("Number of the patient, or lot")
    ordering = ["pk"]
    fields = readonly_fields = (
        "patient_name", "lot", "told_person", "way", "told_at", "reminded_at", "answer", "answered_at", "answered",
        "reached_at", "reached", "note",
    )  # fmt: skip
    export = EXPORT
    action_pages = (
        ActionPage(
            name="reached",
            label=_("Reached by phone"),
            permission=REACHES,
            offered=lambda person: person.recall.is_open,
            explain=_explain,
            perform=lambda person, request, **said: actions.enter_reached(person=person, by=request.user, **said),
            form_class=ReachedForm,
            is_main=True,
        ),
    )

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, person: RecalledPerson) -> str:
        return f"{person.patient.name} ({person.patient.number})"

    @admin.display(description=_("lot"), ordering="recall__lot_number")
    def lot(self, person: RecalledPerson) -> str:
        return person.recall.lot_number

    @admin.display(description=_("who was told"))
    def told_person(self, person: RecalledPerson) -> str:
        return format_html('{}, <span class="one-line">{}</span>', person.told.name, phone(person.told.phone))

    @admin.display(description=_("answer entered by"))
    def answered(self, person: RecalledPerson) -> str:
        by = person.answered_by
        return staff_name(by) if by and by.is_staff else gettext("On the page of the recall") if by else ""

    @admin.display(description=_("reached by"))
    def reached(self, person: RecalledPerson) -> str:
        return staff_name(person.reached_by)
