"""The nightly check: it finds ended and ending registrations, physicians who left and old rosters, and writes once."""

from copy import copy
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions, rules, tasks
from accounts.models import Physician, Registration, RosterImport
from audit.models import Event
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def ending(on, **kinds):
    """Return a physician whose state registration ends on that day; `kinds` changes other registrations."""
    over = {"controlled_substance": {"expires_date": on}, **kinds}
    return factories.physician(registrations_over=over)


def recheck(today=None):
    return actions.recheck_registrations(today=today or timezone.localdate(), by=None)


def recipients(kind, **over):
    return list(Notification.objects.filter(kind=kind, **over).order_by("pk").values_list("recipient", flat=True))


def body_of(kind):
    mail.outbox.clear()
    send_due(by=None)
    [row] = Notification.objects.filter(kind=kind)
    [message] = [message for message in mail.outbox if message.to == [row.recipient]]
    return message


# --- Ends -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "kinds"),
    [(61, []), (60, ["registration_ending"]), (1, ["registration_ending"]), (0, ["registration_ended"]),
     (-29, ["registration_ended"]), (-30, [])],
)  # fmt: skip
def test_recheck_registrations_announces_an_end_60_days_before_and_30_days_after(days, kinds):
    ending(timezone.localdate() + timedelta(days=days))
    recheck()
    assert list(Notification.objects.values_list("kind", flat=True)) == kinds


def test_recheck_registrations_again_finds_nothing():
    today = timezone.localdate()
    ending(today), ending(today + 10 * DAY)
    first, second = recheck(), recheck()
    assert (dict(first.ended), dict(first.ending), first.left) == (
        {"controlled_substance": 1}, {"controlled_substance": 1}, 0,
    )  # fmt: skip
    assert second == ({}, {}, 0)
    assert Event.objects.get(action="registration.recheck").reason == "1 ended, 1 ending, 0 left"


def test_recheck_registrations_announces_an_end_once_before_and_once_after():
    today = timezone.localdate()
    ending(today + 70 * DAY)
    for day in range(140):
        recheck(today + day * DAY)
    assert sorted(Notification.objects.values_list("kind", flat=True)) == ["registration_ended", "registration_ending"]


def test_recheck_registrations_announces_the_next_end_after_a_renewal():
    today = timezone.localdate()
    physician = ending(today)
    recheck()
    actions.set_registration(
        physician=physician, kind="controlled_substance", expires_date=today + 700 * DAY, source="roster", by=None
    )
    recheck(today + 690 * DAY), recheck(today + 700 * DAY)
    assert len(recipients("registration_ended", recipient=physician.email, context__registrations__0__gt=0)) == 2


def test_two_ends_of_one_night_are_one_mail():
    today = timezone.localdate()
    physician = ending(today, dea={"expires_date": today - DAY})
    recheck()
    assert recipients("registration_ended") == [physician.email]
    message = body_of("registration_ended")
    assert "Connecticut controlled substance registration" in message.body and "DEA registration" in message.body
    assert f"{today - DAY:%B %-d, %Y}" in message.body and f"{today - 2 * DAY:%B %-d, %Y}" in message.body
    assert "http://testserver/accounts/physician/" in message.alternatives[0].content


@pytest.mark.parametrize("state", [{"status": "suspended"}, {"status": "left", "left_date": timezone.localdate()}])
def test_recheck_registrations_skips_physicians_who_may_not_certify_anyway(state):
    ending(timezone.localdate())
    with unguarded():
        Physician.objects.update(**state)
    recheck()
    assert not Notification.objects.exists()


def test_a_message_about_an_end_is_dropped_after_a_renewal():
    today = timezone.localdate()
    physician = ending(today)
    recheck()
    actions.set_registration(
        physician=physician, kind="controlled_substance", expires_date=today + 700 * DAY, source="roster", by=None
    )
    send_due(by=None)
    assert Notification.objects.get(kind="registration_ended").status == "cancelled"


def test_the_warning_names_the_last_day_that_counts():
    ends = timezone.localdate() + 30 * DAY
    ending(ends)
    recheck()
    message = body_of("registration_ending")
    assert f"valid through {ends - DAY:%A, %B %-d, %Y}" in message.body
    assert message.subject == "Renew in time: a registration ends soon"


