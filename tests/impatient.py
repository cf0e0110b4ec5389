"""Celery that gives the job of a silent worker to another one after 2 seconds instead of 300.

With ACK_EARLY it takes a job from Redis before it is done, as Celery does by itself: the control.
"""

import os

from mmp_portal.celery import app

__all__ = ["app"]

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 2}
app.conf.task_acks_late = "ACK_EARLY" not in os.environ
