"""The weekly message to physicians and delegates as queries that the outbox is filled from."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, JSONObject

from accounts.models import Delegate, Physician, User
from certification import rules
from certification.models import Certification, Draft, PatientRequest
from notifications.models import Notification

Messages = QuerySet[Any, tuple[Any, ...]]


def weeks_of_offices(week: str, *, today: date) -> Iterator[Messages]:
    """Yield the messages of a week (like "2026-W48"): of physicians, and of the delegates of such physicians.

    Each query selects the columns that `notifications.actions.queue_selected` takes. Nobody gets one for whom nothing
    is due.
    """
    practicing = Q(left_date__isnull=True) | Q(left_date__gt=today)
    with_work = Physician.objects.filter(practicing, _has_work(today), status=Physician.Status.VERIFIED)
    yield _messages(with_work.filter(user__isnull=False).exclude(email=""), week, "physician")
    named = Delegate.objects.current(today).filter(user=OuterRef("pk"), physician__in=with_work.values("pk"))
    yield _messages(User.objects.filter(Exists(named), is_active=True), week, "delegate")


def _has_work(today: date) -> Q:
    """Return a filter of the physicians with a renewal that is due, a draft, or a request that nobody has answered."""
    until = today + timedelta(days=max(rules.WEEK_LOOKS_AHEAD))
    renewals = Certification.objects.expiring(after=today, until=until)
    found: tuple[QuerySet[Any], ...] = (renewals, Draft.objects.all(), PatientRequest.objects.open())
    return Q(*(Exists(rows.filter(physician=OuterRef("pk"))) for rows in found), _connector=Q.OR)


def _messages(people: QuerySet[Any], week: str, role: str) -> Messages:
    return people.order_by().values_list(
        Value("office_week"),
        Value(Notification.Channel.EMAIL),
        F("email"),
        Value("en"),
        JSONObject(**{role: "pk"}),
        Concat(Value(f"office_week:{week}:{role}:"), Cast("pk", CharField())),
        Value(Notification.BULK),
    )
