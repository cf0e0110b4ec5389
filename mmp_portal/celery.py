import logging
import os
from typing import Any

from celery import Celery, Task, signals
from celery.schedules import crontab
from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmp_portal.settings")

app = Celery("mmp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# In New York time (CELERY_TIMEZONE). Each job looks for what is due, so a missed or doubled run does no harm.
app.conf.beat_schedule = {
    "note-beat": {"task": "pages.note_beat", "schedule": 60.0},
    # A wake-up that no worker has taken within a minute is dropped: the next one does the same.
    "send-due-notifications": {"task": "notifications.send_due", "schedule": 60.0, "options": {"expires": 60}},
    "send-texts": {"task": "notifications.send_texts", "schedule": 60.0, "options": {"expires": 60}},
    "seal-audit": {"task": "audit.seal", "schedule": 60.0},
    "mail-newest-seal": {"task": "accounts.mail_newest_seal", "schedule": crontab(hour="6", minute="0")},
    "read-bounces": {
        "task": "notifications.read_bounces",
        "schedule": crontab(minute="*/3"),
        "options": {"expires": 180},
    },
    "drop-calls": {"task": "notifications.drop_calls", "schedule": crontab(minute="*/15")},
    "import-rosters": {"task": "accounts.import_rosters", "schedule": 60.0},
    "queue-renewal-reminders": {
        "task": "certification.queue_renewal_reminders",
        "schedule": crontab(hour="7", minute="0"),
    },
    "finish-renewal-reminders": {
        "task": "certification.finish_renewal_reminders",
        "schedule": crontab(minute="*/5"),
    },
    "send-bulk-notifications": {"task": "notifications.send_bulk", "schedule": 60.0, "options": {"expires": 60}},
    "discard-old-drafts": {"task": "certification.discard_old_drafts", "schedule": crontab(hour="2", minute="30")},
    "recheck-registrations": {"task": "accounts.recheck_registrations", "schedule": crontab(hour="0", minute="5")},
    "reset-due-mfa": {"task": "accounts.reset_due_mfa", "schedule": 60.0},
    "make-windows": {"task": "delivery.make_windows", "schedule": crontab(hour="3", minute="0")},
    "purge-ended": {"task": "accounts.purge_ended", "schedule": crontab(minute="40")},
    "check-counts": {"task": "delivery.check_counts", "schedule": crontab(hour="3", minute="30")},
    # Asking for a plan wakes a worker at once; this is for when Redis was away.
    "plan-windows": {"task": "delivery.plan_windows", "schedule": 60.0, "options": {"expires": 60}},
    "notify-waiting-list": {"task": "delivery.notify_waiting_list", "schedule": 60.0},
    "queue-office-weeks": {
        "task": "certification.queue_office_weeks",
        "schedule": crontab(day_of_week="1,2", hour="7-21", minute="10"),
    },
    "queue-staff-summaries": {
        "task": "pages.queue_staff_summaries",
        "schedule": crontab(hour="7-11,17-21", minute="0,30"),
    },
    "announce-deliveries": {"task": "delivery.announce_deliveries", "schedule": crontab(minute="*/15")},
    "remind-recalled": {"task": "dispensing.remind_recalled", "schedule": crontab(minute="20")},
    "tell-packs-ready": {"task": "delivery.tell_packs_ready", "schedule": 60.0, "options": {"expires": 60}},
    # Asking for a paper wakes a worker at once; this is for when Redis was away, and for what a lost worker left.
    "make-papers": {"task": "dispensing.make_papers", "schedule": 60.0, "options": {"expires": 60}},
    "delete-old-papers": {"task": "dispensing.delete_old_papers", "schedule": crontab(minute="50")},
    "ask-assessments": {"task": "dispensing.ask_assessments", "schedule": crontab(hour="10", minute="5")},
    # The monitoring report is due within the hour; whoever misses a run is caught up by the next one.
    "make-reports": {"task": "dispensing.make_reports", "schedule": 60.0, "options": {"expires": 60}},
    "send-reports": {"task": "dispensing.send_reports", "schedule": 60.0, "options": {"expires": 60}},
    "alarm-reports": {"task": "dispensing.alarm_reports", "schedule": 60.0, "options": {"expires": 60}},
    "fetch-report-answers": {
        "task": "dispensing.fetch_answers",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    "make-zero-reports": {"task": "dispensing.make_zero_reports", "schedule": crontab(hour="6-9", minute="30")},
    "lapse-orders": {"task": "delivery.lapse_orders", "schedule": crontab(hour="3", minute="15")},
}


# --- Logs ----------------------------------------------------------------------------------------------------------

REQUEST_ID = "request_id"  # name of the header of a job, and of the value in each of its log lines
BOUND = ("task", "task_id", REQUEST_ID)


@signals.setup_logging.connect
def keep_our_logging(loglevel: int | None = None, **_: Any) -> None:
    """Keep our logging: Celery adds its own handlers only when nobody receives this signal. --loglevel still counts."""
    logging.getLogger("celery").setLevel(loglevel or logging.NOTSET)


@signals.celeryd_init.connect
def print_no_banner(instance: Any, conf: Any, **_: Any) -> None:
    """Suppress the banner of the worker in production, where each line of the log is JSON."""
    from django.conf import settings

    instance.quiet = instance.quiet or not settings.DEBUG


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    if request_id := get_contextvars().get(REQUEST_ID):
        headers[REQUEST_ID] = request_id


@signals.task_prerun.connect
def bind_task(task_id: str, task: Task, **_: Any) -> None:
    """Put the task and its request id on the log lines of a worker; inside a request, that request's values stay."""
    if not task.request.is_eager:
        request_id = getattr(task.request, REQUEST_ID, None)
        bind_contextvars(task=task.name, task_id=task_id, **({REQUEST_ID: request_id} if request_id else {}))


@signals.task_postrun.connect
def unbind_task(task: Task, **_: Any) -> None:
    if not task.request.is_eager:
        unbind_contextvars(*BOUND)
