"""The addresses for probes and operators: is the process alive, can it serve, how far behind are its jobs?"""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import Error as AnyDatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Min
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
from notifications.models import Notification
from pages import metrics
from pages.actions import LAST_BEAT
from pages.connections import close_connections

# A probe must answer fast: half a second to connect, half a second for the answer, and no second try.
REDIS_TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
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
    answer |= {"oldest_unsent_message_age_seconds": None, "last_beat_age_seconds": None}
    try:
        if missing := missing_migrations():
            return JsonResponse(
                {"status": "unavailable", "database": "ok"} | answer | {"missing_migrations": missing}, status=503
            )
        answer["oldest_unsent_message_age_seconds"] = unsent_messages()[1]
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
        try:
            count, oldest = unsent_messages()
            beat = last_beat_age()
        except AnyDatabaseError:
            close_connections()
            yield gauge("portal_database_up", "Whether the database answers.", 0)
            return
        yield gauge("portal_database_up", "Whether the database answers.", 1)
        yield gauge("portal_outbox_messages", "Messages of the outbox that wait to be sent.", count)
        yield gauge(
            "portal_outbox_oldest_age_seconds", "Age of the oldest message that waits, 0 when none waits.", oldest or 0
        )
        if beat is not None:
            yield gauge("portal_last_beat_age_seconds", "Seconds since the scheduled jobs last noted the time.", beat)


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


def unsent_messages() -> tuple[int, float | None]:
    """Return how many messages wait to be sent, and the age of the oldest in seconds (None when there is none)."""
    now = timezone.now()
    found = Notification.objects.unsent(now).aggregate(count=Count("pk"), oldest=Min("created_at"))
    return found["count"], found["oldest"] and seconds(now - found["oldest"])


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
