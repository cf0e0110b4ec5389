"""A renewal reminder arrives, and a renewal stops it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from certification.models import Certification
from certification.statements import ATTESTATIONS
from certification.tasks import queue_renewal_reminders
from notifications.models import Notification
from notifications.tasks import send_bulk
from tests import factories
from tests.journeys.visitor import mails_to

pytestmark = pytest.mark.journey


def test_a_renewal_reminder_arrives_and_a_renewal_stops_the_next(visitor):
    physician = visitor()
    certification = given_a_certification_with_20_days_left()
    when_celery_runs_the_reminders()
    then_patient_and_physician_get_one_mail_each(certification)
    when_the_physician_renews_it(physician, certification)
    when_celery_runs_the_reminders()
    then_no_further_reminder_is_sent(certification)
    physician.met_no_barrier()


def given_a_certification_with_20_days_left():
    signed = timezone.localdate() - timedelta(days=345)
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    return factories.certification(amara, on=signed, profile=factories.profile(email="rosa@example.org"))


def when_celery_runs_the_reminders():
    queue_renewal_reminders.delay()
    send_bulk.delay()


def then_patient_and_physician_get_one_mail_each(certification):
    reminders = Notification.objects.filter(kind="renewal_reminder", status="sent")
    assert sorted(reminders.values_list("recipient", flat=True)) == sorted(
        ["rosa@example.org", certification.physician.email]
    )
    body = mails_to("rosa@example.org")[-1].body
    last_day = certification.expires_date - timedelta(days=1)
    assert f"{last_day:%B} {last_day.day}, {last_day.year}" in body


def when_the_physician_renews_it(physician, certification):
    amara, today = certification.physician, timezone.localdate()
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    physician.opens(f"/certification/{certification.uuid}/renew/")
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
    physician.ticks("still_eligible", *ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.submits()


def then_no_further_reminder_is_sent(certification):
    certification.refresh_from_db()
    assert certification.status == Certification.Status.SUPERSEDED
    assert Certification.objects.active().get(patient=certification.patient).renewal_of == certification
    assert Notification.objects.filter(kind="renewal_reminder").count() == 2
