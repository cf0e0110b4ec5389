"""The portal's Celery app that gives back the jobs of a silent worker after VISIBILITY seconds instead of 300.

For controls ACKS_LATE and REJECT_ON_WORKER_LOST turn off what they are named after.
"""

import os

from mmp_portal.celery import app

__all__ = ["app"]

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "visibility_timeout": float(os.environ["VISIBILITY"]),
    "unacked_restore_interval": 1,
}
app.conf.task_acks_late = os.environ.get("ACKS_LATE", "on") == "on"
app.conf.task_reject_on_worker_lost = os.environ.get("REJECT_ON_WORKER_LOST", "on") == "on"
