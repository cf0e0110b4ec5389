from datetime import timedelta

import pytest
from django.utils import timezone

from certification.actions import queue_renewal_reminders
from certification.writes.messages import message_to
from notifications.models import Bounce, Notification
from notifications.ways import Way, way_to
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
PHONE = "+18605550142"
BY_PHONE = Way("phone", PHONE)


def bounce(address, **over):
    now = timezone.now()
    facts = {"kind": "hard", "status_code": "5.1.1", "first_at": now, "last_at": now, "stopped_at": now, **over}
    with unguarded():
        return Bounce.objects.create(address=address, **facts)


@pytest.mark.parametrize(
    ("email", "phone", "way"),
    [
        ("ada@example.com", PHONE, Way("email", "ada@example.com")),
        ("", PHONE, BY_PHONE),
        ("gone@example.com", PHONE, BY_PHONE),
        ("Gone@Example.com", PHONE, BY_PHONE),
        ("gone@example.com", "", Way("email", "gone@example.com")),
        ("full@example.com", PHONE, Way("email", "full@example.com")),
        ("cleared@example.com", PHONE, Way("email", "cleared@example.com")),
    ],
)
def test_way_to(email, phone, way):
    bounce("gone@example.com")
    bounce("full@example.com", kind="soft", stopped_at=None)
    bounce("cleared@example.com", stopped_at=None, cleared_at=timezone.now())
    assert way_to(email=email, phone=phone) == way


def test_reminders_and_single_messages_go_the_same_way():
    day = timezone.localdate() + timedelta(days=20)
    made = factories.certification(on=day.replace(year=day.year - 1), caregiver=factories.caregiver())
    patient, physician = made.patient, made.physician
    caregiver = patient.current_assignment.caregiver
    bounce(patient.email)
    bounce(physician.email.lower())

    queue_renewal_reminders(today=timezone.localdate(), by=None)

    queued = Notification.objects.filter(kind="renewal_reminder").order_by("pk")
    assert list(queued.values_list("channel", "recipient")) == [
        ("phone", patient.phone.as_e164), ("email", caregiver.email), ("phone", physician.phone.as_e164),
    ]  # fmt: skip
    singles = [message_to(person, "kind", context={}, key="1") for person in (patient, caregiver, physician)]
    assert [(single["channel"], single["recipient"]) for single in singles] == list(
        queued.values_list("channel", "recipient")
    )
