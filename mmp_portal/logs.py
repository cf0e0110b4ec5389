"""No token, name or query in a log line: an address is logged without what opens something."""

import re
import traceback

import structlog
from django_structlog.middlewares import RequestMiddleware

TOKEN = re.compile(r"(/(?:invitation|not-me|confirm-email|key|verify)/)[^/\s]{6,}")


def without_tokens(text):
    """`text` without the tokens that follow an address that takes one, and without query strings."""
    return re.sub(r"\?\S*", "", TOKEN.sub(r"\1…", text))


def scrub(_logger, _method, event):
    """A structlog processor: Django's own lines carry addresses too, and Celery's the message of an exception."""
    args = event.pop("positional_args", None)
    if isinstance(args, dict) and "exc" in args:
        event["event"] = event["_record"].msg % {**args, "exc": "…"}
    elif isinstance(args, tuple) and any(isinstance(one, BaseException) for one in args):
        kinds = (type(one).__name__ if isinstance(one, BaseException) else one for one in args)
        event["event"] = event["_record"].msg % tuple(kinds)
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


SHARED_PROCESSORS = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.ExceptionRenderer(where_it_broke),
    scrub,
]


def logging_config(*, debug):
    """Return the configuration of Python's logging, for Django, gunicorn and Celery alike: one line of JSON an event.

    With `debug`, lines for people instead.
    """
    rendered = (
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
        if debug
        else structlog.processors.JSONRenderer()
    )
    line = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processor": rendered,
        "foreign_pre_chain": SHARED_PROCESSORS,
        "pass_foreign_args": True,  # `scrub` takes them out again
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": line},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "WARNING" if debug else "INFO"},
        "loggers": {
            "django.server": {"handlers": ["console"], "level": "ERROR", "propagate": False},
            "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
            # They name each letter that they cut out of a font: the letters of a person's name.
            "fontTools": {"level": "ERROR"},
            "fpdf": {"level": "ERROR"},
        },
    }
