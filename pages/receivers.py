"""What is counted for the metrics as it happens: audit events, messages, jobs, and errors of the database."""

import time

from celery import signals as celery
from django.db import Error as DatabaseTrouble
from django.db.backends.signals import connection_created

from audit.models import Event
from audit.signals import recorded
from notifications.signals import tried
from pages import metrics

_begun: dict[str, float] = {}  # when a job of this process began, by its id


def on_recorded(event, **_):
    metrics.ACTIONS.labels(event.action, event.outcome).inc()
    if (event.action, event.outcome) == ("order.place", Event.Outcome.DONE):
        metrics.ORDERS_PLACED.labels(event.role).inc()


def on_message_tried(kind, is_sent, **_):
    metrics.MESSAGES.labels(kind, "sent" if is_sent else "failed").inc()


def on_job_begun(task_id, **_):
    _begun[task_id] = time.monotonic()


def on_job_ended(sender, task_id, **_):
    if begun := _begun.pop(task_id, None):
        metrics.JOB_SECONDS.labels(sender.name).observe(time.monotonic() - begun)


def on_job_succeeded(sender, **_):
    metrics.JOBS.labels(sender.name, "succeeded").inc()


def on_job_failed(sender, **_):
    """In the process of the job, or in its parent where that process was killed."""
    metrics.JOBS.labels(sender.name, "failed").inc()


def count_errors(execute, sql, params, many, context):
    """Wrap each statement of a connection."""
    try:
        return execute(sql, params, many, context)
    except DatabaseTrouble as error:
        code = getattr(error.__cause__, "pgcode", None) or getattr(error.__cause__, "sqlite_errorname", None)
        metrics.DATABASE_ERRORS.labels(type(error).__name__, code or "none").inc()
        raise


def on_connected(connection, **_):
    if count_errors not in connection.execute_wrappers:
        connection.execute_wrappers.append(count_errors)


def connect():
    recorded.connect(on_recorded)
    tried.connect(on_message_tried)
    celery.task_prerun.connect(on_job_begun)
    celery.task_postrun.connect(on_job_ended)
    celery.task_success.connect(on_job_succeeded)
    celery.task_failure.connect(on_job_failed)
    connection_created.connect(on_connected)
