import itertools
import re
import time
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.utils import timezone, translation

from accounts.models import Physician
from certification.actions import queue_renewal_reminders, sign_draft, withdraw_certification
from certification.actions import reminders as module
from certification.models import Caregiver, Draft, Patient, ReminderRun
from certification.rules import reminder_spans, renewal_opens_date
from certification.tasks import finish_renewal_reminders
from certification.tasks import queue_renewal_reminders as task
from notifications.actions import drop_calls, send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from ui.templatetags.portal import long_date

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
    signed(days_left=95)
    for day in range(0, 130):
        queue(day)
    kinds = ["90", "60", "30", "14", "7", "3", "1", "ended"]
    assert [kind for kind, role, _channel in reminders() if role == "patient"] == kinds


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
    signed(days_left=91)
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


@pytest.mark.parametrize(
    ("days_left", "language", "words"),
    [
        (85, "en", "It can be renewed from {opens} on. Please make the appointment for that day or after"),
        (14, "en", "It can be renewed now: please make the appointment."),
        (-1, "en", "Please dispose of what is left within 10 days after the end."),
        (85, "es", "{opens}"),
        (-1, "es", "10 días"),
    ],
)
def test_a_reminder_asks_for_the_visit_and_names_the_day(days_left, language, words):
    """Before renewal opens it names the day on which it does, and after the end the duty of ten days."""
    made = signed(days_left, caregiver=factories.caregiver())
    with unguarded():
        Patient.objects.filter(pk=made.patient_id).update(language=language)
        Caregiver.objects.update(language=language)
    send_due(by=None)  # what the signature told
    mail.outbox.clear()
    queue()
    send_due(by=None)

    with translation.override(language):
        expected = words.format(opens=long_date(renewal_opens_date(made)))
    told = [" ".join(sent.body.split()) for sent in mail.outbox if made.physician.email not in sent.to]
    assert len(told) == 2 and all(expected in body for body in told), told


# --- One statement, whatever the number -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patient", "caregiver", "roles"),
    [
        ("one@example.org", "one@example.org", ["patient", "physician"]),
        ("doctor@example.org", "two@example.org", ["patient", "caregiver"]),
        ("one@example.org", "doctor@example.org", ["patient", "caregiver"]),
        ("one@example.org", "two@example.org", ["patient", "caregiver", "physician"]),
    ],
)
def test_people_who_share_an_address_get_one_reminder(patient, caregiver, roles):
    made = signed(days_left=20, joined=False, caregiver=factories.caregiver())
    with unguarded():  # nobody certifies a person with their own address, but an address may change later
        Physician.objects.update(email="doctor@example.org")
        Patient.objects.filter(pk=made.patient_id).update(email=patient)
        Caregiver.objects.update(email=caregiver)
    queue()
    assert [role for _kind, role, _channel in reminders()] == roles


def test_a_reminder_is_in_the_language_of_its_reader():
    made = signed(days_left=20, caregiver=factories.caregiver())
    with unguarded():
        Patient.objects.filter(pk=made.patient_id).update(language="es")
    queue()
    rows = Notification.objects.filter(kind="renewal_reminder").order_by("pk")
    assert [(row.context["role"], row.language) for row in rows] == [
        ("patient", "es"), ("caregiver", "en"), ("physician", "en"),
    ]  # fmt: skip
    assert {row.priority for row in rows} == {Notification.BULK}


def test_the_number_of_statements_does_not_grow_with_the_certifications(django_assert_max_num_queries):
    first = signed(days_left=20)
    with django_assert_max_num_queries(60) as few:
        queue()
    factories.copies(first, 300)
    with django_assert_max_num_queries(len(few)):
        queue()
    assert Notification.objects.filter(kind="renewal_reminder").count() == 2 * 301


# --- A time limit stops the run -------------------------------------------------------------------------------------


def many(count=5000):
    """Make certifications that end on each day for which a reminder is due; return their number."""
    first = signed(days_left=20, joined=False)
    last = reminder_spans(timezone.localdate())[-1].until
    for day in range(count // 100 - 1):
        factories.copies(first, 100, expires_date=last - timedelta(days=2 * day))
    factories.copies(first, 99)
    return count


def reached():
    rows = Notification.objects.filter(kind="renewal_reminder", context__role="patient")
    return len(set(rows.values_list("context__certification", flat=True)))


def test_5000_certifications_are_all_reached_with_a_limit_of_one_second(monkeypatch):
    count, found, ticks = many(), [], itertools.count()
    # Each look at the clock is 0.3 seconds later at least, so a run gets four parts whatever the machine.
    monkeypatch.setattr(module.time, "monotonic", lambda real=time.monotonic: real() + 0.3 * next(ticks))
    while not ReminderRun.objects.filter(finished_at__isnull=False).exists():
        queue_renewal_reminders(today=timezone.localdate(), within=timedelta(seconds=1), part=250, by=None)
        found.append(reached())
        assert len(found) < 50
    assert 0 < found[0] < found[1] < count, "the limit stopped two runs at least"
    assert found[-1] == count


@pytest.mark.parametrize("days", [0, 1], ids=["on the same day", "on the next day"])
def test_what_a_limit_stops_goes_on_where_it_stopped(days):
    count, found = many(1000), []
    for run in range(8):
        today = timezone.localdate() + timedelta(days=days * run)
        queue_renewal_reminders(today=today, within=timedelta(0), part=250, by=None)
        found.append(reached())
    assert found[:5] == [100, 350, 600, 850, count]  # one kind of reminder a part, 250 certifications at most


def test_control_a_run_that_forgets_its_place_tells_the_same_ones_again():
    many(1000)
    for _run in range(8):
        queue_renewal_reminders(today=timezone.localdate(), within=timedelta(0), part=250, by=None)
        with unguarded():
            ReminderRun.objects.all().delete()
    assert reached() == 100


def test_a_worker_out_of_time_loses_one_part_alone(monkeypatch):
    count, parts = many(1000), []
    insert = module.queue_selected

    def out_of_time(**given):
        parts.append(1)
        if len(parts) == 3:
            raise SoftTimeLimitExceeded
        return insert(**given)

    monkeypatch.setattr(module, "queue_selected", out_of_time)
    with pytest.raises(SoftTimeLimitExceeded):
        queue_renewal_reminders(today=timezone.localdate(), part=250, by=None)
    assert reached() == 350
    queue_renewal_reminders(today=timezone.localdate(), is_rest=True, by=None)
    assert reached() == count


def test_finish_renewal_reminders_begins_nothing():
    signed(days_left=20)
    assert (finish_renewal_reminders(), reminders()) == (0, [])
    queue_renewal_reminders(today=timezone.localdate(), within=timedelta(0), by=None)
    assert ReminderRun.objects.unfinished().exists()
    assert (finish_renewal_reminders(), task()) == (0, 1)
    assert not ReminderRun.objects.unfinished().exists()
