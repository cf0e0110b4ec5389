"""Canaries: confidential texts that people type or receive, and the places that must never contain one."""

import json
import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass, field

import redis
import structlog
from celery import current_app
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from kombu import pools

from notifications import waking
from tests.guard import unguarded

CATALOGUE = "certification_condition"  # the names of all conditions are public and belong to nobody
log = structlog.get_logger("canaries")


# --- A page that breaks, and a logger that logs too much ------------------------------------------------------------


def break_down(request):
    """A page for tests only: it fails with the posted text in its error, its variables and its cause."""
    words = request.POST["words"]
    try:
        int(words)
    except ValueError as error:
        raise RuntimeError(f"cannot use {words}") from error
    return HttpResponse()


handler400 = "pages.views.bad_request"
urlpatterns = [path("canaries/break/", break_down), path("", include("mmp_portal.urls"))]


class LogForms:
    """The control: a middleware that logs posted forms, as somebody might add it while looking for a fault."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method == "POST":
            log.info("posted", form=request.POST.dict())
        return self.get_response(request)


# --- The places -----------------------------------------------------------------------------------------------------


class Watched(Client):
    """A browser that collects its addresses and its error pages."""

    addresses: list = []
    error_pages: list = []

    def request(self, **request):
        response = super().request(**request)
        self.addresses.append(f"{request['PATH_INFO']}?{request.get('QUERY_STRING', '')}")
        self.addresses.append(response.headers.get("Location", ""))
        if response.status_code >= 400:
            # A page may name its own address: the form that chooses a language leads back to it.
            self.error_pages.append(response.content.decode().replace(request["PATH_INFO"], ""))
        return response


class Lines(logging.Handler):
    """Collects every line of the log as the portal's formatter writes it."""

    def __init__(self):
        super().__init__()
        handlers = logging.getLogger().handlers
        formatters = [handler.formatter for handler in handlers]
        self.formatter = next(found for found in formatters if isinstance(found, structlog.stdlib.ProcessorFormatter))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@dataclass
class Places:
    """Everything that the portal writes somewhere, as text, by the name of the place."""

    lines: Lines
    redis_url: str
    sessions: list = field(default_factory=list)

    def look_at_sessions(self):
        """Collect the sessions as they are now: they change with each request."""
        self.sessions += [json.dumps(session.get_decoded()) for session in Session.objects.all()]

    def texts(self):
        self.look_at_sessions()
        dump = dict(tables())
        return {
            "logs": self.lines.lines,
            "dump": [text for name, rows in dump.items() if name != CATALOGUE for text in rows],
            "audit": dump["audit_event"] + dump["django_admin_log"],
            "sessions": self.sessions,
            "redis": list(values_of(self.redis_url)),
            "subjects": [message.subject for message in mail.outbox],
            "mails": [message.body for message in mail.outbox],
            "addresses": Watched.addresses,
            "error pages": Watched.error_pages,
        }


def tables():
    """Yield each table of the database with all its values, as a dump in clear text holds them."""
    with unguarded(), connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            yield name, [as_text(value) for row in cursor.fetchall() for value in row if value is not None]


def as_text(value):
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def values_of(url):
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            kind = client.type(key)
            yield as_text(key)
            if kind == b"list":
                yield from map(as_text, client.lrange(key, 0, -1))
            elif kind == b"hash":
                yield from (as_text(part) for pair in client.hgetall(key).items() for part in pair)
            elif kind == b"set":
                yield from map(as_text, client.smembers(key))
            elif kind == b"zset":
                yield from map(as_text, client.zrange(key, 0, -1))
            else:
                yield as_text(client.get(key))


def found(canaries, texts):
    """Return the names of the canaries in the texts. Digits must stand alone, not inside a UUID or a time."""
    everything = "\n".join(texts).casefold()
    return {name for name, value in canaries.items() if re.search(_pattern(value.casefold()), everything)}


def _pattern(value):
    return rf"(?<![0-9a-z.-]){value}(?![0-9a-z-])" if value.isdigit() else re.escape(value)


@contextmanager
def jobs_over(url):
    """Send jobs to this Redis, where no worker takes them."""
    app = current_app._get_current_object()
    old = {name: app.conf[name] for name in ("broker_url", "broker_write_url", "task_always_eager")}
    app.conf.update(broker_url=url, broker_write_url=url, task_always_eager=False)
    _forget_connections(app)
    try:
        yield
        if waking._thread:
            waking._thread.join(10)  # a wake-up is sent a little later
    finally:
        app.conf.update(old)
        _forget_connections(app)


def _forget_connections(app):
    pools.reset()
    app._pool = app.amqp._producer_pool = None
