"""The reminders of a renewal as a query that the outbox is filled from."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, JSONObject

from certification.models import Certification
from notifications import texts
from notifications.models import Notification
from notifications.ways import agreed_at, comes_back_to

Messages = QuerySet[Certification, tuple[Any, ...]]


def reminders_for(certifications: QuerySet[Certification], kind: str, *, today: date) -> Messages:
    """Return the reminders of the patients, of their caregivers, and of the physicians who still practice.

    Each row holds the three messages side by side, as `notifications.actions.queue_selected` takes them: people who
    share an address get one, the patient before the caregiver, the caregiver before the physician.
    """
    assigned = FilteredRelation("patient__assignments", condition=Q(patient__assignments__ended_date__isnull=True))
    practices = Q(physician__left_date__isnull=True) | Q(physician__left_date__gt=today)
    # In the order of the keys below: their unique index is then written page by page, which counts with a million.
    return (
        certifications.annotate(assigned=assigned)
        .order_by("pk")
        .values_list(
            *_message(kind, "patient", "patient"),
            *_message(kind, "caregiver", "assigned__caregiver", only_if=Q(assigned__isnull=False)),
            *_message(kind, "physician", "physician", only_if=practices),
        )
    )


def _message(kind: str, role: str, person: str, *, only_if: Q | None = None) -> list[Any]:
    channel = Notification.Channel
    address = _address(person)
    return [
        Value("renewal_reminder"),
        _by_way(person, Value(channel.SMS), Value(channel.EMAIL), Value(channel.PHONE)),
        address if only_if is None else Case(When(only_if, then=address), default=None),
        Value("en") if role == "physician" else F(f"{person}__language"),
        JSONObject(certification="pk", reminder=Value(kind), role=Value(role)),
        Concat(Value("renewal:"), Cast("pk", CharField()), Value(f":{kind}:{role}")),
        Value(Notification.BULK),
    ]


def _address(person: str) -> Case:
    """Return the e-mail address, or the phone number of a person who gets a text, or whom no e-mail reaches."""
    phone = F(f"{person}__phone")
    return _by_way(person, phone, F(f"{person}__email"), phone)


def _by_way(person: str, by_text: Any, by_email: Any, by_phone: Any) -> Case:
    """Return what `notifications.ways.way_to` decides, for each row."""
    bounces = comes_back_to(f"{person}__email") & ~Q(**{f"{person}__phone": ""})
    needs_call = Q(**{f"{person}__email": ""}) | bounces
    ways = [When(needs_call, then=by_phone)]
    if person != "physician" and texts.is_on() and texts.has_text("renewal_reminder"):
        ways.insert(0, When(agreed_at(f"{person}__phone"), then=by_text))
    return Case(*ways, default=by_email, output_field=CharField())
