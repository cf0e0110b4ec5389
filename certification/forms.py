"""What people type about a certification. Shape is judged here, meaning by the rules that the actions ask."""

import unicodedata
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.models import Physician
from certification import rules
from certification.models import CaregiverAssignment, Patient, Sex
from certification.statements import ATTESTATIONS, QUESTIONS, attested
from ui.forms import (
    Choice,
    ColumnCheckboxSelect,
    DateBoxesField,
    OuncesField,
    PhoneField,
    PortalForm,
    ZipField,
    validate_printable,
)

NOT_TYPED = {"csrfmiddlewaretoken", "later", "sex"}  # sent even when nothing was filled in
WORDS_OF_A_POINT = 8  # name it; the whole sentence stands beside
NAME_SIGNS = " -‐'’.,"


def validate_name(text):
    """Letters of any left-to-right script, accents, hyphens, apostrophes: a name as it stands on an ID."""
    validate_printable(text)
    if "\x00" in text:
        return  # Django's own validator speaks of it
    if not any(char.isalpha() for char in text) or not all(
        unicodedata.category(char)[0] in "LM" or char in NAME_SIGNS for char in text
    ):
        raise ValidationError(
            _("Type the name as it stands on the photo ID: letters, hyphens, apostrophes and spaces."), code="name"
        )


def _text(label, name, *, validator=validate_printable, **more):
    """A text as long as the patient's column of that name."""
    length = Patient._meta.get_field(name).max_length
    return forms.CharField(label=label, max_length=length, validators=[validator], **more)


CONDITION_FIELDS = ["condition_codes", "exam_date", "monitoring_reviewed_date"]
STATEMENT_FIELDS = [*ATTESTATIONS, "monthly_allotment_oz", "allotment_reason", "directions"]


