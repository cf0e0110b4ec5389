from django.forms import Form
from django.utils.functional import Promise


class PortalError(Exception):
    """An expected refusal, in a sentence fit for the person reading it; `field` names the form field it is about."""

    def __init__(self, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def add_to_form(form: Form, error: "PortalError") -> None:
    """Put a refusal beside its field, or on top of the form when the form has no such field."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
