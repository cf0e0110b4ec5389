"""The reminders of a renewal as queries that the outbox is filled from, one for each role of a recipient."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, JSONObject

from certification.models import Certification
from notifications import texts
from notifications.models import Notification
from notifications.ways import agreed_at, comes_back_to

Messages = QuerySet[Certification, tuple[Any, ...]]


def reminders_for(certifications: QuerySet[Certification], kind: str, *, today: date) -> Iterator[Messages]:
    """Yield the reminders of the patients, of their caregivers, and of the physicians who still practice.

    Each query selects the columns that `notifications.actions.queue_selected` takes. People who share an address get
    one message: the patient before the caregiver, the caregiver before the physician.
    """
    people = certifications.annotate(
        assigned=FilteredRelation("patient__assignments", condition=Q(patient__assignments__ended_date__isnull=True)),
        patients_address=_address("patient"),
        caregivers_address=_address("assigned__caregiver"),
        physicians_address=_address("physician"),
    )
    yield _messages(people, kind, "patient", "patient", "patients_address")
    of_caregivers = people.filter(assigned__isnull=False).exclude(caregivers_address=F("patients_address"))
    yield _messages(of_caregivers, kind, "caregiver", "assigned__caregiver", "caregivers_address")
    practicing = Q(physician__left_date__isnull=True) | Q(physician__left_date__gt=today)
    of_physicians = people.filter(practicing).exclude(physicians_address=F("patients_address"))
    is_other = Q(assigned__isnull=True) | ~Q(physicians_address=F("caregivers_address"))  # NULL is not other than NULL
    yield _messages(of_physicians.filter(is_other), kind, "physician", "physician", "physicians_address")


def _messages(people: QuerySet[Certification], kind: str, role: str, person: str, address: str) -> Messages:
    channel = Notification.Channel
    # In the order of the keys below: their unique index is then written page by page, which counts with a million.
    return people.order_by("pk").values_list(
        Value("renewal_reminder"),
        _by_way(person, Value(channel.SMS), Value(channel.EMAIL), Value(channel.PHONE)),
        F(address),
        Value("en") if role == "physician" else F(f"{person}__language"),
        JSONObject(certification="pk", reminder=Value(kind), role=Value(role)),
        Concat(Value("renewal:"), Cast("pk", CharField()), Value(f":{kind}:{role}")),
        Value(Notification.BULK),
    )


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
