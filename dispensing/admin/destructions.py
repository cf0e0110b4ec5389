"""Destructions: what waits, the page on which one person proposes it and the one on which another witnesses it."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.requests import SignedInRequest
from audit.action_admin import ActionAdmin, ActionPage, ListActionPage, RowsInline
from audit.actions import record
from audit.columns import LOOK, chip, figure
from audit.exports import Column, Export, moment
from delivery.presenters.runs import staff_name
from dispensing import actions
from dispensing.admin.destruction_forms import ProposalForm, WithdrawalForm, WitnessForm
from dispensing.models import DestroyedItem, Destruction
from dispensing.models.destructions import DestructionQuerySet
from dispensing.presenters.destructions import item_in_words
from ui.templatetags.portal import grams

PROPOSE, DECIDE = "dispensing.add_destruction", "dispensing.change_destruction"
EXPORT = Export(
    "destructions",
    columns=(
        Column("destruction", "pk"), moment("proposed", "proposed_at"), Column("proposed by", "proposed_by__email"),
        moment("witnessed", "witnessed_at"), Column("witnessed by", "witnessed_by__email"),
        moment("withdrawn", "withdrawn_at"), Column("method", "method"), Column("details", "details"),
        Column("place", "place"), Column("weight (mg)", "weight_mg"),
    ),
)  # fmt: skip


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Waits for a witness")), ("witnessed", _("Destroyed")), ("withdrawn", _("Withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        assert isinstance(queryset, DestructionQuerySet)
        match self.value():
            case "waiting":
                return queryset.waiting()
            case "witnessed":
                return queryset.witnessed()
            case "withdrawn":
                return queryset.filter(withdrawn_at__isnull=False)
        return queryset


class ItemInline(RowsInline):
    model = DestroyedItem
    verbose_name_plural = _("what is destroyed")
    fields = readonly_fields = ("in_words", "source")
    joined = ("unit", "lot", "lot__product")
    ordering = ("pk",)

    @admin.display(description=_("item"))
    def in_words(self, item: DestroyedItem) -> str:
        return item_in_words(item)


def _explain_witnessing(made: Destruction) -> str:
    items = made.items.select_related("unit", "lot__product")
    words = {"weight": grams(made.weight_mg), "place": made.place, "who": staff_name(made.proposed_by)}
    sentence = gettext("%(who)s proposed to destroy this at %(place)s. Together it weighs %(weight)s.") % words
    then = gettext(
        "You are the second person: compare the serials, look at the scale, and stay until it is done. Then it leaves "
        "the stock for good."
    )
    return "\n".join([sentence, *map(item_in_words, items), then])


def _propose(request: SignedInRequest, *, entry_key: UUID | None, **answers: Any) -> Destruction:
    return actions.propose_destruction(by=request.user, entry_key=entry_key or uuid4(), **answers)


EXPLAIN_PROPOSAL = _(
    "Here is what was decided to be destroyed, what stays in quarantine, and what has expired. Tick the units, or say "
    "how many of a lot. Nothing leaves the stock before a second person has witnessed it."
)
EXPLAIN_WITHDRAWAL = _("Its items wait again, and can be destroyed otherwise. Nothing has left the stock.")


@admin.register(Destruction)
class DestructionAdmin(ActionAdmin):
    """Every destruction, the newest first."""

    list_display = ["number", "state", "method", "weight", "proposed", "witnessed", "witnessed_at"]
    list_display_links = ["number"]
    list_filter = [StateFilter]
    list_select_related = ["proposed_by", "witnessed_by", "withdrawn_by"]
    ordering = ["-pk"]
    fields = readonly_fields = (
        "number", "state", "method", "details", "place", "weight", "weight_reason", "proposed", "proposed_at",
        "witnessed", "witnessed_at", "withdrawn", "withdrawn_at", "withdrawn_reason", "paper",
    )  # fmt: skip
    inlines = [ItemInline]
    export = EXPORT
    list_action_pages = (
        ListActionPage(
            name="propose",
            label=_("Propose a destruction"),
            permission=PROPOSE,
            explain=EXPLAIN_PROPOSAL,
            form_class=ProposalForm,
            perform=_propose,
        ),
    )
    action_pages = (
        ActionPage(
            name="witness",
            label=_("Witness"),
            permission=DECIDE,
            offered=lambda made: made.is_waiting,
            explain=_explain_witnessing,
            perform=lambda made, request, seen: actions.witness_destruction(destruction=made, by=request.user),
            form_class=WitnessForm,
            is_main=True,
        ),
        ActionPage(
            name="withdraw",
            label=_("Withdraw"),
            permission=DECIDE,
            offered=lambda made: made.is_waiting,
            explain=lambda made: EXPLAIN_WITHDRAWAL,
            perform=lambda made, request, reason: actions.withdraw_destruction(
                destruction=made, reason=reason, by=request.user
            ),
            form_class=WithdrawalForm,
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.paper_view)
        return [path("<int:pk>/paper/", view, name=self._url_name("paper")), *super().get_urls()]

    def paper_view(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Return the paper of a destruction as a PDF."""
        from dispensing.papers.destructions import destruction_pdf  # heavy: docs/adr/0018

        if not self.has_view_permission(request):
            raise PermissionDenied
        made = Destruction.objects.filter(pk=pk).first()
        if made is None:
            raise Http404
        record(action="destruction.view", by=request.user, subject=made)
        return HttpResponse(
            destruction_pdf(made, now=timezone.now()),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="destruction-{made.pk}.pdf"',
                "X-Content-Type-Options": "nosniff",
            },
        )

    @admin.display(description=_("number"), ordering="pk")
    def number(self, made: Destruction) -> str:
        return str(made.pk)

    @admin.display(description=_("state"))
    def state(self, made: Destruction) -> str:
        if made.is_waiting:
            return chip(gettext("Waits for a witness"), LOOK)
        return chip(gettext("Destroyed")) if made.witnessed_at else chip(gettext("Withdrawn"))

    @figure
    @admin.display(description=_("weight"), ordering="weight_mg")
    def weight(self, made: Destruction) -> str:
        return grams(made.weight_mg)

    @admin.display(description=_("proposed by"))
    def proposed(self, made: Destruction) -> str:
        return staff_name(made.proposed_by)

    @admin.display(description=_("witnessed by"))
    def witnessed(self, made: Destruction) -> str:
        return staff_name(made.witnessed_by)

    @admin.display(description=_("withdrawn by"))
    def withdrawn(self, made: Destruction) -> str:
        return staff_name(made.withdrawn_by)

    @admin.display(description=_("paper"))
    def paper(self, made: Destruction) -> str:
        page = reverse(f"admin:{self._url_name('paper')}", args=[made.pk])
        return format_html('<a href="{}">{}</a>', page, gettext("Print the paper"))
