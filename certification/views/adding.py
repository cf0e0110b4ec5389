"""The page on which an office begins the draft of a new patient."""

from typing import Any, cast
from uuid import uuid4

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.decorators import office_required
from accounts.models import Physician, User
from accounts.person import PersonRequest
from accounts.rules import NotEligible, check_physician_is_eligible
from certification.actions import start_draft
from certification.forms import AddForm
from certification.models import Draft
from certification.views.scope import OfficeRequest, say_whose
from certification.views.steps import ProfileView


class AddView(ProfileView):
    """The page of the patient before there is a draft: what is confirmed, and who the patient is."""

    form_class = AddForm
    template = "certification/certification_add.html"
    request: PersonRequest

    def dispatch(self, request: HttpRequest, *_args: Any) -> HttpResponseBase:
        draft = Draft()
        say_whose(cast(OfficeRequest, request), draft)
        return super().dispatch(request, draft)

    def get(self, request: PersonRequest, draft: Draft) -> HttpResponse:  # type: ignore[override] # nothing to record
        return self.page(self.form())

    def form(self, *args: Any, **kwargs: Any) -> AddForm:
        return AddForm(
            *args,
            physicians=_physicians_of(self.request.user),
            is_applicant=self.request.person.is_applicant,
            initial={"key": uuid4()},
            **{name: value for name, value in kwargs.items() if name != "initial"},
        )

    def save(self, answers: Any, form: Any = None) -> bool:
        self.key, self.draft.physician = form.cleaned_data["key"], form.chosen_physician
        self.draft.applicant = None if self.draft.physician else self.request.user
        return super().save(answers, form)

    def store(self) -> Draft:
        return start_draft(
            physician=self.draft.physician,
            questions=self.answers["questions"],
            profile=self.answers["profile"],
            key=self.key,
            by=self.request.user,
        )

    def more(self, form: Any = None) -> dict[str, Any]:
        return {"obstacle": _obstacle(form)}


certification_add = office_required(require_http_methods(["GET", "HEAD", "POST"])(AddView.as_view()))


def _physicians_of(user: User) -> QuerySet[Physician]:
    """Return the physicians for whom the account prepares, with its own physician."""
    current = user.delegations.current(timezone.localdate())
    return Physician.objects.filter(Q(user=user) | Q(delegates__in=current)).order_by("search_name").distinct()


def _obstacle(form: AddForm) -> str:
    """Return why the physician could not sign today, so that the office knows it before the work."""
    if form.only_physician is None:
        return ""
    try:
        check_physician_is_eligible(form.only_physician, today=timezone.localdate())
    except NotEligible as error:
        return str(error)
    return ""
