"""Celery over a real Redis: a worker takes the wake-up and sends."""

import os
import subprocess
import sys
import time

import pytest

from notifications import actions
from notifications.models import Notification
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_a_worker_over_redis_sends_due_messages(redis_url, settings):
    physician = factories.physician()
    actions.queue(
        kind="physician_bound",
        recipient=physician.email,
        context={"physician": physician.pk},
        dedupe_key="one",
        by=None,
    )
    environment = {**os.environ, "REDIS_URL": redis_url, "DATABASE_URL": database_url(settings)}
    queued = Notification.objects.get(dedupe_key="one")
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "mmp_portal", "worker", "--pool=solo", "--loglevel=ERROR"],
        env=environment,
    )
    try:
        code = "import django; django.setup(); from notifications.tasks import send_due; send_due.delay()"
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)
        deadline = time.monotonic() + 60
        while queued.status != Notification.Status.SENT and time.monotonic() < deadline:
            time.sleep(0.3)
            queued.refresh_from_db()
    finally:
        worker.terminate()
        worker.wait(timeout=40)
    assert queued.status == Notification.Status.SENT


def database_url(settings):
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{database['TEST']['NAME']}"
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    return base.rsplit("/", 1)[0] + f"/{database['NAME']}" + (f"?{query}" if query else "")
