"""Parts of a page that are rendered once for as long as what they show stays the same."""

from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from ui.parts import cached_part, mark

register = template.Library()

OWN = "own_"
TOKEN = mark("csrf_token")


@register.simple_tag(takes_context=True)
def kept(context: Context, name: str, **values: Any) -> SafeString:
    """Show a template that sees nothing but `values`, which can be compared, such as texts, numbers and tuples of them.

    What was rendered for equal values in the same language is shown again. So that many readers share it, a value whose
    name begins with `own_` is not compared: the reader's is put in afterwards. The template can only print it. The same
    holds for `{% csrf_token %}`.
    """
    own = {mark(key): values.pop(key) for key in list(values) if key.startswith(OWN)}
    render = _render if settings.DEBUG else _part  # somebody may be writing the template
    html: str = render(name, (*own, TOKEN), **values)
    if TOKEN in html:  # to read it sets a cookie, which a page without a form must not do
        own[TOKEN] = str(context.get("csrf_token", ""))
    for place, value in own.items():
        html = html.replace(place, conditional_escape(value))
    return mark_safe(html)  # nosec B308 B703 - rendered by a template, and what is put in is escaped


def _render(name: str, marks: tuple[SafeString, ...], **values: Any) -> SafeString:
    return render_to_string(name, {**values, **{place.strip("<>"): place for place in marks}})


_part = cached_part(most=2_000)(_render)
