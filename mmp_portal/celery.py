import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmp_portal.settings")

app = Celery("mmp_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# New York time (CELERY_TIMEZONE). Each job looks for what is due, so a missed or doubled run changes nothing.
app.conf.beat_schedule = {
    "note-beat": {"task": "pages.note_beat", "schedule": 60.0},
    "send-due-notifications": {"task": "notifications.send_due", "schedule": 60.0},
    "drop-calls": {"task": "notifications.drop_calls", "schedule": crontab(minute="*/15")},
    "import-rosters": {"task": "accounts.import_rosters", "schedule": 60.0},
    "queue-renewal-reminders": {
        "task": "certification.queue_renewal_reminders",
        "schedule": crontab(hour="7", minute="0"),
    },
    "discard-old-drafts": {"task": "certification.discard_old_drafts", "schedule": crontab(hour="2", minute="30")},
    "recheck-registrations": {"task": "accounts.recheck_registrations", "schedule": crontab(hour="0", minute="5")},
    "reset-due-mfa": {"task": "accounts.reset_due_mfa", "schedule": 60.0},
    "make-windows": {"task": "delivery.make_windows", "schedule": crontab(hour="3", minute="0")},
    "purge-ended": {"task": "accounts.purge_ended", "schedule": crontab(minute="40")},
    "check-counts": {"task": "delivery.check_counts", "schedule": crontab(hour="3", minute="30")},
    "tell-waiting": {"task": "delivery.tell_waiting", "schedule": 60.0},
    "lapse-orders": {"task": "delivery.lapse_orders", "schedule": crontab(hour="3", minute="15")},
}
