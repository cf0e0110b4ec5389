"""The list of what is due: its groups by day, what its rows offer, and who sees them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from certification.actions import prepare_renewal, withdraw_certification
from certification.models import Draft
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def ending(physician, days_left, **over):
    """Make a certification that expires in `days_left` days; with 0, yesterday was its last day."""
    day = timezone.localdate() + timedelta(days=days_left - 365)
    return factories.certification(physician, on=day, joined=False, profile=factories.profile(**over))


def shown(client, within, **query):
    return [row.certification for row in client.get("/certification/due/", {"within": within, **query}).context["rows"]]


def counts(client):
    return {shown.name: shown.count for shown in client.get("/certification/due/").context["filters"]}


@pytest.mark.parametrize(
    ("days_left", "groups"),
    [
        (91, []),
        (90, ["90"]),
        (60, ["60", "90"]),
        (31, ["60", "90"]),
        (30, ["30", "60", "90"]),
        (7, ["7", "30", "60", "90"]),
        (1, ["7", "30", "60", "90"]),
        (0, ["expired"]),
    ],
)
def test_due_list_puts_each_day_into_its_groups(client, physician, days_left, groups):
    certification = ending(physician, days_left)
    assert [name for name, count in counts(client).items() if count] == groups
    assert all(shown(client, name) == [certification] for name in groups)


def test_due_list_shows_the_soonest_end_first_and_of_the_expired_the_latest(client, physician):
    later, sooner, long_ago, lately = (ending(physician, days) for days in (20, 10, -40, -4))
    assert shown(client, "30") == shown(client, "nonsense") == [sooner, later]
    assert shown(client, "expired") == [lately, long_ago]


def test_due_list_offers_renewal_once_it_is_open_else_says_when(client, physician):
    now, later = ending(physician, 30), ending(physician, 31)
    page = client.get("/certification/due/?within=90").content.decode()
    opens = timezone.localdate() + timedelta(days=1)
    assert f"/certification/{now.uuid}/renew/" in page and f"/certification/{later.uuid}/renew/" not in page
    assert f"Renewal opens {opens:%B} {opens.day}, {opens.year}" in page


def test_due_list_shows_a_renewal_that_waits_for_the_signature(client, physician):
    prepare_renewal(
        draft=Draft.objects.renewing(ending(physician, 20)),
        questions=factories.questions(),
        condition=factories.condition(),
        by=physician.user,
    )
    assert "Sign the renewal" in client.get("/certification/due/").content.decode()
    delegate = factories.client_for(factories.delegate(physician))
    assert "Waits for the signature" in delegate.get("/certification/due/").content.decode()


@pytest.mark.parametrize(("days_left", "words"), [(2, "1 more day"), (1, "today is the last day")])
def test_due_list_says_days_left_in_words(client, physician, days_left, words):
    ending(physician, days_left)
    assert words in client.get("/certification/due/").content.decode()


@pytest.mark.parametrize(("days_left", "words"), [(0, "1 day ago"), (-9, "10 days ago")])
def test_due_list_says_how_long_ago_it_ended(client, physician, days_left, words):
    ending(physician, days_left)
    assert words in client.get("/certification/due/?within=expired").content.decode()


def test_due_list_leaves_out_drafts_and_what_was_withdrawn(client, physician):
    factories.draft(physician)
    withdraw_certification(certification=ending(physician, 20), reason="Moved.", by=physician.user)
    assert not any(counts(client).values())
    assert "Nobody here" in client.get("/certification/due/").content.decode()


def test_due_list_is_the_offices_own(physician):
    certification = ending(physician, 20)
    assert shown(factories.client_for(factories.delegate(physician)), "30") == [certification]
    assert shown(factories.client_for(factories.identified_physician().user), "30") == []


def test_due_list_is_recorded(client, physician):
    client.get("/certification/due/")
    assert Event.objects.get(action="certification.due").actor_id == physician.user_id


def test_due_list_asks_as_many_queries_for_300_as_for_3_and_leads_on(client, physician):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            shown(client, "30")
        return len(caught)

    copied = ending(physician, 20)
    factories.copies(copied, 2)
    shown(client, "30")  # the first page of a session writes when it began
    few = queries()
    factories.copies(copied, 297)
    assert queries() == few
    first = client.get("/certification/due/").context
    second = shown(client, "30", cursor=first["page"].next)
    assert len(second) == 50 and not set(second) & {row.certification for row in first["rows"]}


def test_patient_list_leads_to_what_is_due(client, physician):
    for days_left in (31, 30, 0):
        ending(physician, days_left)
    page = client.get("/certification/").content.decode()
    assert 'href="/certification/due/"' in page and "Due for renewal (2)" in page
