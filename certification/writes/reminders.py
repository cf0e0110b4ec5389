"""The reminders of a renewal as queries that the outbox is filled from, one for each role of a recipient."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, JSONObject

from certification.models import Certification
from notifications.models import Notification

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
    # In the order of the keys below: their unique index is then written page by page, which counts with a million.
    return people.order_by("pk").values_list(
        Value("renewal_reminder"),
        _either(person, Value(Notification.Channel.EMAIL), Value(Notification.Channel.PHONE)),
        F(address),
        Value("en") if role == "physician" else F(f"{person}__language"),
        JSONObject(certification="pk", reminder=Value(kind), role=Value(role)),
        Concat(Value("renewal:"), Cast("pk", CharField()), Value(f":{kind}:{role}")),
        Value(Notification.BULK),
    )


def _address(person: str) -> Case:
    """Return the e-mail address, or the phone number of a person without one."""
    return _either(person, F(f"{person}__email"), F(f"{person}__phone"))


def _either(person: str, with_email: Any, without: Any) -> Case:
    return Case(When(**{f"{person}__email": ""}, then=without), default=with_email, output_field=CharField())
