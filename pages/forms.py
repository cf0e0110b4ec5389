from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pages import rules
from pages.models import ContactMessage
from ui.forms import PortalForm

MESSAGE_MAX_LENGTH = 4000
# A field that people never see (templates/pages/contact.html). Spam programs fill it in like every other field.
TRAP = "website"


class ContactForm(PortalForm):
    autocomplete = {"name": "name", "email": "email"}

    name = forms.CharField(label=_("Your name"), max_length=ContactMessage._meta.get_field("name").max_length)
    email = forms.EmailField(
        label=_("Your email"), max_length=254, help_text=_("We answer to this address and send a receipt to it.")
    )
    message = forms.CharField(
        label=_("Your message"),
        widget=forms.Textarea(attrs={"rows": 8}),
        max_length=MESSAGE_MAX_LENGTH,
        help_text=_("Please leave out medical details and numbers such as a Social Security number."),
    )

    def clean_name(self) -> str:
        try:
            rules.check_name_is_one_line(self.data["name"].strip())
        except rules.PagesError as error:
            raise ValidationError(str(error)) from error
        return self.cleaned_data["name"]

    @property
    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "email", "message")}

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.data.get(TRAP))
