"""The audit trail in the admin: each event in words, and the questions it answers."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import names, trail, words
from audit.action_admin import ActionAdmin
from audit.actions import record
from audit.models import Event
from tests import factories
from tests.audit.actions_in_code import recorded_actions
from tests.shared import shared

pytestmark = pytest.mark.django_db
TRAIL = "/admin/audit/event/"


@shared
def auditor():
    return factories.client_for(factories.staff("Auditor"))


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def patient(physician):
    return factories.certification(
        physician, profile=factories.profile(first_name="Marisol", last_name="Quiroga")
    ).patient


def shown(response):
    """Return the rows of the page without the auditor's own, the newest first."""
    return [row for row in response.context["rows"] if "Auditor" not in row.role]


def people_shown(response):
    return [(row.who, row.what, row.concerns) for row in shown(response)]


def of(patient):
    return f"{patient.name}, {patient.number}"


def looked_for(client, term, **narrowed):
    token = client.post(TRAIL, {"q": term}).url.partition("search=")[2]
    return client.get(TRAIL, {**narrowed, **({"search": token} if token else {})})


# --- In words ------------------------------------------------------------------------------------------------------


def test_an_event_names_the_actor_the_action_and_the_person(auditor, physician, patient):
    order = factories.order(patient)
    record(action="order.view", by=factories.staff("Pharmacist", "Driver", email="ines@example.org"), subject=order)
    record(action="certification.view", by=physician.user, subject=patient.certifications.get())
    record(action="card.check", by=None, subject=patient, outcome="refused", reason="too many")
    rows = shown(auditor.get(TRAIL))[:3]
    assert [(row.who, row.role, row.what, row.concerns) for row in reversed(rows)] == [
        ("ines@example.org", "Driver, Pharmacist", "looked at an order", f"order {order.number}, {of(patient)}"),
        ("Dr. Amara Osei", "physician", "looked at a certification",
         f"certification {patient.certifications.get().number}, {of(patient)}"),
        ("The portal", "", "checked a card by its code", f"patient, {of(patient)}"),
    ]  # fmt: skip
    assert (rows[0].is_refused, rows[0].reason) == (True, "too many")
    assert rows[-1].url == f"/admin/delivery/order/{order.pk}/change/"


def test_a_deleted_row_is_named_by_its_number(auditor):
    stranger = factories.user()
    record(action="user.sign_in", by=stranger, subject=stranger)
    Event.objects.filter(actor_id=stranger.pk).first()
    with CaptureQueriesContext(connection):
        rows = trail.in_words(
            [Event(pk=1, actor_id=10**9, role="staff", action="order.view", subject_type="delivery.order",
                   subject_id=10**9, outcome="done", created_at=timezone.now()),
             Event(pk=2, actor_id=None, role="system", action="no.such_thing", subject_type="gone.model",
                   subject_id=1, outcome="done", created_at=timezone.now())],
            reader=stranger,
        )  # fmt: skip
    assert [(row.who, row.what, row.concerns, row.url) for row in rows] == [
        ("account 1000000000, which is gone", "looked at an order", "order no. 1000000000", ""),
        ("The portal", "no: such thing", "model no. 1", ""),
    ]


def test_a_link_is_shown_to_those_who_may_open_it(patient):
    manager = factories.staff("Manager")
    event = record(action="patient.view", by=manager, subject=patient)
    assert trail.in_words([event], reader=factories.staff("Auditor"))[0].url.startswith("/admin/certification/patient/")
    assert trail.in_words([event], reader=manager)[0].url == ""


def test_every_action_in_the_code_has_words():
    actions = recorded_actions()
    assert len(actions) > 150
    assert sorted(action for action in actions if not words.has_words(action)) == []


def test_every_page_of_the_admin_has_words_and_names_its_rows():
    models = [model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, ActionAdmin)]
    for model in models:
        for action in ("list", "view"):
            assert words.has_words(f"{model._meta.model_name}.{action}")
    unnamed = {model._meta.label_lower for model in models if not names.is_registered(model._meta.label_lower)}
    assert unnamed <= {"audit.event"}


def test_every_kind_of_row_can_be_named(patient):
    """Every column that names a row exists: each is read once."""
    for label in names._said:
        model = apps.get_model(label)
        names.names_of({label: set(model._base_manager.values_list("pk", flat=True)[:3]) or {0}})


def test_a_hundred_rows_cost_few_queries(patient, physician):
    order, certification = factories.order(patient), patient.certifications.get()
    subjects = [order, certification, patient, physician, physician.user, order.window]
    actors = [patient.user, physician.user, factories.staff("Pharmacist"), factories.delegate(physician), None]
    for number in range(100):
        record(action="order.view", by=actors[number % 5], subject=subjects[number % 6])
    events = list(Event.objects.order_by("-pk")[:100])
    reader = factories.staff("Auditor")
    reader.has_perm("audit.view_event")  # permissions are read once a request
    with CaptureQueriesContext(connection) as few:
        trail.in_words(events[:10], reader=reader)
    with CaptureQueriesContext(connection) as many:
        trail.in_words(events, reader=reader)
    assert len(many) == len(few) == 6 + 4  # kinds of subjects, and what actors may be until all are named