def test_an_announced_last_day_comes_true():
    physician, today = factories.identified_physician(), timezone.localdate()
    actions.leave_practice(physician=physician, date=today + 10 * DAY, by=physician.user)

    for day, status, found in ((9, "verified", 0), (10, "left", 1), (11, "left", 0)):
        assert recheck(today + day * DAY).left == found
        assert Physician.objects.get().status == status


# --- The Registrars -------------------------------------------------------------------------------------------------


def test_each_registrar_has_one_summary_a_night():
    today = timezone.localdate()
    registrars = [factories.staff("Registrar"), factories.staff("Registrar")]
    factories.staff("Registrar", is_active=False) or factories.staff("Pharmacist")
    ending(today), ending(today), ending(today, dea={"expires_date": today})
    recheck()
    assert recipients("registrations_rechecked") == [registrar.email for registrar in registrars]
    mail.outbox.clear()
    send_due(by=None)
    [message] = [sent for sent in mail.outbox if sent.to == [registrars[0].email]]
    assert message.subject == "4 registrations have ended"
    assert "- Connecticut controlled substance registration: 3\n- DEA registration: 1" in message.body
    assert "http://testserver/admin/accounts/physician/" in message.body


def test_warnings_alone_make_no_summary():
    factories.staff("Registrar")
    ending(timezone.localdate() + 5 * DAY)
    recheck()
    assert recipients("registrations_rechecked") == []


@pytest.mark.parametrize(("age", "is_old"), [(6 * DAY, False), (7 * DAY, False), (7 * DAY + DAY / 24, True)])
def test_old_roster_read_at_after_seven_days(age, is_old):
    factories.physician()
    read_at = Registration.objects.latest("verified_at").verified_at
    assert rules.old_roster_read_at(now=read_at + age) == (read_at if is_old else None)


def test_old_roster_read_at_looks_at_rosters_alone():
    factories.physician(registrations_over={kind: {"source": "manual"} for kind in ("dea", "controlled_substance")})
    with unguarded():
        Registration.objects.filter(source="roster").delete()
    assert rules.old_roster_read_at(now=timezone.now() + 90 * DAY) is None


def test_old_roster_read_at_counts_an_import_that_changed_nothing():
    factories.physician()
    now = timezone.now() + 30 * DAY
    with unguarded():
        for kind, is_dry_run, age in (("program", False, 2), ("program", True, 1), ("dea", False, 1)):
            RosterImport.objects.create(
                kind=kind,
                is_dry_run=is_dry_run,
                status="finished",
                started_at=now - age * DAY,
                finished_at=now - age * DAY,
            )
    assert rules.old_roster_read_at(now=now) is None
    assert rules.old_roster_read_at(now=now + 6 * DAY) == now - 2 * DAY


def test_the_registrars_are_notified_of_an_old_roster_once_a_week():
    factories.staff("Registrar")
    factories.physician()
    start = timezone.now()
    nights = []
    for day in range(30):
        with time_machine.travel(start + day * DAY, tick=False):
            before = len(recipients("registrations_rechecked"))
            recheck()
            nights += [day] * (len(recipients("registrations_rechecked")) - before)
    assert nights == [7, 14, 21, 28]
    mail.outbox.clear()
    with time_machine.travel(start + 28 * DAY, tick=False):
        send_due(by=None)
    assert {message.subject for message in mail.outbox} == {"The roster is more than 7 days old"}
    assert f"{timezone.localdate(start):%B %-d, %Y}" in mail.outbox[0].body


def test_a_second_check_of_a_day_announces_what_is_new():
    factories.staff("Registrar")
    today = timezone.localdate()
    ending(today)
    recheck(), recheck()
    ending(today, dea={"expires_date": today})
    recheck(), recheck()
    summaries = Notification.objects.filter(kind="registrations_rechecked").order_by("pk")
    found = [summary.context["ended"] for summary in summaries]
    assert found == [{"controlled_substance": 1}, {"controlled_substance": 1, "dea": 1}]


