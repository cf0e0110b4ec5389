"""The pages of self-assessments: the card, its form, skipping, and who reads the answers."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from dispensing import actions
from dispensing.models import SelfAssessment
from notifications.actions import send_due
from tests import factories
from tests.delivery import door, people
from tests.delivery.people import words_of
from tests.dispensing.assessments import ANSWERS, answer, ordered_again
from tests.shared import shared

pytestmark = pytest.mark.django_db
HOME = reverse("delivery:home")


def url(name, *args):
    return reverse(f"dispensing:{name}", args=args)


def order_page(order):
    return reverse("delivery:order-detail", args=[order.number])


@shared
def again(monday):
    """Return a further order, which asked its patient."""
    return ordered_again(monday)[0]


@shared
def asked(again):
    return SelfAssessment.objects.get(order=again)


@shared
def client(again):
    return factories.client_for(again.placed_by)


# --- The orderer ------------------------------------------------------------------------------------------------------


def test_the_page_of_the_order_asks_and_thanks(client, again, asked):
    page = client.get(order_page(again))
    assert "How well does it work for you?" in words_of(page)
    assert f'action="{url("assessment", asked.uuid)}"' in page.content.decode()
    done = client.post(url("assessment", asked.uuid), ANSWERS, follow=True)
    assert done.redirect_chain == [(order_page(again), 302)]
    assert "Thank you." in words_of(done) and "How well does it work" not in words_of(done)
    asked.refresh_from_db()
    assert asked.answers == {"works": "well", "effects": ["dizzy", "other"]}
    repeated = client.post(url("assessment", asked.uuid), {**ANSWERS, "works": "not"}, follow=True)
    assert "already" in words_of(repeated)
    asked.refresh_from_db()
    assert asked.answers["works"] == "well"
    told = words_of(client.get(url("assessment-list")))
    assert all(words in told for words in ("Dizzy", "Itchy nose", "Best before sleep."))


def test_one_click_skips_on_the_page_of_the_order_and_on_the_home_page(client, again, asked):
    assert url("assessment-skip", asked.uuid) in client.get(order_page(again)).content.decode()
    assert url("assessment-skip", asked.uuid) in client.get(HOME).content.decode()
    done = client.post(url("assessment-skip", asked.uuid), follow=True)
    assert "Skipped." in words_of(done)
    assert "Tell us" not in words_of(client.get(HOME))
    assert client.get(url("assessment-skip", asked.uuid)).status_code == 405


def test_bad_input_keeps_what_was_typed_and_says_what_to_do(client, asked):
    typed = {"effects": ["none", "dizzy"], "words": "Only <b>at</b> night", "other_effect": "Hiccups"}
    page = client.post(url("assessment", asked.uuid), {**typed, "works": "little"})
    html = page.content.decode()
    assert "<title>Error: " in html and 'id="error-summary"' in html
    assert "Tick either that there were no side effects, or which ones." in words_of(page)
    assert "Only &lt;b&gt;at&lt;/b&gt; night" in html and 'value="Hiccups"' in html
    assert [html.count(f'value="{name}"') for name in ("none", "dizzy", "little")] == [1, 1, 1]
    assert html.count("checked") == 3
    empty = words_of(client.post(url("assessment", asked.uuid), {}))
    assert "Choose how well it works." in empty and "Tick each side effect, or that there were none." in empty
    long = words_of(client.post(url("assessment", asked.uuid), {**ANSWERS, "words": "x" * 1_001}))
    assert "1,000" in long or "1000" in long
    nul = client.post(url("assessment", asked.uuid), {**ANSWERS, "words": "a\0b"})
    assert nul.status_code == 200 and SelfAssessment.objects.open().get() == asked


def test_a_stranger_finds_no_question(asked):
    for account in (factories.patient().user, factories.user(), factories.identified_physician().user):
        stranger = factories.client_for(account)
        assert stranger.get(url("assessment", asked.uuid)).status_code in (302, 404)
        assert stranger.post(url("assessment", asked.uuid), ANSWERS).status_code in (302, 404)
        assert stranger.post(url("assessment-skip", asked.uuid)).status_code in (302, 404)
    assert SelfAssessment.objects.open().get() == asked


def test_a_caregiver_answers_for_the_patient_and_reading_is_recorded(monday):
    patient, caregiver = people.patient_with_caregiver()
    _again, asked = ordered_again(monday, of=patient)
    client = factories.client_for(caregiver.user)
    assert f"How well does it work for {patient.name}?" in words_of(client.get(HOME))
    client.post(url("assessment", asked.uuid), ANSWERS)
    page = words_of(client.get(url("assessment-list")))
    assert "Told by the caregiver." in page and "Best before sleep." in page
    seen = Event.objects.get(action="assessment.view")
    assert (seen.subject_type, seen.subject_id, seen.actor_id) == (
        "certification.patient", patient.pk, caregiver.user_id,
    )  # fmt: skip


def test_during_a_call_a_pharmacist_enters_the_answers_and_a_technician_sees_no_question(asked):
    menu, patient = reverse("delivery:product-list"), asked.patient
    day = patient.birth_date
    caller = {"number": patient.number, "name": patient.name, "birth_date_month": day.month, "birth_date_day": day.day,
              "birth_date_year": day.year}  # fmt: skip
    for role, can in (("Technician", False), ("Pharmacist", True)):
        client = factories.client_for(factories.staff(role))
        page = client.post(reverse("admin:delivery_order_phone"), caller, follow=True)
        assert page.redirect_chain == [(menu, 302)]
        assert (f"How well does it work for {patient.name}?" in words_of(page)) == can
        done = client.post(url("assessment", asked.uuid), ANSWERS, follow=True)
        assert ("Thank you." in words_of(done), "Only a pharmacist" in words_of(done)) == (can, not can)
    asked.refresh_from_db()
    assert asked.closed_by.groups.get().name == "Pharmacist"


def test_the_message_leads_to_the_question_and_says_nothing_medical(monday, again, asked):
    monday.move_to(datetime(2026, 12, 9, 15, tzinfo=UTC))
    mail.outbox.clear()
    actions.ask_assessments(now=datetime.now(UTC), by=None)
    send_due(by=None)
    (sent,) = [each for each in mail.outbox if "questions" in each.subject]
    assert url("assessment", asked.uuid) in sent.body
    for word in ("side effect", "work", again.patient.last_name):
        assert word not in f"{sent.subject} {sent.body}".replace("network", "")


def test_the_records_of_a_patient_hold_the_answers(monday, again, asked, tmp_path):
    answer(asked)
    today = str(timezone.localdate())
    for number, whom in enumerate((["--patient", again.patient.number], ["--order", again.number], [])):
        path = tmp_path / f"{number}.zip"
        call_command("export_records", "--from", today, "--to", today, *whom, "--file", str(path), stdout=io.StringIO())
        with ZipFile(path) as found:
            (row,) = csv.DictReader(io.StringIO(found.read("self-assessments.csv").decode("utf-8-sig")))
        assert (row["how well it works"], row["side effects"]) == ("well", "dizzy other")
        assert (row["another side effect"], row["words"]) == ("Itchy nose", "Best before sleep.")


# --- Who reads the answers --------------------------------------------------------------------------------------------


def test_each_role_reads_what_it_may_on_the_page_of_the_order(again, asked):
    answer(asked)
    page = reverse("admin:delivery_order_change", args=[again.pk])
    for role, answers, words in (
        ("Pharmacist", True, True), ("Auditor", True, False),
        ("Technician", False, False), ("Manager", False, False),
    ):  # fmt: skip
        account = factories.staff(role)
        shown = words_of(factories.client_for(account).get(page))
        assert ("Works: Well." in shown, "Dizzy" in shown) == (answers, answers), role
        assert ("Itchy nose" in shown, "Best before sleep." in shown) == (words, words), role
        views = Event.objects.filter(action="assessment.view", actor_id=account.pk, subject_id=again.patient_id)
        assert views.count() == answers, role


def test_a_driver_reads_nothing_of_it(monday, again, asked):
    answer(asked)
    run = door.run_of(again)
    monday.move_to(datetime(2026, 12, 2, 14, tzinfo=UTC))
    client = factories.client_for(run.driver)
    assert client.get(reverse("admin:delivery_order_change", args=[again.pk])).status_code == 403
    page = client.get(reverse("delivery:run-detail", args=[run.uuid]))
    assert page.status_code == 200
    assert not any(words in words_of(page) for words in ("Self-assessment", "Dizzy", "Best before sleep."))


def test_the_physician_reads_it_at_the_renewal_and_the_patient_sees_who_did(monday, again, asked):
    answer(asked)
    certification = again.certification
    monday.move_to(datetime.combine(certification.expires_date - timedelta(days=10), datetime.min.time(), UTC))
    client = factories.client_for(certification.physician.user)
    page = client.get(reverse("certification:certification-renew", args=[certification.uuid]))
    words = words_of(page)
    assert "What the patient told us since then" in words and "told by the patient" in words
    assert "Itchy nose" in words and "Best before sleep." in words
    record = words_of(factories.client_for(again.patient.user).get(reverse("delivery:record")))
    assert "what was told about how well it works" in record