# --- Who is looked for ---------------------------------------------------------------------------------------------


def test_the_trail_answers_who_looked_at_a_patient(auditor, patient, physician):
    order, other = factories.order(patient), factories.order()
    pharmacist = factories.staff("Pharmacist", email="ines@example.org")
    for subject, action in (
        (order, "order.view"),
        (other, "order.view"),
        (order, "order.confirm"),
        (patient, "patient.view"),
    ):
        record(action=action, by=pharmacist, subject=subject)
    record(action="order.view", by=patient.user, subject=order)
    record(action="certification.view", by=physician.user, subject=patient.certifications.get())
    number = patient.certifications.get().number
    assert people_shown(looked_for(auditor, "quiroga marisol", asked="looked")) == [
        ("Dr. Amara Osei", "looked at a certification", f"certification {number}, {of(patient)}"),
        ("ines@example.org", "looked at a patient’s record", f"patient, {of(patient)}"),
        ("ines@example.org", "looked at an order", f"order {order.number}, {of(patient)}"),
    ]  # fmt: skip


def test_the_other_questions_about_a_person(auditor, patient):
    order = factories.order(patient)
    record(action="order.confirm", by=factories.staff("Pharmacist"), subject=order)
    did = shown(looked_for(auditor, patient.number, asked="did"))
    assert {row.who for row in did} == {f"{of(patient)}"}
    assert "placed an order" in {row.what for row in did}
    concerned = shown(looked_for(auditor, patient.number, asked="concerns"))
    assert {"confirmed an order", "placed an order", "certified a patient"} <= {row.what for row in concerned}
    assert len(shown(auditor.get(TRAIL))) >= len(did)


@pytest.mark.parametrize("term", ["Marisol Quiroga", "number", "email", "order", "certification", "osei", "staff"])
def test_people_are_found_by_name_address_and_number(auditor, patient, term):
    order = factories.order(patient)
    factories.staff("Driver", email="ines@example.org")
    asked = {"number": patient.number, "email": patient.email, "order": order.number.lower().replace("-", ""),
             "certification": patient.certifications.get().number, "staff": "ines@exam"}.get(term, term)  # fmt: skip
    expected = {"order": f"order {order.number}", "osei": "Dr. Amara Osei, physician", "staff": "ines@example.org",
                "certification": f"certification {patient.certifications.get().number}"}  # fmt: skip
    found = [entry.words for entry in looked_for(auditor, asked).context["found"]]
    assert expected.get(term, f"Marisol Quiroga, {patient.number}, patient") in found


def test_a_person_whom_a_search_found_can_be_chosen_alone(auditor, patient, physician):
    other = factories.certification(
        physician, profile=factories.profile(first_name="Marisolina", last_name="Quiroga")
    ).patient
    page = looked_for(auditor, "quiroga")
    assert len(page.context["found"]) == 2
    chosen = auditor.get(TRAIL, {"subject_type": "certification.patient", "subject_id": other.pk})
    assert [entry.words for entry in chosen.context["found"]] == [f"Marisolina Quiroga, {other.number}"]
    assert all("Marisol Quiroga" not in row.concerns for row in shown(chosen))


def test_a_person_who_is_not_found_gets_a_sentence_and_no_events(auditor, patient):
    page = looked_for(auditor, "zzz")
    assert page.context["rows"] == []
    assert "Nobody, no order and no certification is called that." in page.content.decode()
    assert shown(looked_for(auditor, ""))


def test_no_address_holds_a_name(auditor, patient):
    posted = auditor.post(f"{TRAIL}?outcome=done&page=x", {"q": "Quiroga"})
    assert re.fullmatch(rf"{TRAIL}\?outcome=done&search=[\w-]+", posted.url)
    assert auditor.get(TRAIL).context["term"] == ""
    page = auditor.get(posted.url)
    assert page.context["term"] == "Quiroga"
    addresses = re.findall(r'(?:href|action)="([^"]*)"', page.content.decode())
    assert addresses and not any("uiroga" in address for address in addresses)


def test_the_link_of_a_record_shows_all_that_belongs_to_it(auditor, patient):
    order = factories.order(patient)
    link = re.search(
        rf'href="({TRAIL}[^"]*)"', auditor.get(f"/admin/certification/patient/{patient.pk}/change/").content.decode()
    )
    rows = shown(auditor.get(link[1].replace("&amp;", "&")))
    assert any(order.number in row.concerns for row in rows)


# --- Filters -------------------------------------------------------------------------------------------------------