class StepForm(PortalForm):
    """A step of a draft. Saved for later, it may leave boxes empty; what stands in the others is judged as ever."""

    def __init__(self, *args, is_partial=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_partial = is_partial
        if is_partial:
            self.needed = {*self.needed, *(name for name, field in self.fields.items() if field.required)}
            for field in self.fields.values():
                field.required = False

    @property
    def answers(self):
        """The cleaned data as `save_step` takes them."""
        return self.cleaned_data

    @classmethod
    def initial_from(cls, answers):
        """The reverse of `answers`."""
        return answers


class NameFields(forms.Form):
    first_name = _text(_("Legal first name"), "first_name", validator=validate_name)
    middle_name = _text(_("Middle name"), "middle_name", validator=validate_name, required=False)
    last_name = _text(_("Legal last name"), "last_name", validator=validate_name)
    suffix = _text(_("Suffix"), "suffix", validator=validate_name, required=False, help_text=_("For example: Jr."))
    birth_date = DateBoxesField(label=_("Date of birth"), past_only=True)


class ContactForm(StepForm):
    needed = frozenset({"email"})
    narrow = frozenset({"suffix", "unit", "zip_code"})

    street = _text(_("Street address"), "street", help_text=_("Number and street of the home, no PO box."))
    unit = _text(_("Apartment or unit"), "unit", required=False)
    city = _text(_("City or town"), "city")
    zip_code = ZipField(label=_("ZIP code"), help_text=_("In Connecticut. For example: 06510"))
    phone = PhoneField(label=_("Primary phone"), help_text=_("10 digits. We call this number about deliveries."))
    email = forms.EmailField(label=_("Email address"), max_length=254)
    has_no_email = forms.BooleanField(label=_("There is no email address"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def clean(self):
        if not self.is_partial and "email" in self.cleaned_data:
            self.ask(rules.check_email_or_none, self.cleaned_data)
        if street := self.cleaned_data.get("street"):
            self.ask(rules.check_street_address, street, self.cleaned_data.get("unit", ""))
        if zip_code := self.cleaned_data.get("zip_code"):
            self.ask(rules.check_lives_in_connecticut, zip_code)
        return self.cleaned_data


class PersonForm(NameFields, ContactForm):
    sex = forms.ChoiceField(label=_("Sex"), choices=Sex, initial=Sex.UNKNOWN)

    field_order = [*NameFields.base_fields, "sex"]


class ProfileForm(PersonForm):
    lacks_legal_capacity = forms.BooleanField(
        label=_("The patient lacks legal capacity"),
        help_text=_("A parent, guardian or other legal custodian then decides, orders and receives for the patient."),
        required=False,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["has_no_email"].label = _("The patient has no email address")

    @property
    def answers(self):
        answers = dict(self.cleaned_data)
        return {**answers, "has_legal_capacity": not answers.pop("lacks_legal_capacity")}

    @classmethod
    def initial_from(cls, answers):
        return {**answers, "lacks_legal_capacity": not answers.get("has_legal_capacity", True)}


class CaregiverForm(PersonForm):
    relationship = forms.ChoiceField(
        label=_("The caregiver is the patient’s"),
        error_messages={"required": _("Choose what the caregiver is to the patient.")},
        choices=[("", _("Choose")), *CaregiverAssignment.Relationship.choices],
    )
    need = forms.CharField(
        label=_("Why the patient needs a caregiver"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        validators=[validate_printable],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["has_no_email"].label = _("The caregiver has no email address")
        self.order_fields(["relationship", "need"])

    @property
    def is_blank(self):
        return not any(self.data.get(key, "").strip() for key in self.data if key not in NOT_TYPED)


class ConditionForm(StepForm):
    condition_codes = forms.MultipleChoiceField(
        label=_("Debilitating condition"),
        help_text=_("Tick each condition for which you certify."),
        widget=ColumnCheckboxSelect,
        error_messages={"required": _("Choose at least one debilitating condition.")},
    )
    exam_date = DateBoxesField(
        label=_("Date of the exam"), help_text=_("When you last examined the patient."), not_future=True
    )
    monitoring_reviewed_date = DateBoxesField(
        label=_("Date of the Prescription Monitoring Program review"),
        help_text=_("When you last looked up the patient’s history there."),
        not_future=True,
    )

    def __init__(self, *args, conditions, hints=None, **kwargs):
        """`hints` are lines under some of the conditions, by code."""
        super().__init__(*args, **kwargs)
        self.fields["condition_codes"].choices = [
            (condition.code, Choice(condition.name, hint=(hints or {}).get(condition.code, "")))
            for condition in conditions
        ]


class StatementForm(StepForm):
    """`guardian` is the name of who was told risks and benefits in the patient's place; the fifth point names her."""

    needed = frozenset({"allotment_reason"})

    monthly_allotment_oz = OuncesField(label=_("Monthly allotment in ounces"))
    allotment_reason = forms.CharField(
        label=_("Why less than the limit"),
        help_text=_("Only when you enter less. Kept with the certification."),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
        validators=[validate_printable],
    )
    directions = forms.CharField(
        label=_("Directions for use"),
        help_text=_("For the dispensary’s pharmacist."),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
        validators=[validate_printable],
    )

    def __init__(self, *args, limit_hint, guardian="", **kwargs):
        super().__init__(*args, **kwargs)
        self.guardian = guardian
        for name, sentence in attested(guardian=guardian).items():
            missing = _("Not attested: “%(point)s”") % {"point": Truncator(sentence).words(WORDS_OF_A_POINT)}
            self.fields[name] = forms.BooleanField(
                label=sentence, required=not self.is_partial, error_messages={"required": missing}
            )
        self.fields["monthly_allotment_oz"].help_text = limit_hint
        self.order_fields(ATTESTATIONS)

    def clean_monthly_allotment_oz(self):
        amount = self.cleaned_data["monthly_allotment_oz"]
        if amount is not None:
            self.ask(rules.check_monthly_allotment, amount, day=timezone.localdate())
        return amount

    def clean(self):
        super().clean()
        amount, reason = self.cleaned_data.get("monthly_allotment_oz"), self.cleaned_data.get("allotment_reason")
        if amount is not None and reason is not None and not self.is_partial:
            self.ask(rules.check_allotment_reason, amount, reason, day=timezone.localdate())
        return self.cleaned_data

    @property
    def statement(self):
        """The answers of the statement alone, with the name of the guardian for whom it was made."""
        statement = {name: self.cleaned_data[name] for name in STATEMENT_FIELDS}
        return {**statement, "explained_to": self.guardian}

    @property
    def answers(self):
        return self.statement

    @classmethod
    def initial_from(cls, answers, guardian=""):
        """A fifth point that was ticked for somebody else is asked again."""
        told = answers.get("explained_to", "") == guardian
        return {**answers, "explained_risks": bool(answers.get("explained_risks")) and told}

    @property
    def attestations(self):
        return [self[name] for name in ATTESTATIONS]


class SignatureForm(PortalForm):
    signature_name = forms.CharField(
        label=_("Type your full name to sign"),
        error_messages={"required": _("Type your full name to sign.")},
        max_length=210,
    )

    def __init__(self, *args, physician, is_signed=True, **kwargs):
        """Not `is_signed`: the review alone is kept, and signed with others later."""
        super().__init__(*args, **kwargs)
        self.physician, self.is_signed = physician, is_signed
        self.fields["signature_name"].required = is_signed
        if not is_signed:
            self.needed = {*self.needed, "signature_name"}
        hint = _("As it stands on your license: %(name)s") % {"name": physician.name}
        self.fields["signature_name"].help_text = hint

    def clean_signature_name(self):
        typed_name = self.cleaned_data["signature_name"]
        if not self.is_signed:
            return typed_name
        self.ask(rules.check_signature, self.physician, typed_name)
        return typed_name

    @property
    def signature(self):
        return {"signature_name": self.cleaned_data["signature_name"]} if self.is_signed else {}


class SigningForm(SignatureForm, StatementForm):
    """Statement and signature on one page, for what the office has prepared."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields([*STATEMENT_FIELDS, "signature_name"])

    @property
    def answers(self):
        """By step, as `sign_draft` and `review_draft` take them."""
        return {"statement": self.statement}


class QuestionsForm(StepForm):
    """What must be true before a patient is registered, each ticked alone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, sentence in QUESTIONS.items():
            missing = _("Confirm: “%(point)s”") % {"point": Truncator(sentence).words(WORDS_OF_A_POINT)}
            self.fields[name] = forms.BooleanField(
                label=sentence, required=not self.is_partial, error_messages={"required": missing}
            )
        self.order_fields(QUESTIONS)

    @property
    def confirmed(self):
        """The answers to the questions alone."""
        return {name: self.cleaned_data[name] for name in QUESTIONS}

    @property
    def answers(self):
        return self.confirmed

    @property
    def questions(self):
        return [self[name] for name in QUESTIONS]


class PreparationForm(ConditionForm, QuestionsForm):
    """What the office prepares of a renewal: the questions are asked anew, as the first time."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields([*QUESTIONS, *CONDITION_FIELDS])

    @property
    def condition(self):
        return {name: self.cleaned_data[name] for name in CONDITION_FIELDS}

    @property
    def answers(self):
        """As `prepare_renewal` takes them."""
        return {"questions": self.confirmed, "condition": self.condition}


class RenewalForm(SignatureForm, StatementForm, PreparationForm):
    """Questions, condition, statement and signature on one page."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.order_fields([*QUESTIONS, *CONDITION_FIELDS, *STATEMENT_FIELDS, "signature_name"])

    @property
    def answers(self):
        """By step, as `sign_draft` and `review_draft` take them."""
        return {"questions": self.confirmed, "condition": self.condition, "statement": self.statement}


class AddForm(QuestionsForm):
    """`key` makes a form that is sent twice one draft; a delegate says for whom.

    An applicant chooses nobody: the draft is the applicant's own, to be signed once verified as a physician.
    """

    key = forms.Field(widget=forms.HiddenInput, required=False)
    physician = forms.ModelChoiceField(Physician.objects.none(), label=_("Physician who will sign"), empty_label=None)

    def __init__(self, *args, physicians, is_applicant=False, **kwargs):
        super().__init__(*args, **kwargs)
        choice = self.fields["physician"]
        choice.queryset = physicians
        choice.label_from_instance = lambda physician: physician.name
        if is_applicant:
            choice.required, choice.empty_label = False, _("Myself, once I am verified")
        if len(physicians) + is_applicant == 1:
            del self.fields["physician"]
        self.only_physician = physicians[0] if len(physicians) == 1 and not is_applicant else None

    def clean_key(self):
        try:
            return UUID(self.cleaned_data["key"])
        except (TypeError, ValueError):
            return None

    @property
    def chosen_physician(self):
        return self.only_physician or self.cleaned_data.get("physician")
