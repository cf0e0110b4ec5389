from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.action_admin import ActionAdmin, ActionPage
from audit.columns import LOOK, chip
from certification.actions import answer_request, confirm_address, refuse_request
from certification.admin.medical import sees_medical_words
from certification.forms.joining import RefusalForm
from certification.models import PatientRequest
from certification.rules import is_overdue

FOR_READERS = ("words", "refused_reason", "refused_reason_es")  # of medical words


@admin.register(PatientRequest)
class PatientRequestAdmin(ActionAdmin):
    """Requests of patients. The program answers those to physicians who have left practice."""

    list_display = ["created_at", "patient", "kind", "physician", "physician_status", "is_overdue", "answered_at"]
    list_select_related = ["patient", "physician"]
    list_filter = ["physician__status", ("answered_at", admin.EmptyFieldListFilter)]
    ordering = [F("answered_at").desc(nulls_first=True), "created_at"]
    fields = [
        "patient", "phone", "kind", "words", "new_address", "physician", "created_at", "answered_at", "answered_by",
        "refused_reason", "refused_reason_es",
    ]  # fmt: skip
    action_pages = (
        ActionPage(
            name="answered",
            label=_("Answered"),
            permission="certification.change_patientrequest",
            perform=lambda request, http_request: answer_request(request=request, by=http_request.user),
            offered=lambda request: request.answered_at is None and not request.is_report,
            explain=lambda request: _("You have spoken with the patient, or written. It leaves the queue."),
        ),
        ActionPage(
            name="confirm",
            label=_("Confirm the address"),
            permission="certification.change_patientrequest",
            perform=lambda request, http_request: confirm_address(request=request, by=http_request.user),
            offered=lambda request: request.answered_at is None and request.kind == PatientRequest.Kind.ADDRESS,
            explain=lambda request: _("It is the patient’s address from now on, and the patient is told."),
        ),
        ActionPage(
            name="refuse",
            label=_("Do not confirm"),
            permission="certification.change_patientrequest",
            perform=lambda request, http_request, **reasons: refuse_request(
                request=request, **reasons, by=http_request.user
            ),
            offered=lambda request: request.answered_at is None and request.is_report,
            explain=lambda request: _(
                "Nothing changes, and the patient reads why. To confirm a lost card, end it under Cards; to "
                "confirm that a record is to be closed, close it under Patients."
            ),
            form_class=RefusalForm,
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the patient's words and the answer to them, unless the account may read medical words."""
        fields = super().get_fields(request, obj)
        is_reader = sees_medical_words(request.user)
        return fields if is_reader else [name for name in fields if name not in FOR_READERS]

    @admin.display(description=_("practice"))
    def physician_status(self, request: PatientRequest) -> str:
        return request.physician.get_status_display()

    @admin.display(description=_("Overdue"))
    def is_overdue(self, request: PatientRequest) -> str:
        return chip(gettext("Overdue"), LOOK) if is_overdue(request, today=localdate()) else ""

    @admin.display(description=_("new address"))
    def new_address(self, request: PatientRequest) -> str:
        return " ".join(filter(None, (request.address or {}).values()))

    @admin.display(description=_("phone"))
    def phone(self, request: PatientRequest) -> Any:
        return request.patient.phone