def test_a_second_check_of_a_day_does_not_announce_the_old_roster_again():
    factories.staff("Registrar")
    factories.physician()
    with time_machine.travel(timezone.now() + 8 * DAY, tick=False):
        for _ in range(2):
            ending(timezone.localdate())
            with unguarded():
                Registration.objects.update(verified_at=timezone.now() - 8 * DAY)
            recheck(), recheck()
    contexts = Notification.objects.filter(kind="registrations_rechecked").values_list("context", flat=True)
    assert [bool(context["ended"]) for context in contexts].count(True) == 2
    assert [bool(context["roster_read_on"]) for context in contexts].count(True) == 1


# --- Many at once ---------------------------------------------------------------------------------------------------

LAPSE = date(2027, 3, 1)  # valid through 28 February of an odd year


def queries_of_a_night(monkeypatch):
    woken = []
    monkeypatch.setattr("notifications.actions._wake_sender", lambda: woken.append(1))
    with CaptureQueriesContext(connection) as caught, TestCase.captureOnCommitCallbacks(execute=True):
        recheck(LAPSE)
    assert len(woken) <= 5
    return len(caught)


def many_ending(count, on):
    """Insert so many physicians with two statements instead of an action for each."""
    like = ending(on)
    fields = {
        "first_name": "Ada",
        "last_name": "Lund",
        "search_name": "lund ada",
        "phone": like.phone,
        "ssn_digest": "?",
    }
    physicians = [Physician(dea_number=f"x{n}", email=f"n{n}@example.org", **fields) for n in range(count - 1)]
    state = Registration(kind="controlled_substance", number="CSP.0000001", expires_date=on, verified_at=timezone.now())
    with unguarded():
        Physician.objects.bulk_create(physicians)
        rows = [copy(state) for _ in physicians]
        for row, physician in zip(rows, physicians, strict=True):
            row.physician = physician
        Registration.objects.bulk_create(rows)
    return [like, *physicians]


def test_2000_that_lapse_in_one_night_are_one_mail_each_and_one_summary(monkeypatch):
    registrar = factories.staff("Registrar")
    physicians = many_ending(2000, LAPSE)

    count = queries_of_a_night(monkeypatch)

    assert sorted(recipients("registration_ended")) == sorted(physician.email for physician in physicians)
    assert recipients("registrations_rechecked") == [registrar.email]
    summary = Notification.objects.get(kind="registrations_rechecked")
    assert summary.context["ended"] == {"controlled_substance": 2000}
    assert count <= 80  # four batches; SQLite writes 71 messages in one statement


def test_a_night_in_batches_sends_the_same_messages(monkeypatch):
    monkeypatch.setattr("accounts.actions.recheck.BATCH", 3)
    physicians = [ending(LAPSE, dea={"expires_date": LAPSE}) for _ in range(8)]
    assert recheck(LAPSE).ended == {"controlled_substance": 8, "dea": 8}
    assert recipients("registration_ended") == [physician.email for physician in physicians]


def test_a_night_that_breaks_sends_no_message(monkeypatch):
    factories.staff("Registrar")
    ending(LAPSE)

    def refuse(**_):
        raise RuntimeError

    monkeypatch.setattr("accounts.actions.recheck.rules.old_roster_read_at", refuse)
    with pytest.raises(RuntimeError):
        recheck(LAPSE)
    assert not Notification.objects.exists()
    monkeypatch.undo()
    assert recheck(LAPSE).ended == {"controlled_substance": 1}


def test_the_task_and_the_command_check_the_day_in_new_york():
    ending(date(2026, 12, 2))
    with time_machine.travel(datetime(2026, 12, 2, 4, 30, tzinfo=UTC), tick=False):  # still the first there
        assert tasks.recheck_registrations() == 0
    with time_machine.travel(datetime(2026, 12, 2, 5, 5, tzinfo=UTC), tick=False):
        out = StringIO()
        call_command("recheck_registrations", stdout=out)
        assert tasks.recheck_registrations() == 0
    assert out.getvalue() == "Registrations ended: 1; ending within 60 days: 0; physicians who left: 0.\n"
    assert len(recipients("registration_ended")) == 1
