import json
from datetime import date, datetime, time
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Physician, User
from accounts.rules import check_dea_number
from audit.models import Event
from certification.models import Certification, Condition, Draft
from delivery.models import DeliveryWindow, Order, Product, Run
from dispensing.models import Destruction, LogEntry, ReportRecord, SelfAssessment
from pages import demo

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def _debug(settings):
    settings.DEBUG = True


def test_seed_demo_refuses_unless_debug():
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("seed_demo")
    assert not User.objects.exists()


@pytest.mark.usefixtures("_debug")
def test_seed_demo_makes_one_of_each_role_and_state():
    rows = json.loads(run("seed_demo", "--json"))
    assert {"role", "email", "password", "dea_number", "ssn_last_four", "about"} == set(rows[0])
    assert {row["role"] for row in rows} >= {"Physician", "Delegate", "Patient", "Caregiver", *demo.STAFF}
    assert Certification.objects.filter(status="active").count() == 6
    assert Draft.objects.prepared().count() == 2
    assert Product.objects.count() == 30 and DeliveryWindow.objects.count() == 18
    statuses = sorted(Order.objects.placed().values_list("status", flat=True))
    assert statuses == ["confirmed", "delivered", "packed", "packed", "placed"]
    delivered = Order.objects.get(status="delivered")
    assert list(delivered.units.values_list("place", flat=True)) == ["patient", "doomed"]
    assert ReportRecord.objects.get().status == "accepted" and LogEntry.objects.get().unit.order == delivered
    assert Destruction.objects.waiting().exists() and SelfAssessment.objects.answered().exists()


@pytest.mark.parametrize("today", ["2026-11-24 09:00", "2026-11-25 09:00"])  # a Tuesday, a Wednesday
@pytest.mark.usefixtures("_debug")
def test_seed_demo_makes_a_run_for_the_next_wednesday(today):
    with time_machine.travel(datetime.fromisoformat(today).replace(tzinfo=NEW_YORK), tick=False):
        rows = json.loads(run("seed_demo", "--json"))
        made = Run.objects.exclude(orders__status="delivered").get()
    (driver,) = [row["email"] for row in rows if row["role"] == "Driver"]
    wednesday = {"2026-11-24 09:00": date(2026, 11, 25), "2026-11-25 09:00": date(2026, 12, 2)}[today]
    assert (made.driver.email, made.vehicle, made.window.date) == (driver, "Van 1", wednesday)
    assert (made.window.starts, made.window.capacity, made.opened_at, made.closed_at) == (time(9, 30), 20, None, None)
    assert sorted(made.orders.values_list("status", flat=True)) == ["confirmed", "packed", "packed"]


@pytest.mark.usefixtures("_debug")
def test_seed_demo_twice_changes_nothing():
    first = run("seed_demo")
    events = Event.objects.count()
    assert run("seed_demo") == first
    assert (Event.objects.count(), Physician.objects.count()) == (events, 3)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-24 09:00",  # Tuesday, both windows of Wednesday are open
        "2026-11-24 11:00",  # the first window has closed
        "2026-11-24 14:00",  # both windows have closed
        "2028-02-29 12:00",
        "2027-02-08 12:00",  # 21 days before 1 March
    ],
)
@pytest.mark.usefixtures("_debug")
def test_seed_demo_works_at_any_moment(moment):
    with time_machine.travel(datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK), tick=False):
        run("seed_demo")
        samuel = Certification.objects.active().get(patient__first_name="Samuel")
        assert (samuel.last_valid_day - timezone.localdate()).days == 20
    assert Order.objects.with_hold().count() == 4


def test_demo_dea_numbers_pass_the_check_digit():
    numbers = [person.dea_number for person in demo.PEOPLE if person.dea_number]
    assert len(numbers) == 4
    for number in numbers:
        assert check_dea_number(number) is None


def test_sync_reference_data_twice_changes_nothing():
    call_command("sync_reference_data")
    conditions = list(Condition.objects.values_list("code", flat=True))
    call_command("sync_reference_data")
    assert list(Condition.objects.values_list("code", flat=True)) == conditions
    assert Condition.objects.filter(for_adults=True).count() == 40
    assert Condition.objects.filter(for_minors=True).count() == 11


def test_run_jobs_runs_every_job_of_the_timetable():
    lines = run("run_jobs").splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "note-beat", "send-due-notifications", "send-texts", "seal-audit", "mail-newest-seal", "read-bounces",
        "drop-calls",
        "import-rosters",
        "queue-renewal-reminders", "finish-renewal-reminders", "send-bulk-notifications", "discard-old-drafts",
        "recheck-registrations", "reset-due-mfa", "make-windows", "purge-ended", "check-counts", "plan-windows",
        "notify-waiting-list", "queue-office-weeks", "queue-staff-summaries", "announce-deliveries", "remind-recalled",
        "tell-packs-ready", "make-papers", "delete-old-papers", "ask-assessments", "make-reports", "send-reports",
        "alarm-reports", "fetch-report-answers", "make-zero-reports", "lapse-orders",
    ]  # fmt: skip
    assert DeliveryWindow.objects.count() == 16


def test_print_states_says_what_the_code_says():
    call_command("print_states", "--check")
    assert "| refuse | confirmed, packed, placed | refused | staff who may change orders |" in run("print_states")


def test_print_states_check_finds_a_difference(tmp_path, monkeypatch):
    from pages.management.commands import print_states

    monkeypatch.setattr(print_states, "FILE", tmp_path / "states.md")
    with pytest.raises(CommandError, match="--write"):
        call_command("print_states", "--check")
