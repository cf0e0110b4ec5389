"""The admin of patients and caregivers, with the caregivers' assignments."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils import translation
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.action_admin import ActionAdmin, ActionPage, ReasonForm, RowsInline
from audit.changelists import ShortPaginator, search_term
from certification.actions import agree_take_over, close_patient, reopen_patient
from certification.forms.ending import ClosingForm
from certification.forms.office import AgreeForm
from certification.models import Caregiver, CaregiverAssignment, Patient, TakeOver
from certification.search import patients_called, people_called
from notifications import texts
from notifications.actions.texting import agree_to_texts, end_texts
from notifications.models import TextConsent
from notifications.ways import stopped_since

PERSON_FIELDS = [
    "number", "name", "birth_date", "sex", "street", "unit", "city", "state", "zip_code", "phone", "email",
    "has_no_email", "mail_comes_back", "language", "user", "created_at",
]  # fmt: skip


class AssignmentInline(RowsInline):
    """The assignments of caregivers. The reasons are for the office alone, so no page shows them."""

    model = CaregiverAssignment
    fields = ["patient", "caregiver", "relationship", "affirmed_at", "started_date", "ended_date"]
    verbose_name_plural = _("Caregivers")
    joined = ("patient", "caregiver")


class PersonAdmin(ActionAdmin):
    list_display = ["number", "name", "birth_date", "city", "phone"]
    list_select_related = ["user"]
    paginator = ShortPaginator
    search_fields = ["number"]  # so that the box is there; what it finds, people_called says
    search_help_text = _("Name, birth date, phone or number")
    fields: ClassVar[Any] = PERSON_FIELDS
    inlines = [AssignmentInline]

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Return the order: the latest first, or by name what a search found."""
        return ["search_name"] if search_term(request, self.model) else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        called = patients_called if self.model is Patient else people_called
        return (queryset.filter(called(search_term)) if search_term else queryset), False

    @admin.display(description=_("Name"), ordering="search_name")
    def name(self, person: Patient | Caregiver) -> str:
        return person.name

    @admin.display(description=_("E-mail comes back since"))
    def mail_comes_back(self, person: Patient | Caregiver) -> datetime | None:
        return stopped_since([person.email]).get(person.email)


def _words_to_read_aloud(person: Patient | Caregiver) -> str:
    phone = person.phone.as_e164
    with translation.override(person.language):
        words = texts.consent_words(phone)
    asked = gettext("Read this aloud, and go on only when the person says yes. The words are kept as they stand here.")
    return f"{asked}\n\n{words}"


def _agree(person: Patient | Caregiver, request: HttpRequest) -> None:
    phone = person.phone.as_e164
    with translation.override(person.language):
        words = texts.consent_words(phone)
    given = TextConsent.Given.PHONE
    by = cast(User, request.user)
    agree_to_texts(phone=phone, words=words, language=person.language, given=given, by=by)


def _text_pages(permission: str) -> tuple[ActionPage, ActionPage]:
    """Return the buttons by which staff record an agreement to texts, and end it."""
    agree = ActionPage(
        name="texts",
        label=_("Record agreement to texts"),
        permission=permission,
        offered=lambda person: texts.is_on() and not texts.is_agreed(person.phone.as_e164),
        explain=_words_to_read_aloud,
        perform=_agree,
    )
    end = ActionPage(
        name="end-texts",
        label=_("End the texts"),
        permission=permission,
        offered=lambda person: texts.is_agreed(person.phone.as_e164),
        explain=lambda _person: _("The person gets no more texts: mail or a call takes their place at once."),
        perform=lambda person, request: end_texts(
            phone=person.phone.as_e164, ended=TextConsent.Ended.STAFF, by=request.user
        ),
    )
    return agree, end


@admin.register(Patient)
class PatientAdmin(PersonAdmin):
    search_help_text = _("Name, birth date, phone or number, or the number of the caregiver")
    action_pages = (
        ActionPage(
            name="take-over",
            label=_("Let another physician take over"),
            permission="certification.add_takeover",
            offered=lambda patient: patient.certifications.running_on(localdate()).exists(),
            explain=lambda patient: _(
                "The physician you name can then sign for this patient. Nothing changes before; the present "
                "certification is superseded when that physician signs, and both physicians are told."
            ),
            perform=lambda patient, request, **answers: agree_take_over(
                patient=patient, agreed_with=TakeOver.AgreedWith.REGISTRAR, by=request.user, **answers
            ),
            form_class=AgreeForm,
        ),
        ActionPage(
            name="close",
            label=_("Close the record"),
            permission="certification.change_patient",
            offered=lambda patient: patient.closed_at is None,
            explain=lambda patient: _(
                "For a patient who has died, has moved out of Connecticut or wants to leave. Certification, caregiver, "
                "card and invitations end at once, open orders are cancelled, and no message goes out any more but one "
                "letter about what is left."
            ),
            perform=lambda patient, request, **answers: close_patient(patient=patient, by=request.user, **answers),
            form_class=ClosingForm,
        ),
        ActionPage(
            name="reopen",
            label=_("Open the record again"),
            permission="certification.change_patient",
            offered=lambda patient: patient.closed_at is not None,
            explain=lambda patient: _(
                "For a record closed by mistake. A certification that it ended in the last 30 days runs again, with "
                "the last day that it had. The office names the caregiver and prints the card anew; orders stay undone."
            ),
            perform=lambda patient, request, reason: reopen_patient(patient=patient, reason=reason, by=request.user),
            form_class=ReasonForm,
        ),
        *_text_pages("notifications.add_textconsent"),
    )
    fields = [*PERSON_FIELDS, "has_legal_capacity", "affirmed_at", "closed_at", "closed_for", "closed_by"]


@admin.register(Caregiver)
class CaregiverAdmin(PersonAdmin):
    action_pages = _text_pages("certification.change_patient")
