"""The weekly message to offices: who gets it, what it counts, and that it comes once a week."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import actions as accounts
from accounts.models import Physician
from certification import actions
from certification.actions import queue_office_weeks
from certification.emails import office_week
from certification.models import Certification, Draft
from certification.rules import office_week as week_of
from notifications import kinds
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.mails import delivered

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # 7 in the morning in New York
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)
    return time_machine


def ending(days, of):
    """Return a certification of the physician that expires in so many days."""
    made = factories.certification(of, joined=False)
    with unguarded():
        Certification.objects.filter(pk=made.pk).update(expires_date=MONDAY.date() + timedelta(days=days))
    return made


def queue(now=MONDAY):
    return queue_office_weeks(now=now, by=None)


def readers():
    rows = Notification.objects.filter(kind="office_week").order_by("pk")
    return [row.recipient for row in rows]


def lines(row):
    words = office_week(row)
    return words and [(count, path) for count, _words, path in words["lines"]]


@pytest.mark.once
def test_offices_are_told_on_monday_from_seven_and_late_on_tuesday():
    found = [week_of(MONDAY + after) for after in (-timedelta(seconds=1), 0 * DAY, DAY, 2 * DAY, 6 * DAY)]
    assert found == [None, "2026-W48", "2026-W48", None, None]


def test_queue_office_weeks_counts_what_is_due_without_a_name():
    doctor = factories.identified_physician()
    for days in (10, 30, 60, 61, 91):
        ending(days, doctor)
    draft = factories.draft(doctor, statement=None)
    asked = factories.certification(doctor)
    factories.patient_request(asked)
    due, patients = "/certification/due/", "/certification/"
    assert (queue(), queue(), queue(MONDAY + DAY)) == (1, 0, 0)
    row = Notification.objects.get(kind="office_week")
    begun = "sign" if draft.prepared_at else "draft"
    assert lines(row) == [
        (2, f"{due}?within=30"), (3, f"{due}?within=60"), (4, f"{due}?within=90"),
        (1, f"{patients}?show={begun}"), (1, patients),
    ]  # fmt: skip
    message = next(mail for mail in delivered() if mail.to == [doctor.email] and "week" in mail.subject)
    for part in (message.subject, message.body, message.alternatives[0].content):
        assert "Delgado" not in part and "Rosa" not in part


def test_each_number_is_that_of_the_list_it_links_to():
    doctor = factories.identified_physician()
    for days in (10, 40, 80):
        ending(days, doctor)
    queue()
    client = factories.client_for(doctor.user)
    for count, path in lines(Notification.objects.get(kind="office_week")):
        assert len(client.get(path).context["rows"]) == count


def test_nothing_is_sent_when_nothing_is_due():
    doctor = factories.identified_physician()
    ending(200, doctor)
    assert (queue(), readers()) == (0, [])
    soon = ending(20, doctor)
    assert queue() == 1
    actions.withdraw_certification(certification=soon, reason="Moved.", by=doctor.user)
    assert lines(Notification.objects.get(kind="office_week")) is None


def test_a_delegate_gets_one_for_all_physicians_and_those_who_left_get_none():
    doctor, other, gone = (factories.identified_physician() for _ in range(3))
    for each in (doctor, other, gone):
        ending(20, each)
    account = factories.delegate(doctor)
    for each in (other, gone):
        accounts.name_delegate(physician=each, email=account.email, by=each.user)
    accounts.activate_delegations(user=account, by=account)
    with unguarded():
        Physician.objects.filter(pk=gone.pk).update(status="left", left_date=MONDAY.date())
    assert queue() == 3
    assert set(readers()) == {doctor.email, other.email, account.email}
    assert lines(Notification.objects.get(recipient=account.email, kind="office_week"))[0][0] == 2


def test_the_queries_do_not_grow_with_the_offices(django_assert_max_num_queries):
    for _more in range(3):
        ending(20, factories.identified_physician())
    with django_assert_max_num_queries(6):  # two statements in a savepoint, on PostgreSQL each with a setting
        queue()
    rows = list(Notification.objects.filter(kind="office_week"))
    assert len(rows) == 3 and Draft.objects.count() == 0
    with django_assert_max_num_queries(5):
        assert len([words for words in kinds.words_of_many(rows).values() if words]) == 3
