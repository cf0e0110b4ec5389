"""The language in which a text is shown."""

from django.utils.translation import get_language, gettext


def in_readers_language(text: str, text_es: str | None) -> str:
    """Return the Spanish text to a reader of Spanish, where somebody wrote one, or else `text`.

    `text` may be a sentence of the portal itself, like the reason for which an order lapses: that is translated.
    """
    if text_es and get_language() == "es":
        return text_es
    return gettext(text) if text else ""
