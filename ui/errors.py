from django.forms import Form
from django.utils.functional import Promise


class PortalError(Exception):
    """A refusal with a sentence for the reader; `field` names the form field that it is about."""

    def __init__(self, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def add_to_form(form: Form, error: "PortalError") -> None:
    """Add a refusal to its field, or to the top of the form when the form has no such field."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