def test_filters_by_staff_action_and_outcome(auditor, patient):
    ines, tom = factories.staff("Pharmacist"), factories.staff("Driver")
    for account in (ines, tom):
        for action in ("patient.view", "order.list"):
            record(action=action, by=account, subject=patient)
    record(action="order.list", by=ines, subject=patient, outcome="refused")
    assert len(shown(auditor.get(TRAIL, {"staff": ines.pk}))) == 3
    assert len(shown(auditor.get(TRAIL, {"staff": ines.pk, "action": "order.list"}))) == 2
    assert len(shown(auditor.get(TRAIL, {"staff": ines.pk, "outcome": "refused"}))) == 1


def test_a_day_is_a_day_in_new_york(auditor, patient):
    today = timezone.localdate()
    assert shown(auditor.get(TRAIL, {"day": today.isoformat()}))
    assert shown(auditor.get(TRAIL, {"day": (today - timedelta(days=1)).isoformat()})) == []


@pytest.mark.parametrize(
    "narrowed",
    [{"staff": "x"}, {"staff": "999999999"}, {"day": "2026-02-30"}, {"outcome": "none"}, {"action": "none.such"},
     {"subject_type": "a b", "subject_id": "1"}, {"subject_type": "x.y", "subject_id": "9" * 30}, {"asked": "all"},
     {"day": "9999-12-31"}, {"day": "0001-01-01"}],
)  # fmt: skip
def test_nonsense_in_a_filter_finds_nothing_and_is_no_error(auditor, patient, narrowed):
    page = auditor.get(TRAIL, narrowed)
    assert page.status_code == 200 and shown(page) == []
    assert auditor.get(f"{TRAIL}export.csv", narrowed).status_code in (200, 302)


def test_a_strange_parameter_is_dropped(auditor):
    """A lookup that Django's lists would answer is dropped: staff could guess the content of columns with it."""
    assert auditor.get(TRAIL, {"session__startswith": "a", "outcome": "done"}).url == f"{TRAIL}?outcome=done"
    assert auditor.get(TRAIL, {"q": "Quiroga"}).url == TRAIL


def test_pages_go_on_from_a_row(auditor):
    pharmacist = factories.staff("Pharmacist")
    for _look in range(60):
        record(action="order.list", by=pharmacist)
    first = auditor.get(TRAIL, {"staff": pharmacist.pk})
    assert (len(first.context["rows"]), first.context["newer"]) == (50, "")
    older = auditor.get(first.context["older"])
    assert len(older.context["rows"]) == 10 and older.context["newer"]
    assert len(auditor.get(TRAIL, {"staff": pharmacist.pk, "page": "x"}).context["rows"]) == 50


# --- One event, CSV, and who may ----------------------------------------------------------------------------------


def test_one_event_in_words(auditor, patient):
    event = record(action="patient.view", by=factories.staff("Driver", email="ines@example.org"), subject=patient)
    page = auditor.get(f"{TRAIL}{event.pk}/change/").content.decode()
    assert "ines@example.org, Driver" in page and "looked at a patient’s record" in page
    assert f"patient, {of(patient)}" in page


def test_the_export_equals_the_list_and_opens_in_a_spreadsheet(auditor, patient):
    record(
        action="patient.view", by=factories.staff("Driver", email="ines@example.org"), subject=patient, reason="=1+1"
    )
    token = auditor.post(TRAIL, {"q": "quiroga"}).url.partition("search=")[2]
    response = auditor.get(f"{TRAIL}export.csv", {"asked": "looked", "search": token})
    content = b"".join(response.streaming_content).decode()
    assert (
        content.startswith("\ufeffid,") and response["Content-Disposition"] == 'attachment; filename="audit-trail.csv"'
    )
    rows = list(csv.DictReader(io.StringIO(content.removeprefix("\ufeff"))))
    assert [(row["who"], row["what"], row["reason"]) for row in rows] == [
        ("ines@example.org", "looked at a patient’s record", "'=1+1")
    ]
    assert Event.objects.filter(action="event.export").count() == 1


def test_an_export_of_too_much_says_so(auditor, monkeypatch):
    monkeypatch.setattr("audit.admin.MOST_EXPORTED", 3)
    for _event in range(5):
        record(action="order.list", by=None)
    lines = b"".join(auditor.get(f"{TRAIL}export.csv").streaming_content).decode().splitlines()
    assert len(lines) == 5 and lines[-1].startswith("There are more than 3 events.")


@pytest.mark.parametrize("group", ["Registrar", "Pharmacist", "Technician", "Driver", "Manager"])
def test_the_trail_is_closed_to_staff_who_may_not_read_it(group):
    client = factories.client_for(factories.staff(group))
    assert [client.get(address).status_code for address in (TRAIL, f"{TRAIL}export.csv")] == [403, 403]
    assert client.post(TRAIL, {"q": "x"}).status_code == 403
