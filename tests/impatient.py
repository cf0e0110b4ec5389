"""Celery that gives the job of a silent worker to another one after 2 seconds instead of 300."""

from mmp_portal.celery import app

__all__ = ["app"]

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 2}
