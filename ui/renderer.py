"""Render forms as USWDS markup, from templates/ui and templates/django/forms/widgets."""

from typing import Any

from django import forms
from django.forms import Field, Widget
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString

from ui.plain import limit_length, speak_plainly
from ui.tidy import tidy

CLASSES = {
    forms.CheckboxInput: "usa-checkbox__input",
    forms.CheckboxSelectMultiple: "usa-checkbox__input",
    forms.RadioSelect: "usa-radio__input",
    forms.Select: "usa-select",
    forms.Textarea: "usa-textarea",
    forms.Widget: "usa-input",
}


class PortalBoundField(forms.BoundField):
    """A field that knows its USWDS class, and which box each of its errors belongs to."""

    def __init__(self, form: Any, field: Field, name: str) -> None:
        super().__init__(form, field, name)
        limit_length(field)
        if form.is_bound:  # an empty form has nothing to complain about
            speak_plainly(field, self.label)
        field.widget.attrs.pop("placeholder", None)  # it would say the label again, in grey

    def as_field_group(self) -> SafeString:
        """Return the box with its label, help and errors; a form may keep what does not change of it."""
        kept = getattr(self.form, "kept_box", None)
        return (kept and kept(self)) or super().as_field_group()

    @property
    def data(self) -> Any:
        """The typed text without spaces around it; a password stays as it is."""
        typed = super().data
        if isinstance(typed, str) and isinstance(self.field, forms.CharField) and self.field.strip:
            return tidy(typed, multiline=isinstance(self.field.widget, forms.Textarea))
        return typed

    @property
    def kind(self) -> str:
        """Which of the four shapes of templates/ui/field.html the field has."""
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxInput):
            return "checkbox"
        if widget.use_fieldset:
            return "group"
        return "password" if isinstance(widget, forms.PasswordInput) else "box"

    @property
    def is_optional(self) -> bool:
        needed = getattr(self.form, "needed", ())
        return not self.field.required and not self.field.disabled and self.name not in needed

    @property
    def error_links(self) -> Any:
        """(id of the box, sentence) for each error; `params={"part": "year"}` names one box of several."""
        for error in self.errors.as_data():
            part = (error.params or {}).get("part")
            for sentence in error.messages:
                yield self.id_of(part), sentence

    def id_of(self, part: str | None = None) -> str:
        if part:
            return f"{self.auto_id}_{part}"
        if isinstance(self.field.widget, forms.RadioSelect):  # a list of checkboxes is one too
            return _id_of_first(self.field.widget, self.auto_id)
        return self.id_for_label

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        attrs = dict(super().build_widget_attrs(attrs, widget))
        widget = widget or self.field.widget
        if widget.is_hidden:
            return attrs
        classes = [
            widget.attrs.get("class", ""),
            next(name for kind, name in CLASSES.items() if isinstance(widget, kind)),
        ]
        if self.errors and classes[1] == "usa-input":
            classes.append("usa-input--error")
        if self.name in getattr(self.form, "narrow", ()):
            classes.append("usa-input--narrow")
        attrs["class"] = " ".join(filter(None, classes))
        if self.errors and hasattr(widget, "parts"):
            named = {(error.params or {}).get("part") for error in self.errors.as_data()} - {None}
            attrs["wrong_parts"] = named or set(widget.parts)
        return attrs


def _id_of_first(widget: forms.RadioSelect, auto_id: str) -> str:
    """Return the id of the first box of several; it stands in the first group where there are groups."""
    first: Any = next(iter(widget.choices), None)
    if first is None:
        return auto_id
    is_group = isinstance(first[1], list | tuple)
    return widget.id_for_label(auto_id, "0_0" if is_group else "0")


class PortalRenderer(TemplatesSetting):
    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"
    bound_field_class = PortalBoundField
