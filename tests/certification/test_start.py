"""The first page of an office: what waits, since when, and for whom."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.actions import suspend_physician
from audit.models import Event
from certification.presenters.start import office_start
from tests import factories
from tests.certification.test_applicants import prepared as prepared_by_applicant
from tests.certification.test_to_sign import prepared, url
from tests.shared import shared

pytestmark = pytest.mark.django_db
START = "/certification/start/"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


@shared
def delegate(physician):
    return factories.delegate(physician)


def lines_of(client, part="waits"):
    """Return the counts that are not 0, by their words."""
    return {line.noun: line.count for line in getattr(client.get(START).context["start"], part) if line.count}


def labels(client):
    """Return the items of the menu with their counts."""
    items = client.get(START).context["navigation"]
    return [(item.label, item.waiting) for item in items]


# --- What waits -----------------------------------------------------------------------------------------------------


def test_an_empty_office_has_only_quiet_zeros(client):
    page = client.get(START).content.decode()

    assert lines_of(client) == {}
    assert "start-number--none" in page and 'class="start-number"' not in page
    assert "Add new patient" in page


def test_a_physician_signs_the_draft_that_has_waited_longest(client, physician, delegate):
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        first = prepared(physician, delegate)
    prepared(physician, delegate)

    start = client.get(START).context["start"]

    line = start.waits[0]
    assert (line.count, line.noun, line.url) == (2, "drafts to sign", "/certification/?show=sign")
    assert (start.to_sign, start.first_to_sign) == (2, url(first, "sign"))
    first.refresh_from_db()
    assert line.since == first.prepared_at


def test_a_delegate_reads_the_same_and_signs_nothing(client, physician, delegate):
    prepared(physician, delegate)
    office = factories.client_for(delegate)

    page = office.get(START)

    assert lines_of(office) == {"draft for the physician to sign": 1}
    assert page.context["start"].to_sign == 0
    assert url(prepared(physician, delegate), "sign") not in page.content.decode()
    assert "Add new patient" in page.content.decode()


def test_reports_and_requests_are_counted_apart_and_the_late_one_is_marked(client, physician):
    certification = factories.certification(physician)
    factories.patient_request(certification, kind="follow_up")
    with time_machine.travel(timezone.now() - timedelta(days=9), tick=False):
        factories.patient_request(certification, kind="lost_card")

    start = client.get(START).context["start"]

    reports, requests = start.waits[-2:]
    assert (reports.count, reports.is_late, requests.count, requests.is_late) == (1, True, 1, False)
    assert [row.asked.kind for row in start.asked] == ["lost_card", "follow_up"]
    assert certification.patient.name in client.get(START).content.decode()


def test_only_the_first_requests_are_shown_and_the_others_are_counted(client, physician):
    for _ in range(7):
        factories.patient_request(factories.certification(physician), kind="follow_up")

    start = client.get(START).context["start"]

    assert (len(start.asked), start.more_asked, start.waits[-1].count) == (5, 2, 7)


def test_what_is_due_and_what_runs_leads_to_its_lists(client, physician):
    day = timezone.localdate() + timedelta(days=20 - 365)
    factories.certification(physician, on=day, joined=False)
    factories.certification(physician, joined=False)

    assert lines_of(client, "due") == {"end within 30 days": 1, "end within 60 days": 1}
    assert lines_of(client, "patients") == {"active": 2}
    start = client.get(START).context["start"]
    for line in (*start.waits, *start.due, *start.patients):
        assert line.url == "#asked" or client.get(line.url).status_code == 200


def test_nobody_reads_of_another_office(client, physician):
    stranger = factories.identified_physician()
    certification = factories.certification(stranger)
    factories.patient_request(certification, kind="follow_up")
    prepared(stranger, factories.delegate(stranger))

    assert (lines_of(client), lines_of(client, "patients")) == ({}, {})
    assert certification.patient.name not in client.get(START).content.decode()


def test_a_physician_who_cannot_certify_reads_why(physician):
    suspend_physician(physician=physician, reason="Board order.", by=factories.staff("Registrar"))

    page = factories.client_for(physician.user).get(START).content.decode()

    assert "You cannot certify today" in page and "not open for certifying" in page


def test_a_registration_that_ends_soon_is_named():
    soon = {"expires_date": timezone.localdate() + timedelta(days=20)}
    physician = factories.identified_physician(registrations_over={"dea": soon})

    [lapse] = factories.client_for(physician.user).get(START).context["start"].ending

    assert lapse.last_day == timezone.localdate() + timedelta(days=19)


def test_an_applicant_reads_what_is_still_needed_and_prepares():
    application = factories.application()
    prepared_by_applicant(application)
    client = factories.client_for(application.user)

    page = client.get(START).content.decode()

    assert "What is still needed" in page and "Prepare patients" in page
    assert lines_of(client) == {"draft to sign once you are verified": 1}
    assert "Due for renewal" not in page


def test_a_look_at_the_start_page_is_one_event(client, physician):
    client.get(START)

    assert Event.objects.get(action="certification.overview").actor_id == physician.user.pk


@pytest.mark.parametrize("group", ["Pharmacist", "Registrar"])
def test_the_start_page_of_an_office_is_closed_to_others(group, physician):
    patient = factories.certification(physician).patient
    for account in (factories.staff(group), patient.user, factories.user()):
        assert factories.client_for(account).get(START).status_code == 404


def test_a_physician_identifies_before_anything_is_told(physician, delegate):
    prepared(physician, delegate)
    client = factories.client_for(physician.user, identified=False)

    assert client.get(START).url == "/accounts/physician/identify/?next=%2Fcertification%2Fstart%2F"
    items = client.get("/quick-reference/").context["navigation"]
    assert [item.waiting for item in items] == [0] * 6


def test_the_page_takes_few_queries_however_many_wait(client, physician, delegate, django_assert_max_num_queries):
    for _ in range(6):
        prepared(physician, delegate)
        factories.patient_request(factories.certification(physician), kind="follow_up")
    account = client.get(START).wsgi_request.user

    with django_assert_max_num_queries(8):
        office_start(account, account.person, today=timezone.localdate())


# --- The menu -------------------------------------------------------------------------------------------------------


def test_the_menu_of_a_physician_counts_what_is_to_be_signed(client, physician, delegate):
    assert labels(client) == [
        ("Start", 0),
        ("My patients", 0),
        ("To sign", 0),
        ("My office", 0),
        ("Eligibility", 0),
        ("Quick reference", 0),
    ]
    prepared(physician, delegate)
    assert ("To sign", 1) in labels(client)
    assert 'To sign <span class="nav__count">1</span>' in client.get(START).content.decode()


def test_the_menu_of_a_delegate_has_the_quick_reference_and_no_signing(delegate):
    assert [label for label, _count in labels(factories.client_for(delegate))] == [
        "Start",
        "Patients",
        "Quick reference",
    ]


@pytest.mark.parametrize(
    ("address", "current"),
    [
        (START, "Start"),
        ("/certification/", "My patients"),
        ("/certification/?show=active", "My patients"),
        ("/certification/?show=sign", "To sign"),
        ("/quick-reference/", "Quick reference"),
    ],
)
def test_one_item_of_the_menu_is_where_the_reader_is(client, address, current):
    items = client.get(address).context["navigation"]

    assert [item.label for item in items if item.is_current] == [current]
