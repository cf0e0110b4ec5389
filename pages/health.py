"""What probes and operators ask: does the process live, can it serve, and how far are its jobs behind?"""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import Error as DatabaseTrouble
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

from accounts.standing import is_staff_in_good_standing
from notifications.models import Notification
from pages import metrics
from pages.actions import LAST_BEAT
from pages.connections import hang_up

# A probe waits for nothing: to connect and to answer, half a second each, and no second try.
REDIS_TIMEOUTS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
_complete = threading.Event()  # migrations that were made stay made, so a process asks until it has seen all of them


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process lives; nothing else is asked, the database least of all."""
    return JsonResponse({"status": "ok"})


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is unreachable or a migration is missing; tell the other ages and states."""
    told: dict[str, str | float | list[str] | None] = {"redis": redis_state(), "missing_migrations": []}
    told |= {"oldest_unsent_message_age_seconds": None, "last_beat_age_seconds": None}
    try:
        if missing := missing_migrations():
            return JsonResponse(
                {"status": "unavailable", "database": "ok"} | told | {"missing_migrations": missing}, status=503
            )
        told["oldest_unsent_message_age_seconds"] = unsent_messages()[1]
        told["last_beat_age_seconds"] = last_beat_age()
    except DatabaseTrouble:
        hang_up()
        return JsonResponse({"status": "unavailable", "database": "unreachable"} | told, status=503)
    return JsonResponse({"status": "ok", "database": "ok"} | told)


@login_not_required
@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Answer Prometheus: who brings METRICS_TOKEN, or staff with their second factor. Nobody else learns of it."""
    if not (brings_token(request) or is_staff_in_good_standing(request.user)):
        raise Http404
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    gathered = metrics.registry()
    gathered.register(DatabaseCollector())
    return HttpResponse(encode(gathered), content_type=content_type)


def brings_token(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")


class DatabaseCollector:
    """What stands in the database: the same for every process and host, so it is asked when it is read."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            count, oldest = unsent_messages()
            beat = last_beat_age()
        except DatabaseTrouble:
            hang_up()
            yield gauge("portal_database_up", "Whether the database answers.", 0)
            return
        yield gauge("portal_database_up", "Whether the database answers.", 1)
        yield gauge("portal_outbox_messages", "Messages of the outbox that wait to be sent.", count)
        yield gauge("portal_outbox_oldest_age_seconds", "Age of the oldest of them, 0 without one.", oldest or 0)
        if beat is not None:
            yield gauge("portal_last_beat_age_seconds", "How long ago the scheduled jobs noted the time.", beat)


def gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)


def missing_migrations() -> list[str]:
    """Return the migrations that the database lacks, as app.name; the table of the cache counts as one of them."""
    if _complete.is_set():
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    missing = [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        missing.append("createcachetable")
    if not missing:
        _complete.set()
    return missing


def unsent_messages() -> tuple[int, float | None]:
    """Return how many messages wait to be sent, and the age of the oldest in seconds (None when there is none)."""
    now = timezone.now()
    found = Notification.objects.unsent(now).aggregate(count=Count("pk"), oldest=Min("created_at"))
    return found["count"], found["oldest"] and seconds(now - found["oldest"])


def last_beat_age() -> float | None:
    """Return how long ago, in seconds, the scheduled jobs last noted the time; None when they never did."""
    noted = cache.get(LAST_BEAT)
    return noted and seconds(timezone.now() - datetime.fromisoformat(noted))


def seconds(age: timedelta) -> float:
    """Return the age in seconds to a tenth; clocks of two hosts may differ, and no age is negative."""
    return max(round(age.total_seconds(), 1), 0.0)


def redis_state() -> str:
    """Return "ok", "unreachable" (after about a second at most) or "not configured"."""
    if not settings.REDIS_URL:
        return "not configured"
    try:
        with Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **REDIS_TIMEOUTS) as client:
            client.ping()
    except (RedisError, OSError, ValueError):  # ValueError: an address that names no Redis
        return "unreachable"
    return "ok"
