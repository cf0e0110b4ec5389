"""A physician leaves practice: from which day it counts, who is notified, and what stays in force."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts import actions, rules
from accounts.backends import PortalBackend
from accounts.models import Delegate, Physician
from audit.models import Event
from certification.actions import prepare_renewal, queue_renewal_reminders, sign_draft, withdraw_certification
from certification.models import Certification, Draft
from certification.rules import draft_digest
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


def leave(physician, days=0):
    return actions.leave_practice(physician=physician, date=timezone.localdate() + days * DAY, by=physician.user)


def notified():
    rows = Notification.objects.filter(kind="practice_left").order_by("pk")
    return [(row.context["role"], row.recipient, row.channel) for row in rows]


def test_leave_practice_today_stops_certifying_at_once(physician):
    draft = factories.draft(physician)

    left = leave(physician)

    assert (left.status, left.left_date) == ("left", timezone.localdate())
    with pytest.raises(rules.NotEligible, match="call the program"):
        rules.check_may_sign(left, by=physician.user, today=timezone.localdate())
    assert "Please call the program" in sign(physician, draft)
    assert Event.objects.get(action="physician.leave").reason == timezone.localdate().isoformat()


def sign(physician, draft):
    page = factories.client_for(physician.user).post(
        f"/certification/{draft.uuid}/sign/",
        {**forms.statement(), "signature_name": physician.name, "seen": draft_digest(draft.answers)},
        follow=True,
    )
    return page.content.decode()


def test_leave_practice_on_a_day_ahead_counts_from_that_day(physician):
    leave(physician, days=10)
    assert Physician.objects.get().status == "verified"
    rules.check_physician_is_eligible(Physician.objects.get(), today=timezone.localdate() + 9 * DAY)
    with pytest.raises(rules.NotEligible, match="left practice"):
        rules.check_physician_is_eligible(Physician.objects.get(), today=timezone.localdate() + 10 * DAY)


@pytest.mark.parametrize("days", [-1, -400])
def test_check_leave_date_refuses_a_day_that_is_past(physician, days):
    with pytest.raises(rules.LeaveError, match="today or a later day") as refused:
        leave(physician, days)
    assert refused.value.field == "date"
    assert Physician.objects.get().left_date is None


def test_check_leave_date_refuses_a_physician_who_has_left(physician):
    leave(physician)
    with pytest.raises(rules.LeaveError, match="already"):
        leave(physician, days=5)


def test_leave_practice_ends_the_delegations_on_that_day_and_moves_with_it(physician):
    account = factories.delegate(physician)
    actions.name_delegate(physician=physician, email="waits@example.org", by=physician.user)
    for days in (10, 20):
        leave(physician, days)
        last = timezone.localdate() + days * DAY
        assert set(Delegate.objects.values_list("ended_date", flat=True)) == {last}
    assert PortalBackend().get_user(account.pk).person.is_delegate
    with time_machine.travel(timezone.now() + 20 * DAY, tick=False):
        assert not PortalBackend().get_user(account.pk).person.is_delegate


def test_patients_are_notified_at_once_by_mail_or_by_a_call(physician):
    factories.certification(physician, joined=False, profile=factories.profile(email="rosa@example.org"))
    child = factories.profile(
        email="", has_no_email=True, phone="+12035550111", birth_date=timezone.localdate() - 4000 * DAY
    )
    factories.certification(
        physician,
        joined=False,
        profile=child,
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(email="nora@example.org"),
    )
    gone = factories.certification(physician, joined=False)
    withdraw_certification(certification=gone, reason="Moved.", by=physician.user)
    factories.certification(physician, joined=False, on=timezone.localdate() - 380 * DAY)
    factories.certification(joined=False)

    leave(physician)

    assert notified() == [
        ("patient", "rosa@example.org", "email"),
        ("patient", "+12035550111", "phone"),
        ("caregiver", "nora@example.org", "email"),
    ]


def test_the_mail_says_which_certification_runs_on_and_who_answers(physician):
    certification = factories.certification(
        physician, joined=False, profile=factories.profile(email="rosa@example.org")
    )
    leave(physician, days=10)
    send_due(by=None)
    message = next(
        sent for sent in mail.outbox if sent.subject == "Please read: a change that concerns your registration"
    )
    first_day, last_day = timezone.localdate() + 10 * DAY, certification.last_valid_day
    assert f"Dr. Amara Osei does not certify any more from {first_day:%A, %B %-d, %Y} on." in message.body
    assert f"it is valid through {last_day:%A, %B %-d, %Y}" in message.body
    assert "find another physician" in message.body and "(203) 555-0100" in message.body
    assert str(physician.phone) not in message.body and "find another physician" in message.alternatives[0].content


def test_the_physician_gets_the_day_and_a_number_to_call_if_it_is_wrong(physician):
    leave(physician, days=10), leave(physician, days=20)
    send_due(by=None)
    [message] = [sent for sent in mail.outbox if sent.to == [physician.email] and "leave practice" in sent.subject]
    assert f"from {timezone.localdate() + 20 * DAY:%A, %B %-d, %Y} on" in message.body
    assert "Is this wrong? Call us right away: (203) 555-0100." in message.body
    assert "Is this wrong?" in message.alternatives[0].content


def test_the_mail_is_dropped_when_another_certification_took_the_place(physician):
    certification = factories.certification(physician, joined=False)
    leave(physician, days=10)
    withdraw_certification(certification=certification, reason="Moved.", by=physician.user)
    send_due(by=None)
    assert Notification.objects.get(kind="practice_left").status == "cancelled"


def test_certifications_run_on_and_allow_orders(physician):
    certification = factories.certification(physician)
    leave(physician)
    certification.refresh_from_db()
    assert certification.is_valid_on(timezone.localdate() + 300 * DAY)
    page = factories.client_for(certification.patient.user).get("/home/").content.decode()
    assert "Valid through" in page and "Dr. Amara Osei does not certify any more" in page
    assert factories.order(certification.patient).status == "placed"


def test_a_reminder_after_the_physician_left_goes_to_the_patient_alone_and_names_us(physician):
    factories.certification(
        physician, joined=False, on=timezone.localdate() - 345 * DAY, profile=factories.profile(email="r@example.org")
    )
    leave(physician)
    queue_renewal_reminders(today=timezone.localdate(), by=None)
    assert Notification.objects.get(kind="renewal_reminder").recipient == "r@example.org"
    mail.outbox.clear()
    send_due(by=None)
    [reminder] = [sent for sent in mail.outbox if sent.subject.startswith("Renewal")]
    assert "has left practice" in reminder.body and physician.phone.as_national not in reminder.body


def test_a_prepared_renewal_is_signed_by_nobody_after_the_physician_left(physician):
    certification = factories.certification(physician, joined=False, on=timezone.localdate() - 345 * DAY)
    prepare_renewal(
        draft=Draft.objects.renewing(certification),
        questions=factories.questions(),
        condition=factories.condition(),
        by=factories.delegate(physician),
    )
    leave(physician)
    with pytest.raises(rules.NotEligible):
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
    assert Certification.objects.active().get() == certification


# --- The Registrar's page -------------------------------------------------------------------------------------------


def boxes(day):
    return {"date_month": day.month, "date_day": day.day, "date_year": day.year}


def test_the_registrar_enters_a_leave_on_a_page_that_says_what_follows(physician):
    factories.certification(physician, joined=False)
    client = factories.client_for(factories.staff("Registrar"))
    page = f"/admin/accounts/physician/{physician.pk}/"
    assert f"{page}step/leave/" in client.get(f"{page}change/").content.decode()
    assert "The patients are asked at once" in client.get(f"{page}step/leave/").content.decode()

    refused = client.post(f"{page}step/leave/", boxes(timezone.localdate() - DAY))
    assert "Choose today or a later day" in refused.content.decode()
    assert client.post(f"{page}step/leave/", boxes(timezone.localdate())).url == f"{page}change/"

    assert Physician.objects.get().status == "left" and len(notified()) == 1
    assert "step/leave/" not in client.get(f"{page}change/").content.decode()


def test_the_auditor_records_nothing(physician):
    client = factories.client_for(factories.staff("Auditor"))
    assert (
        client.post(f"/admin/accounts/physician/{physician.pk}/step/leave/", boxes(timezone.localdate())).status_code
        == 403
    )
    assert Physician.objects.get().left_date is None


# --- The page of the physician --------------------------------------------------------------------------------------

LEAVE = "/accounts/physician/leave/"


def typed(day, **over):
    return {"date_month": day.month, "date_day": day.day, "date_year": day.year, "is_understood": "on", **over}


def test_a_physician_announces_a_leave(physician):
    client = factories.client_for(physician.user)
    factories.certification(physician)
    day = timezone.localdate() + 30 * DAY
    assert LEAVE in client.get("/accounts/physician/").content.decode()

    page = client.post(LEAVE, typed(day), follow=True).content.decode()

    assert ("Your patients are being notified." in page, "You leave practice on" in page) == (True, True)
    assert Physician.objects.get().left_date == day
    assert {role for role, _address, _channel in notified()} == {"patient"}


@pytest.mark.parametrize(
    ("days", "over", "sentence"),
    [
        (-1, {}, "Choose today or a later day"),
        (366, {}, "Choose a day within the next 365 days"),
        (30, {"is_understood": ""}, "Tick that you understand"),
        (30, {"date_day": "x"}, "date"),
    ],
)
def test_a_leave_that_does_not_fit_is_refused_beside_the_field(physician, days, over, sentence):
    response = factories.client_for(physician.user).post(LEAVE, typed(timezone.localdate() + days * DAY, **over))
    assert (response.status_code, sentence in response.content.decode()) == (200, True)
    assert (Physician.objects.get().left_date, notified()) == (None, [])


def test_leaving_practice_asks_for_the_password_again(physician):
    client = factories.client_for(physician.user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1, "reauthenticated": True}]
    session.save()
    response = client.post(LEAVE, typed(timezone.localdate()))
    assert (response.status_code, Physician.objects.get().left_date) == (302, None)
    assert "/reauthenticate/" in response.url
