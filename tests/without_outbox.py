"""The portal and Celery without the outbox: a message is a job in Redis alone until a worker takes it.

The control for the proof that no message is lost while Redis is away.
"""

import sys

from django.core.wsgi import get_wsgi_application
from django.db import transaction

from mmp_portal.celery import app

__all__ = ["app", "application"]

application = get_wsgi_application()

from notifications import actions  # noqa: E402

write = actions.queue_many


@app.task(name="tests.write_messages", queue="urgent")
def write_messages(messages):
    write(messages=messages, by=None)


def queue_many(*, messages, by):
    jobs = list(messages)
    transaction.on_commit(lambda: write_messages.delay(jobs))


for module in list(sys.modules.values()):
    if getattr(module, "queue_many", None) is write:
        module.queue_many = queue_many
