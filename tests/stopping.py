"""The portal's Celery app with a soft shutdown of SOFT_SHUTDOWN seconds: 30 are too long for a test."""

import os

from mmp_portal.celery import app

app.conf.worker_soft_shutdown_timeout = float(os.environ["SOFT_SHUTDOWN"])
