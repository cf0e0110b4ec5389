"""Keep tokens, names and query strings out of the log: the secret parts of an address are left out."""

import logging
import re
import traceback
from collections.abc import Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize
from django_structlog.middlewares import RequestMiddleware
from gunicorn import glogging  # type: ignore[import-untyped] # it ships no types
from structlog.typing import EventDict, Processor

# The parts of an address that give access to something, by their name in the URLconf. A test knows the harmless parts,
# and fails for a part that is in neither list.
SECRET_PARTS = frozenset({"token", "key", "uidb36"})
LONG_PART = r"""[^\s"'<>?/]{16,}"""  # a part of an address that is as long as a token
# A long part after spaces and signs: people paste a token together with what stands around it, and programs for mail
# break a link into two lines. What is shorter belongs to the line of the log, like HTTP/1.1.
PASTED = rf"""[\s"'<>]+{LONG_PART}"""
# The rest of an address, without a slash at its end.
REST = rf"""(?:["'<>]*[^\s"'<>?]*[^\s"'<>?/](?:{PASTED})*|(?:{PASTED})+)"""
# Used until the URLconf can be read: it takes every long part for a token.
ANY_LONG_PART = re.compile(rf"(/){LONG_PART}")
# As `sys.exc_info()` returns it.
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
QUERY = re.compile(r"\?\S*")


def without_tokens(text: str) -> str:
    """Return `text` without the tokens in its addresses, and without query strings."""
    pattern = _tokens(settings.ROOT_URLCONF) if apps.ready and not _Reading.urlconf else ANY_LONG_PART
    return QUERY.sub("", pattern.sub(r"\1…", text))


class _Reading:
    """Whether the URLconf is being read: that imports the portal, which may write log lines meanwhile."""

    urlconf = False


@lru_cache(maxsize=4)
def _tokens(urlconf: str) -> re.Pattern[str]:
    """Return a pattern for all addresses with a token. Its group is the part before the token, which is logged."""
    _Reading.urlconf = True
    try:
        heads = sorted(
            {_head_of(address) for address, names in addresses(get_resolver(urlconf)) if SECRET_PARTS & names}
        )
    finally:
        _Reading.urlconf = False
    return re.compile(rf"""({"|".join(heads)}){REST}""", re.IGNORECASE)


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield each address below `resolver`, like `accounts/reset/%(token)s/`, with the names of its parts."""
    for pattern in resolver.url_patterns:
        whole = prefix + pattern.pattern.regex.pattern.removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield from ((address, set(names)) for address, names in normalize(whole))
        else:
            yield from addresses(pattern, whole)


def _head_of(address: str) -> str:
    """Return a pattern for the part of an address before its first token."""
    literals_and_names = re.split(r"%\((\w+)\)s", address)
    head = "/"
    for number, part in enumerate(literals_and_names):
        if number % 2 == 0:
            head += re.escape(part)
        elif part in SECRET_PARTS:
            return head
        else:
            head += r"[^\s/]+"
    return head


def scrub(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Remove addresses and messages of exceptions from a log line; a structlog processor.

    Lines of Django hold addresses and referers, and lines of Celery the message of an exception. The frames under
    `exception` hold no address.
    """
    args = event.pop("positional_args", None)
    if isinstance(args, dict) and "exc" in args:
        event["event"] = event["_record"].msg % {**args, "exc": "…"}
    elif isinstance(args, tuple) and any(isinstance(value, BaseException) for value in args):
        kinds = (type(value).__name__ if isinstance(value, BaseException) else value for value in args)
        event["event"] = event["_record"].msg % tuple(kinds)
    for name, value in event.items():
        if isinstance(value, str) and name != "exception":
            event[name] = without_tokens(value)
    return event


def where_it_broke(exc_info: ExceptionInfo) -> str:
    """Return the frames and classes of an exception and its causes, first cause first.

    Their messages are left out: they may hold addresses and values.
    """
    lines: list[str] = []
    error = exc_info[1]
    while error is not None:
        lines.insert(0, "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(lines)


class RequestLogMiddleware(RequestMiddleware):
    """Log each request once, when it is answered, by its method and its address without tokens.

    The line that django-structlog writes before is below the level of our logs (settings.py).
    """

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return without_tokens(f"{request.method} {request.path}")


SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.ExceptionRenderer(where_it_broke),
    scrub,
]


def configure_structlog() -> None:
    """Let events of structlog pass through the handlers of `logging_config`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, debug: bool) -> dict[str, Any]:
    """Return the logging configuration for Django, gunicorn and Celery: one line of JSON for each event.

    With `debug` the lines are written for people instead.
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
        "pass_foreign_args": True,  # `scrub` removes them again
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
            # These two log each letter that they put into a font: the letters of a person's name.
            "fontTools": {"level": "ERROR"},
            "fpdf": {"level": "ERROR"},
        },
    }


class WithoutTokens(logging.Filter):
    """Remove tokens from a line of a library that formats its log itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_tokens(record.getMessage()), None
        if record.exc_info:
            record.exc_text = where_it_broke(record.exc_info)
        return True


class ServerLogger(glogging.Logger):
    """The logger of gunicorn (deploy/gunicorn.conf.py): its access log would hold whole addresses and referers."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.addFilter(WithoutTokens())
