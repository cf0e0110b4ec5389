"""The addresses for probes and operators: is the process alive, can it serve, how far behind are its jobs?"""

import threading
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.permissions import is_staff_in_good_standing
from notifications.presenters import outbox
from pages import metrics
from pages.actions import LAST_BEAT
from pages.connections import close_connections

# A probe must answer fast: half a second to connect, half a second for the answer, and no second try.
REDIS_TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
OUTBOX_ANSWERS = (
    "oldest_unsent_message_age_seconds", "urgent_messages_waiting", "bulk_messages_waiting", "oldest_text_age_seconds",
    "texts_waiting", "calls_waiting", "letters_waiting", "failed_messages_of_7_days", "bouncing_addresses",
)  # fmt: skip
_all_migrated = threading.Event()  # set for good once this process has seen that no migration is missing


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive. This asks neither the database nor anything else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is unreachable or a migration is missing; report Redis, outbox and beat."""
    answer: dict[str, str | float | list[str] | None] = {"redis": redis_state(), "missing_migrations": []}
    answer |= dict.fromkeys(OUTBOX_ANSWERS) | {"last_beat_age_seconds": None}
    try:
        if missing := missing_migrations():
            return JsonResponse(
                {"status": "unavailable", "database": "ok"} | answer | {"missing_migrations": missing}, status=503
            )
        answer |= outbox_answer(outbox.counts(now=timezone.now()), timezone.now())
        answer["last_beat_age_seconds"] = last_beat_age()
    except AnyDatabaseError:
        close_connections()
        return JsonResponse({"status": "unavailable", "database": "unreachable"} | answer, status=503)
    return JsonResponse({"status": "ok", "database": "ok"} | answer)


@login_not_required
@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus with METRICS_TOKEN, or staff with their second factor; everybody else gets 404."""
    if not (has_metrics_token(request) or is_staff_in_good_standing(request.user)):
        raise Http404
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    gathered = metrics.registry()
    gathered.register(DatabaseCollector())
    return HttpResponse(encode(gathered), content_type=content_type)


def has_metrics_token(request: HttpRequest) -> bool:
    """Return whether the request carries METRICS_TOKEN; False when none is set."""
    sent = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")


class DatabaseCollector:
    """The metrics whose values are in the database: the same for every process, so they are read on request."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = timezone.now()
        try:
            counts, beat = outbox.counts(now=now), last_beat_age()
            causes = outbox.failures(now=now)
        except AnyDatabaseError:
            close_connections()
            yield gauge("portal_database_up", "Whether the database answers.", 0)
            return
        yield gauge("portal_database_up", "Whether the database answers.", 1)
        yield from outbox_gauges(counts, causes, now)
        if beat is not None:
            yield gauge("portal_last_beat_age_seconds", "Seconds since the scheduled jobs last noted the time.", beat)


def outbox_answer(counts: outbox.Counts, now: datetime) -> dict[str, float | None]:
    """Return the figures of the outbox for /readyz. A count of 10,001 stands for any larger one."""
    oldest, oldest_text = counts.oldest_mail, counts.oldest["texts"]
    return dict(
        zip(
            OUTBOX_ANSWERS,
            [
                seconds(now - oldest) if oldest else None,
                counts.urgent,
                counts.bulk,
                seconds(now - oldest_text) if oldest_text else None,
                counts.texts,
                counts.calls,
                counts.letters,
                counts.failed,
                counts.bouncing,
            ],
            strict=True,
        )
    )


def outbox_gauges(
    counts: outbox.Counts, causes: Iterable[outbox.Failure], now: datetime
) -> Iterator[GaugeMetricFamily]:
    """Yield the same figures for Prometheus, and the failures by cause."""
    oldest, oldest_text = counts.oldest_mail, counts.oldest["texts"]
    age, age_of_text = (seconds(now - moment) if moment else 0 for moment in (oldest, oldest_text))
    yield gauge("portal_outbox_messages", "E-mails that wait; 10,001 stands for any larger number in a queue.",
                counts.urgent + counts.bulk)  # fmt: skip
    yield gauge("portal_outbox_oldest_age_seconds", "Age of the oldest message that waits, 0 when none waits.", age)
    yield gauge("portal_outbox_oldest_text_age_seconds", "Age of the oldest text that waits, 0 when none waits.",
                age_of_text)  # fmt: skip
    yield gauge("portal_bouncing_addresses", "Addresses to which no mail goes, because it came back.", counts.bouncing)
    waiting = GaugeMetricFamily(
        "portal_outbox_waiting", "Messages, calls and letters that wait, at most 10,001.", labels=["queue"]
    )
    failed = GaugeMetricFamily("portal_outbox_failed", "Messages of the last 7 days that failed.", labels=["cause"])
    for queue in ("urgent", "bulk", "texts", "calls", "letters"):
        waiting.add_metric([queue], getattr(counts, queue))
    for failure in causes:
        failed.add_metric([failure.cause], failure.count)
    yield waiting
    yield failed


def gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def missing_migrations() -> list[str]:
    """Return the migrations that the database lacks, as app.name; a missing cache table counts as one of them."""
    if _all_migrated.is_set():
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        missing.append("createcachetable")
    if not missing:
        _all_migrated.set()
    return missing


def last_beat_age() -> float | None:
    """Return the seconds since the scheduled jobs last noted the time; None when they never did."""
    noted = cache.get(LAST_BEAT)
    return noted and seconds(timezone.now() - datetime.fromisoformat(noted))


def seconds(age: timedelta) -> float:
    """Return the age in seconds, rounded to a tenth, and never below 0: the clocks of two hosts may differ."""
    return max(round(age.total_seconds(), 1), 0.0)


def redis_state() -> str:
    """Return "ok", "unreachable" (after about a second at most) or "not configured"."""
    if not settings.REDIS_URL:
        return "not configured"
    try:
        with Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **REDIS_TIMEOUTS) as client:
            client.ping()
    except (RedisError, OSError, ValueError):  # ValueError: REDIS_URL is no address of a Redis
        return "unreachable"
    return "ok"
