"""The list of patients: its rows, its search, and the pages that begin and discard a draft."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import activate_delegations, end_delegate, name_delegate
from audit.models import Event
from certification.actions import (
    amend_identity,
    prepare_renewal,
    sign_draft,
    start_draft,
    withdraw_certification,
)
from certification.actions.amending import IDENTITY
from certification.models import Certification, Draft
from certification.models.certifications import office_of
from certification.presenters.groups import DRAFT_GROUPS, GROUPS, counts_of_office, drafts_shown, filters_on
from certification.views import patients
from tests import factories
from tests.certification import forms
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def signed(physician, days_left, **over):
    """Make a certification that ends in `days_left` days; with 0, yesterday was its last valid day."""
    day = timezone.localdate() - timedelta(days=365 - days_left)
    return factories.certification(physician, on=day, joined=False, profile=factories.profile(**over))


def shown(client, address="/certification/"):
    return rows_of(client.get(address))


def rows_of(page):
    """Return the drafts and certifications that the list shows."""
    return [row.draft or row.certification for row in page.context["rows"]]


def found(client, term):
    assert client.post("/certification/", {"term": term}).status_code == 302
    return [certification.patient.first_name for certification in shown(client)]


def test_patient_list_of_a_new_physician_invites_to_add(client):
    page = client.get("/certification/").content.decode()
    assert "No patients yet" in page and "Add new patient" in page


def test_patient_list_puts_first_what_needs_something(client, physician):
    ended, active = signed(physician, 0), signed(physician, 300)
    ending, draft = signed(physician, 30), factories.draft(physician)
    assert shown(client) == [draft, ending, active, ended]


@pytest.mark.parametrize(
    ("show", "expected"),
    [("all", "draft ending active ended"), ("draft", "draft"), ("active", "ending active"), ("ending", "ending"),
     ("ended", "ended"), ("nonsense", "draft ending active ended")],
)  # fmt: skip
def test_patient_list_filters_are_part_of_the_address(client, physician, show, expected):
    made = {"ended": signed(physician, 0), "active": signed(physician, 31), "ending": signed(physician, 30)}
    made["draft"] = factories.draft(physician)
    assert shown(client, f"/certification/?show={show}") == [made[name] for name in expected.split()]


def test_patient_list_counts_withdrawn_without_deliveries_as_ended_and_superseded_nowhere(client, physician):
    withdrawn, old = signed(physician, 300), signed(physician, 10)
    stop_deliveries(withdrawn, timezone.localdate() - timedelta(days=1))
    renewal = sign_draft(
        draft=Draft.objects.renewing(old),
        answers={
            "questions": factories.questions(),
            "condition": factories.condition(),
            "statement": factories.statement(),
        },
        signature_name=physician.name,
        by=physician.user,
    )
    assert shown(client) == [renewal, withdrawn]
    assert shown(client, "/certification/?show=ended") == [withdrawn]


def stop_deliveries(certification, day):
    """Withdraw a certification with `day` as the last day of deliveries, which may be past."""
    with time_machine.travel(min(datetime.combine(day, time(12), UTC), timezone.now()), tick=False):
        withdraw_certification(
            certification=certification, reason="Moved.", deliveries_stop_date=day, by=certification.physician.user
        )


@pytest.mark.parametrize(("days", "show"), [(-1, "ended"), (0, "stopping"), (30, "stopping")])
def test_patient_list_keeps_what_was_withdrawn_apart_until_deliveries_stop(client, physician, days, show):
    certification = signed(physician, 300)
    stop_deliveries(certification, timezone.localdate() + timedelta(days=days))
    filters = client.get("/certification/").context["filters"]
    standing = {shown.name for shown in filters if shown.count}
    assert standing == {"all", show} and shown(client, f"/certification/?show={show}") == [certification]


def test_patient_list_shows_no_filter_for_what_is_withdrawn_while_there_is_none(client, physician):
    signed(physician, 300)
    assert "Withdrawn, still valid" not in client.get("/certification/").content.decode()


def test_patient_list_sorts_in_each_group_and_the_last_ended_first(client, physician):
    long_ago, lately = signed(physician, -40), signed(physician, -4)
    later, sooner = signed(physician, 300), signed(physician, 200)
    assert shown(client) == [sooner, later, long_ago, lately]
    assert shown(client, "/certification/?show=active") == [sooner, later]
    assert shown(client, "/certification/?show=ended") == [lately, long_ago]


def test_patient_list_counts_everybody_once(physician):
    signed(physician, 0), signed(physician, 30), signed(physician, 31), factories.draft(physician)
    counts = counts_of_office(office_of(physician.user, timezone.localdate()), timezone.localdate())
    assert counts["all"] == sum(counts[group] for group in (*DRAFT_GROUPS, *GROUPS)) == 4
    assert (counts["sign"], counts["draft"]) == (0, 1)
    for name, where in filters_on(timezone.localdate()).items():
        drafts = drafts_shown(Draft.objects.all(), name).count()
        assert Certification.objects.filter(where).count() + drafts == counts[name]


@pytest.mark.parametrize(
    ("days_left", "words"),
    [(31, "30 more days"), (2, "1 more day"), (1, "today is the last day"), (0, "Was valid through")],
)
def test_patient_list_says_days_left_in_words(client, physician, days_left, words):
    signed(physician, days_left)
    assert words in client.get("/certification/").content.decode()


@pytest.mark.parametrize(("days_left", "offers"), [(31, False), (30, True), (0, True)])
def test_patient_list_offers_renewal_once_it_is_open(client, physician, days_left, offers):
    certification = signed(physician, days_left)
    page = client.get("/certification/").content.decode()
    assert (f"/certification/{certification.uuid}/renew/" in page) is offers


def test_patient_list_shows_who_has_joined(client, physician):
    signed(physician, 300, first_name="Invited")
    signed(physician, 299, first_name="Offline", email="", has_no_email=True)
    factories.certification(physician)
    page = client.get("/certification/").content.decode()
    assert all(words in page for words in ("Joined", "Invited", "No email: print the card"))


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("nunez", ["José"]),
        ("JOSÉ NÚÑEZ", ["José"]),
        ("nunez jose", ["José"]),
        ("jos", ["José"]),
        ("unez", []),
        ("3/4/1955", ["Walter"]),
        ("1955-03-04", ["Walter"]),
        ("(203) 555-8811", ["Walter"]),
        ("+1 203 555 8811", ["Walter"]),
        ("8811", ["Walter"]),
        ("🌿", []),
        ("%", []),
        ("\x00", ["José", "Walter"]),
        ("", ["José", "Walter"]),
        ("x" * 5000, []),
    ],
)
def test_patient_list_search_finds(client, physician, term, names):
    signed(physician, 300, first_name="José", last_name="Núñez")
    signed(physician, 301, first_name="Walter", last_name="Kowalski", birth_date=date(1955, 3, 4), phone="+12035558811")
    assert sorted(found(client, term)) == names


@pytest.mark.parametrize("spell", [str, str.lower, lambda number: number.replace("-", "")])
def test_patient_list_search_finds_a_number_however_typed(client, physician, spell):
    certification = signed(physician, 300)
    signed(physician, 301, first_name="Walter")
    for number in (certification.number, certification.patient.number):
        assert found(client, spell(number)) == ["Rosa"]


def test_patient_list_search_finds_the_name_as_it_is_now(client, physician):
    certification = signed(physician, 300, last_name="Delgado")
    identity = {name: getattr(certification.patient, name) for name in IDENTITY}
    amend_identity(
        certification=certification, identity=identity | {"last_name": "Moreau"}, proof="marriage", reason="Married.",
        by=physician.user,
    )  # fmt: skip
    assert found(client, "moreau") == ["Rosa"] and found(client, "delgado") == []


def test_patient_list_search_finds_a_renewal_that_was_begun(client, physician):
    ending = signed(physician, 20)
    draft = prepare_renewal(
        draft=Draft.objects.renewing(ending),
        condition=factories.condition(),
        questions=factories.questions(),
        by=physician.user,
    )
    client.post("/certification/", {"term": "delgado"})
    assert shown(client) == [draft, ending]


def test_patient_list_search_finds_drafts_by_name(client, physician):
    draft = factories.draft(physician, profile=factories.profile(first_name="Grace", last_name="Hopper"))
    factories.draft(physician)
    client.post("/certification/", {"term": "hopp"})
    assert shown(client) == [draft]


def test_patient_list_search_stays_out_of_the_address_and_can_be_cleared(client, physician):
    signed(physician, 300, last_name="Kowalski")
    response = client.post("/certification/?show=active", {"term": "nobody"})
    assert response.url == "/certification/?show=active"
    assert shown(client, response.url) == []
    client.post("/certification/", {"term": ""})
    assert len(shown(client)) == 1


def test_patient_list_never_shows_another_physicians_patient(client, physician):
    signed(factories.identified_physician(), 300, last_name="Kowalski")
    assert shown(client) == []
    client.post("/certification/", {"term": "kowalski"})
    assert shown(client) == []


def test_patient_list_of_a_delegate_ends_with_the_delegation(physician):
    certification, delegate = signed(physician, 300), factories.delegate(physician)
    client = factories.client_for(delegate)
    assert shown(client) == [certification]
    end_delegate(delegate=delegate.delegations.get(), by=physician.user)
    assert client.get("/certification/").status_code == 404


def test_patient_list_is_recorded(client, physician):
    client.get("/certification/")
    assert Event.objects.get(action="certification.list").actor_id == physician.user_id


def asked(client, **query):
    """Return the queries of the page beside session, account and event."""
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/certification/", query).status_code == 200
    reads = ("SELECT", 'EXECUTE "certification.', 'EXECUTE "accounts.', 'EXECUTE "delivery.')
    asked = [query["sql"] for query in caught if query["sql"].lstrip("(").startswith(reads)]
    of_every_page = (
        'FROM "django_session"',
        '"accounts_user"."password"',
        '"accounts.sessions.',
        '"accounts.backends.',
    )
    return [sql for sql in asked if not any(words in sql for words in of_every_page)]


def test_patient_list_asks_as_many_queries_for_300_as_for_3(client, physician):
    copied = signed(physician, 20)
    factories.draft(physician, statement=None)
    factories.copies(copied, 1)
    shown(client)  # the first page of a session writes when it began
    few = asked(client)
    factories.copies(copied, 297)
    assert len(asked(client)) == len(few) == 7  # one reads the drafts of the first page, and one counts for the menu
    page = client.get("/certification/").context["page"]
    assert len(asked(client, cursor=page.next)) == 6


def test_patient_list_leads_from_page_to_page_and_back(client, physician):
    copied = signed(physician, 200)
    stood = {copied, *factories.copies(copied, 99), factories.draft(physician)}
    pages, cursor = [], ""
    while cursor is not None:
        page = client.get("/certification/", {"cursor": cursor})
        pages.append(rows_of(page))
        cursor = page.context["page"].next or None
    assert [len(page) for page in pages] == [50, 50, 1] and stood == {name for page in pages for name in page}
    assert shown(client, f"/certification/?cursor={page.context['page'].previous}") == pages[1]


def test_patient_list_goes_on_from_drafts_to_certifications_and_back(client, physician, monkeypatch):
    monkeypatch.setattr(patients, "A_PAGE", 2)
    drafts = [start_draft(physician=physician, by=physician.user) for _ in range(3)]
    copied = signed(physician, 200)
    [copy] = factories.copies(copied, 1)
    pages = [client.get("/certification/")]
    while cursor := pages[-1].context["page"].next:
        pages.append(client.get("/certification/", {"cursor": cursor}))
    assert [rows_of(page) for page in pages] == [[drafts[2], drafts[1]], [drafts[0], copy], [copied]]
    back = client.get("/certification/", {"cursor": pages[-1].context["page"].previous})
    assert rows_of(back) == [drafts[0], copy]
    first = client.get("/certification/", {"cursor": back.context["page"].previous})
    assert rows_of(first) == [drafts[2], drafts[1]] and not first.context["page"].previous


@pytest.mark.parametrize("cursor", ["x", "x" * 5000, "%F0%9F%8C%BF"])
def test_patient_list_of_a_broken_cursor_is_the_first_page(client, physician, cursor):
    certification = signed(physician, 300)
    assert shown(client, f"/certification/?show=active&cursor={cursor}") == [certification]


def test_patient_list_search_begins_on_the_first_page(client):
    assert client.post("/certification/?show=active&cursor=abc", {"term": "x"}).url == "/certification/?show=active"


# --- The two ends of a draft ----------------------------------------------------------------------------------------


def test_certification_add_says_what_the_brief_says(client):
    page = client.get("/certification/add/").content.decode()
    assert "Patients must be qualified before you can register them in the system." in page
    assert not Draft.objects.exists()


def test_certification_add_posted_twice_makes_one_draft(client, physician):
    key = {"key": str(client.get("/certification/add/").context["form"].initial["key"])}
    first, second = (client.post("/certification/add/", forms.profile(**key)).url for _ in range(2))
    assert first == second == f"/certification/{Draft.objects.get().uuid}/condition/"


@pytest.mark.parametrize("key", ["", "abc", "\x00", "x" * 9000])
def test_certification_add_does_without_a_key(client, physician, key):
    assert client.post("/certification/add/", forms.profile(key=key)).status_code == 302
    assert Draft.objects.get().physician == physician


def test_certification_add_of_a_delegate_is_for_the_chosen_physician(physician):
    delegate, other = factories.delegate(physician), factories.identified_physician()
    client = factories.client_for(delegate)
    client.post("/certification/add/", forms.profile(physician=other.pk))
    assert Draft.objects.get().physician == physician


def test_certification_add_asks_a_delegate_of_two_physicians_for_whom(physician):
    delegate, other, stranger = factories.delegate(physician), factories.identified_physician(), factories.physician()
    name_delegate(physician=other, email=delegate.email, by=other.user)
    activate_delegations(user=delegate, by=delegate)
    client, key = factories.client_for(delegate), str(uuid4())
    for wrong in ("", stranger.pk, "\x00", "9" * 40):
        response = client.post("/certification/add/", forms.profile(key=key, physician=wrong))
        assert "physician" in response.context["form"].errors
    for of in (physician, other):
        client.post("/certification/add/", forms.profile(key=key, physician=of.pk))
    assert set(Draft.objects.values_list("physician", flat=True)) == {physician.pk, other.pk}


def test_certification_discard_asks_on_a_page_and_deletes(client, physician):
    draft = factories.draft(physician)
    address = f"/certification/{draft.uuid}/discard/"
    assert "Rosa Delgado" in client.get(address).content.decode()
    assert Draft.objects.count() == 1
    assert client.post(address).url == "/certification/"
    assert not Draft.objects.exists()
    assert client.post(address).status_code == 404


# --- The list as a file ---------------------------------------------------------------------------------------------


def test_patient_csv_holds_ones_own_patients_and_no_formula(client, physician):
    own = factories.certification(physician, profile=factories.profile(first_name="-Rosa", last_name="Delgado"))
    factories.certification(factories.identified_physician())
    factories.draft(physician)

    response = client.get("/certification/patients.csv")

    rows = list(csv.DictReader(response.content.decode("utf-8-sig").splitlines()))
    assert [(row["patient_number"], row["first_name"]) for row in rows] == [(own.patient.number, "'-Rosa")]
    assert (rows[0]["valid_through"], rows[0]["status"]) == (str(own.last_valid_day), "Active")
    assert "attachment" in response["Content-Disposition"]
    assert Event.objects.filter(action="certification.export").count() == 1


def test_patient_csv_asks_as_many_queries_for_5_as_for_1(client, physician, django_assert_max_num_queries):
    for _number in range(5):
        factories.certification(physician)
    with django_assert_max_num_queries(10):
        assert len(client.get("/certification/patients.csv").content.splitlines()) == 6
