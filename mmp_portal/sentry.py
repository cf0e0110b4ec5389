"""Report errors to Sentry: where the code broke, on which route and in which request; nothing about a person.

Each field that may be sent is listed here. A field that a later release of the library adds is not sent until it is
listed.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint
from structlog.contextvars import get_contextvars

from mmp_portal.logs import without_tokens

SENT = {"event_id", "timestamp", "level", "platform", "release", "environment", "server_name", "sdk", "logger"}
SENT_OF_ERROR = {"type", "module"}
SENT_OF_FRAME = {
    "filename", "abs_path", "function", "module", "lineno", "in_app", "pre_context", "context_line", "post_context",
}  # fmt: skip
TAGS = ("request_id", "task", "task_id")


def report_errors(dsn: str, **options: Any) -> None:
    """Send errors of requests, jobs and log lines to the server that `dsn` names."""
    sentry_sdk.init(
        dsn=dsn,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(signals_spans=False),
            CeleryIntegration(),
            LoggingIntegration(level=None),  # no breadcrumbs
            DedupeIntegration(),
            ExcepthookIntegration(),
            AtexitIntegration(callback=lambda pending, timeout: None),  # the library's own prints a line
        ],
        before_send=only_what_is_listed,
        before_send_transaction=lambda event, hint: None,
        before_breadcrumb=lambda crumb, hint: None,
        max_breadcrumbs=0,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        **options,
    )


def only_what_is_listed(event: Event, hint: Hint) -> Event:
    """Return a new event with the listed fields only: no message of an exception, no address, no variable."""
    given: Mapping[str, Any] = event
    report = {name: given[name] for name in SENT & given.keys()}
    context = get_contextvars()
    report["tags"] = {name: context[name] for name in TAGS if name in context}
    report["transaction"] = route_or_task(event)
    if exceptions := event.get("exception", {}).get("values"):
        report["exception"] = {"values": [where(exception) for exception in exceptions]}
    if record := hint.get("log_record"):
        report["logentry"] = {"message": words_of(record)}
    return cast("Event", report)


def route_or_task(event: Event) -> str:
    """Return the pattern of the route or the name of the task; never the address itself, which may hold a token."""
    source = event.get("transaction_info", {}).get("source")
    return event["transaction"] if source in ("route", "task") else "none"


def where(exception: Mapping[str, Any]) -> dict[str, Any]:
    """Return the class of an exception and the listed fields of its frames."""
    sent = {name: exception[name] for name in SENT_OF_ERROR & exception.keys()}
    frames = exception.get("stacktrace", {}).get("frames", ())
    listed = [{name: frame[name] for name in SENT_OF_FRAME & frame.keys()} for frame in frames]
    return sent | {"stacktrace": {"frames": listed}}


def words_of(record: logging.LogRecord) -> str:
    """Return the event of one of our log lines, which is a constant; for other loggers, where the line was written."""
    if isinstance(record.msg, dict):
        return without_tokens(str(record.msg.get("event", "")))
    return f"{record.name} {record.funcName}:{record.lineno}"
