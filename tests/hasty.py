"""Celery whose timetable wakes the sender of reminders each second and does nothing else."""

from mmp_portal.celery import app

__all__ = ["app"]

app.conf.beat_schedule = {"send": {"task": "notifications.send_bulk", "schedule": 1.0}}
app.conf.beat_max_loop_interval = 1
