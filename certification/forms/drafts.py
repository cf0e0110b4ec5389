"""The form with which an office begins the draft of a new patient."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification.forms.people import PatientForm
from certification.statements import QUESTIONS


class AddForm(PatientForm):
    """The patient, and the physician for whom a draft is begun. `key` makes one draft of a form that is sent twice.

    What is confirmed before registering is needed even to finish later: before that no patient's data is saved.
    Applicants can choose themselves: they sign their drafts once they are verified as physicians.
    """

    key = forms.Field(widget=forms.HiddenInput, required=False)
    physician = forms.ModelChoiceField(Physician.objects.none(), label=_("Physician who will sign"), empty_label=None)

    def __init__(self, *args: Any, physicians: QuerySet[Physician], is_applicant: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ModelChoiceField, self.fields["physician"])
        choice.queryset = physicians
        cast(Any, choice).label_from_instance = lambda physician: physician.name
        if is_applicant:
            choice.required, choice.empty_label = False, _("Myself, once I am verified")
        if len(physicians) + is_applicant == 1:
            del self.fields["physician"]
        for name in QUESTIONS:
            self.fields[name].required = True
        self.only_physician = physicians[0] if len(physicians) == 1 and not is_applicant else None

    def clean_key(self) -> UUID | None:
        try:
            return UUID(self.cleaned_data["key"])
        except (TypeError, ValueError):
            return None

    @property
    def chosen_physician(self) -> Physician | None:
        return self.only_physician or self.cleaned_data.get("physician")
