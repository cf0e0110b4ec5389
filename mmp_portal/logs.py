"""No token, name or query in a log line: an address is logged without what opens something."""

import re
import traceback

from django_structlog.middlewares import RequestMiddleware

TOKEN = re.compile(r"(/(?:invitation|not-me|confirm-email|key|verify)/)[^/\s]{6,}")


def without_tokens(text):
    """`text` without the tokens that follow an address that takes one, and without query strings."""
    return re.sub(r"\?\S*", "", TOKEN.sub(r"\1…", text))


def scrub(_logger, _method, event):
    """A structlog processor: Django's own lines carry addresses too."""
    for name in ("event", "request"):
        if isinstance(event.get(name), str):
            event[name] = without_tokens(event[name])
    return event


def where_it_broke(exc_info):
    """Frames and kinds of an exception and its causes, first cause first; messages hold addresses and values."""
    lines, error = [], exc_info[1]
    while error is not None:
        lines.insert(0, "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


class RequestLogMiddleware(RequestMiddleware):
    def format_request(self, request):
        return without_tokens(f"{request.method} {request.path}")
