"""The forms of certification. A form checks the shape of what was typed, the rules check its meaning."""

from certification.forms.amending import AmendAllotmentForm, AmendConditionForm, AmendContactForm, AmendIdentityForm
from certification.forms.drafts import AddForm
from certification.forms.ending import ClosingForm, WithdrawalForm
from certification.forms.joining import (
    AffirmationForm,
    BirthDateForm,
    CodeForm,
    MoveForm,
    PhoneForm,
    RefusalForm,
    RequestForm,
)
from certification.forms.office import (
    AgreeForm,
    AssignForm,
    EndCaregiverForm,
    LettersForm,
    LostCardForm,
    RevocationForm,
    TakeOverForm,
)
from certification.forms.people import CaregiverForm, ContactForm, NameFields, PatientForm, PersonForm, ProfileForm
from certification.forms.signing import PreparationForm, RenewalForm, SignatureForm, SigningForm
from certification.forms.steps import ConditionForm, QuestionsForm, StatementForm, StepForm

__all__ = [
    "AddForm",
    "AffirmationForm",
    "AgreeForm",
    "AmendAllotmentForm",
    "AmendConditionForm",
    "AmendContactForm",
    "AmendIdentityForm",
    "AssignForm",
    "BirthDateForm",
    "CaregiverForm",
    "ClosingForm",
    "CodeForm",
    "ConditionForm",
    "ContactForm",
    "EndCaregiverForm",
    "LettersForm",
    "LostCardForm",
    "MoveForm",
    "NameFields",
    "PatientForm",
    "PersonForm",
    "PhoneForm",
    "PreparationForm",
    "ProfileForm",
    "QuestionsForm",
    "RefusalForm",
    "RenewalForm",
    "RequestForm",
    "RevocationForm",
    "SignatureForm",
    "SigningForm",
    "StatementForm",
    "StepForm",
    "TakeOverForm",
    "WithdrawalForm",
]
