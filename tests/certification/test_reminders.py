import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from certification.actions import queue_renewal_reminders, sign_draft, withdraw_certification
from certification.models import Draft
from certification.tasks import queue_renewal_reminders as task
from notifications.actions import drop_calls, send_due
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db


def signed(days_left, **steps):
    day = timezone.localdate() + timedelta(days=days_left)
    return factories.certification(on=day.replace(year=day.year - 1), **steps)


def queue(days=0):
    return queue_renewal_reminders(today=timezone.localdate() + timedelta(days=days), by=None)


def reminders():
    rows = Notification.objects.filter(kind="renewal_reminder")
    return [(row.context["reminder"], row.context["role"], row.channel) for row in rows.order_by("pk")]


def test_queue_renewal_reminders_once_a_kind_and_recipient():
    signed(days_left=20)
    assert (queue(), queue()) == (1, 1)
    assert reminders() == [("30", "patient", "email"), ("30", "physician", "email")]


def test_queue_renewal_reminders_one_for_each_kind_of_a_year():
    signed(days_left=70)
    for day in range(120):
        queue(day)
    assert [kind for kind, role, _channel in reminders() if role == "patient"] == ["60", "30", "14", "7", "1", "ended"]


def test_a_renewal_takes_the_reminder_from_the_call_list():
    old = signed(days_left=20, profile=factories.profile(email="", has_no_email=True))
    queue()
    physician = old.physician
    sign_draft(
        draft=Draft.objects.renewing(old),
        answers={
            "questions": factories.questions(),
            "condition": factories.condition(),
            "statement": factories.statement(),
        },
        signature_name=physician.name,
        by=physician.user,
    )
    drop_calls(by=None)
    assert Notification.objects.get(kind="renewal_reminder", channel="phone").status == "cancelled"


def test_queue_renewal_reminders_after_an_outage_gives_the_latest_alone():
    signed(days_left=70)
    queue(64)
    assert {kind for kind, _role, _channel in reminders()} == {"7"}


def test_queue_renewal_reminders_tells_caregiver_and_calls_who_has_no_email():
    signed(
        days_left=20,
        joined=False,
        profile=factories.profile(email="", has_no_email=True),
        caregiver=factories.caregiver(),
    )
    queue()
    assert reminders() == [("30", "patient", "phone"), ("30", "caregiver", "email"), ("30", "physician", "email")]


def test_queue_renewal_reminders_finds_nothing_far_from_the_end():
    signed(days_left=61)
    assert (queue(), reminders()) == (0, [])


def test_a_renewal_stops_the_reminders_and_drops_the_queued_one():
    certification = signed(days_left=20)
    queue()
    physician = certification.physician
    sign_draft(
        draft=Draft.objects.renewing(certification),
        answers={
            "questions": factories.questions(),
            "condition": factories.condition(),
            "statement": factories.statement(),
        },
        signature_name=physician.name,
        by=physician.user,
    )
    assert queue() == 0
    mail.outbox.clear()
    send_due(by=None)
    assert not any("through" in message.body and "renew" in message.subject.lower() for message in mail.outbox)
    assert set(Notification.objects.filter(kind="renewal_reminder").values_list("status", flat=True)) == {"cancelled"}


def test_a_withdrawal_stops_the_reminders():
    certification = signed(days_left=20)
    withdraw_certification(certification=certification, reason="Moved.", by=certification.physician.user)
    assert queue() == 0


def test_the_task_queues_what_is_due_today():
    signed(days_left=20)
    assert task() == 1


def test_a_reminder_says_the_last_good_day_and_no_medical_word_in_its_subject():
    certification = signed(days_left=20)
    queue()
    send_due(by=None)
    message = next(sent for sent in mail.outbox if re.search("renew|remind", sent.subject.lower()))
    last_day = certification.expires_date - timedelta(days=1)
    assert f"{last_day:%B} {last_day.day}, {last_day.year}" in message.body
    assert not {"marijuana", "cannabis", "cancer"} & set(message.subject.lower().split())
