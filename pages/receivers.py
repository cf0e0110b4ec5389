"""Count audit events, messages, jobs and database errors for the metrics, when each of them happens."""

import time
from collections.abc import Callable
from typing import Any

from celery import Task
from celery import signals as celery
from django.db import Error as AnyDatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from audit.models import Event
from audit.signals import recorded
from notifications.signals import tried
from pages import metrics

_begun: dict[str, float] = {}  # by task id: when a job of this process began


def on_recorded(event: Event, **_: Any) -> None:
    metrics.ACTIONS.labels(event.action, event.outcome).inc()
    if (event.action, event.outcome) == ("order.place", Event.Outcome.DONE):
        metrics.ORDERS_PLACED.labels(event.role).inc()


def on_message_tried(kind: str, is_sent: bool, **_: Any) -> None:
    metrics.MESSAGES.labels(kind, "sent" if is_sent else "failed").inc()


def on_job_begun(task_id: str, **_: Any) -> None:
    _begun[task_id] = time.monotonic()


def on_job_ended(sender: Task, task_id: str, **_: Any) -> None:
    if begun := _begun.pop(task_id, None):
        metrics.JOB_SECONDS.labels(sender.name).observe(time.monotonic() - begun)


def on_job_succeeded(sender: Task, **_: Any) -> None:
    metrics.JOBS.labels(sender.name, "succeeded").inc()


def on_job_failed(sender: Task, **_: Any) -> None:
    """Count a failed job. Celery calls this in the job's process, or in its parent when the process was killed."""
    metrics.JOBS.labels(sender.name, "failed").inc()


def count_errors(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run one SQL statement; count the error when the database refuses it or does not finish it."""
    try:
        return execute(sql, params, many, context)
    except AnyDatabaseError as error:
        code = getattr(error.__cause__, "pgcode", None) or getattr(error.__cause__, "sqlite_errorname", None)
        metrics.DATABASE_ERRORS.labels(type(error).__name__, code or "none").inc()
        raise


def on_connected(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if count_errors not in connection.execute_wrappers:
        connection.execute_wrappers.append(count_errors)


def connect() -> None:
    recorded.connect(on_recorded)
    tried.connect(on_message_tried)
    celery.task_prerun.connect(on_job_begun)
    celery.task_postrun.connect(on_job_ended)
    celery.task_success.connect(on_job_succeeded)
    celery.task_failure.connect(on_job_failed)
    connection_created.connect(on_connected)
