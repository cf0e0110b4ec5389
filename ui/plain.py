"""Plain sentences and a limit for every text, in any form: ours, allauth's, the admin's."""

from functools import cache, lru_cache
from typing import Any, cast

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

INPUT_MAX_LENGTH = 200
TEXTAREA_MAX_LENGTH = 5000

MESSAGES = {
    "null_characters_not_allowed": _("Some characters here cannot be read. Type the text again."),
    "max_length": _("Shorten this to %(limit_value)d characters or fewer. It has %(show_value)d."),
    "min_length": _("Enter at least %(limit_value)d characters."),
    "min_value": _("Enter %(limit_value)s or more."),
    "max_value": _("Enter %(limit_value)s or less."),
    "invalid_choice": _("Choose one of the answers in the list."),
    "invalid_pk_value": _("Choose from the answers in the list."),
}


def limit_length(field: Any) -> None:
    """Limit a text by a sentence. `maxlength` would cut off pasted text without a word."""
    if isinstance(field, forms.CharField) and field.max_length is None:
        is_textarea = isinstance(field.widget, forms.Textarea)
        field.max_length = TEXTAREA_MAX_LENGTH if is_textarea else INPUT_MAX_LENGTH
        field.validators.append(MaxLengthValidator(field.max_length))
    field.widget.attrs.pop("maxlength", None)


def speak_plainly(field: Any, label: str | Promise) -> None:
    """Replace Django's sentences by ours; sentences that a form gives its field stay."""
    django_says = _django_says(cast(Any, type(field)))
    for code, sentence in {**MESSAGES, **_sentences(field, label)}.items():
        # The same object: to compare the texts of two lazy sentences would translate both, for each field of a form.
        if field.error_messages.get(code, django_says.get(code)) is django_says.get(code):
            field.error_messages[code] = sentence


@cache
def _django_says(field_class: Any) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for base in reversed(field_class.__mro__):
        if base.__module__.startswith("django."):
            said |= getattr(base, "default_error_messages", {})
    return said


def _sentences(field: Any, label: str | Promise) -> dict[str, Any]:
    return _sentences_about(cast(Any, type(field)), str(label), get_language())


@lru_cache(maxsize=2_000)
def _sentences_about(kind: type, label: str, _language: str | None) -> dict[str, Any]:
    # "DEA number" and "ZIP code" keep their capitals inside of a sentence.
    label = label[:1].lower() + label[1:] if label[1:2].islower() else label
    words = {"label": label}
    if issubclass(kind, forms.BooleanField):
        return {"required": _("Tick the box to go on: %(label)s") % words}
    if issubclass(kind, forms.ChoiceField | forms.ModelChoiceField):
        return {"required": _("Choose an answer: %(label)s") % words}
    if issubclass(kind, forms.EmailField):
        return {
            "required": _("Enter an email address, like name@example.com"),
            "invalid": _("Enter an email address with an @, like name@example.com"),
        }
    if issubclass(kind, forms.IntegerField):
        return {"required": _("Enter %(label)s") % words, "invalid": _("Enter a whole number, like 2")}
    return {"required": _("Enter %(label)s") % words}
