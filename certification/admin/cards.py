"""The admin of invitations and cards."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from certification.actions import revoke_card
from certification.forms.office import RevocationForm
from certification.models import Card, Caregiver, Invitation, Patient
from certification.search import people_called


@admin.register(Invitation)
class InvitationAdmin(ActionAdmin):
    list_display = ["sent_at", "patient", "caregiver", "valid_until", "used_at", "failed_tries"]
    list_select_related = ["patient", "caregiver"]
    ordering = ["-sent_at"]
    fields = ["patient", "caregiver", "sent_at", "valid_until", "used_at", "failed_tries"]


@admin.register(Card)
class CardAdmin(ActionAdmin):
    """Cards. No page shows the token."""

    list_display = ["issued_at", "patient", "caregiver", "revoked_at", "revoked_reason"]
    list_select_related = ["patient", "caregiver"]
    list_filter = ["revoked_reason"]
    ordering = ["-issued_at"]
    search_fields = ["patient__number"]  # so that the box is there; what it finds, get_search_results says
    search_help_text = _("Name, birth date, phone or number of the patient or caregiver")
    fields = ["patient", "caregiver", "issued_at", "revoked_at", "revoked_reason"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Card], search_term: str
    ) -> tuple[QuerySet[Card], bool]:
        if not search_term:
            return queryset, False
        patients = Patient.objects.filter(people_called(search_term)).values("pk")
        caregivers = Caregiver.objects.filter(people_called(search_term)).values("pk")
        return queryset.filter(Q(patient__in=patients) | Q(caregiver__in=caregivers)), False

    action_pages = (
        ActionPage(
            name="revoke",
            label=_("End this card"),
            permission="certification.change_card",
            perform=lambda card, request, revoked_reason: revoke_card(
                card=card, reason=revoked_reason, by=request.user
            ),
            offered=lambda card: card.revoked_at is None,
            explain=lambda card: _("Whoever scans its code is told that it is not valid. The next one printed is new."),
            form_class=RevocationForm,
        ),
    )
