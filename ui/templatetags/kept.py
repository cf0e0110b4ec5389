"""Parts of a page that are rendered once for as long as what they show stays the same."""

import secrets
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

OWN = "own_"
MARK = secrets.token_hex(8)  # no text that a person types holds it


@register.simple_tag(takes_context=True)
def kept(context: Context, name: str, **values: Any) -> SafeString:
    """Show a template that sees nothing but `values`, which can be compared, such as texts, numbers and tuples of them.

    What was rendered for equal values in the same language is shown again. So that many readers share it, a value whose
    name begins with `own_` is not compared: the reader's text is put in afterwards. The template can only print it. The
    same holds for `{% csrf_token %}`.
    """
    own = {key: str(value) for key, value in values.items() if key.startswith(OWN)}
    shared = tuple((key, type(value), value) for key, value in values.items() if key not in own)
    render = _rendered.__wrapped__ if settings.DEBUG else _rendered  # a template is being written
    html = render(name, get_language(), shared, tuple(own))
    for key, text in own.items():
        html = html.replace(_mark(key), escape(text))
    if _mark("csrf") in html:
        html = html.replace(_mark("csrf"), str(context.get("csrf_token", "")))
    return mark_safe(html)  # nosec B308 B703 - rendered by a template, and what is put in is escaped


@lru_cache(maxsize=2_000)
def _rendered(name: str, language: str | None, shared: tuple[tuple[str, type, Any], ...], own: tuple[str, ...]) -> str:
    values = {key: value for key, _type, value in shared}
    marks = {key: _mark(key) for key in own}
    return get_template(name).render({**values, **marks, "csrf_token": _mark("csrf")})


def _mark(key: str) -> str:
    return f"{MARK}{key}."
