"""Parts of a page that are rendered once for as long as what they show stays the same."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from ui.rows import filled

register = template.Library()

OWN = "own_"


@register.simple_tag(takes_context=True)
def kept(context: Context, name: str, **values: Any) -> SafeString:
    """Show a template that sees nothing but `values`, which can be compared, such as texts, numbers and tuples of them.

    What was rendered for equal values in the same language is shown again. So that many readers share it, a value whose
    name begins with `own_` is not compared: the reader's is put in afterwards. The template can only print it. The same
    holds for `{% csrf_token %}`, which is read where there is a form alone: to read it sets a cookie.
    """
    own = {key: values.pop(key) for key in list(values) if key.startswith(OWN)}
    return filled(name, {**own, "csrf_token": context.get("csrf_token", "")}, **values)
