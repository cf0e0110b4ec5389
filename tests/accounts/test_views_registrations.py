"""The pages on which a physician meets a requirement or applies."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts import actions
from accounts.models import Physician, PhysicianApplication, Proof
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ELIGIBILITY = "/accounts/physician/"
APPLY = "/accounts/physician/apply/"
RENEWED = "/accounts/physician/renewed/{}/"


def text_of(response):
    return " ".join(response.content.decode().split())


def renewed(day, number="csp 0012345"):
    return {
        "number": number,
        "valid_through_month": day.month,
        "valid_through_day": day.day,
        "valid_through_year": day.year,
    }


def ended():
    past = {"expires_date": timezone.localdate() - timedelta(days=9), "number": "CSP.0012345"}
    return factories.identified_physician(registrations_over={"controlled_substance": past})


def typed(**over):
    return {**factories.claims(), "has_monitoring_access": "on", **over}


# --- I have renewed -------------------------------------------------------------------------------------------------


def test_an_ended_registration_leads_to_its_report():
    client = factories.client_for(ended().user)
    page = RENEWED.format("controlled_substance")

    assert f'href="{page}"' in text_of(client.get(ELIGIBILITY))
    assert 'value="CSP.0012345"' in text_of(client.get(page))


def test_a_report_goes_to_the_queue_and_shows_on_the_checklist():
    client = factories.client_for(ended().user)
    page, until = RENEWED.format("controlled_substance"), timezone.localdate() + timedelta(days=500)

    response = client.post(page, renewed(until), follow=True)

    assert response.redirect_chain == [(ELIGIBILITY, 302)]
    assert "It counts once we have looked it up." in text_of(response)
    assert f'href="{page}"' not in text_of(response)
    proof = Proof.objects.get()
    assert (proof.number, proof.valid_through) == ("CSP.0012345", until)


@pytest.mark.parametrize(
    ("number", "days", "sentence"),
    [
        ("CSP.012345", 500, "Enter the controlled substance registration with its seven digits"),
        ("CSP.0012345", -1, "This day has passed."),
        ("CSP.0012345", 9999, "No registration runs longer than four years."),
    ],
)
def test_a_wrong_report_is_shown_with_its_error(number, days, sentence):
    client = factories.client_for(ended().user)

    text = text_of(
        client.post(
            RENEWED.format("controlled_substance"), renewed(timezone.localdate() + timedelta(days=days), number)
        )
    )

    assert sentence in text
    assert f'value="{number}"' in text
    assert not Proof.objects.exists()


def test_access_to_the_monitoring_program_is_stated_by_one_tick_and_counts_at_once():
    physician = factories.identified_physician(registrations_over={"prescription_monitoring": None})
    client = factories.client_for(physician.user)
    assert "/accounts/physician/monitoring/" in text_of(client.get("/accounts/physician/"))

    assert "Tick this once you can sign in" in text_of(client.post("/accounts/physician/monitoring/", {}))
    text = text_of(client.post("/accounts/physician/monitoring/", {"has_monitoring_access": "on"}, follow=True))

    assert ("You can certify patients." in text, "Stated by the physician" in text) == (True, True)
    again = text_of(client.post("/accounts/physician/monitoring/", {"has_monitoring_access": "on"}))
    assert "on record already" in again


def test_access_that_the_program_denied_is_reported_and_waits():
    over = {"prescription_monitoring": {"is_active": False}}
    physician = factories.identified_physician(registrations_over=over)
    client = factories.client_for(physician.user)
    assert "Register with the monitoring program" in text_of(client.get("/accounts/physician/"))

    client.post(RENEWED.format("prescription_monitoring"), {"has_monitoring_access": "on"})

    assert Proof.objects.get().kind == "prescription_monitoring"
    assert not physician.registrations.get(kind="prescription_monitoring").is_active


def test_there_is_no_report_of_an_unknown_kind():
    client = factories.client_for(factories.identified_physician().user)

    assert client.get(RENEWED.format("practice")).status_code == 404


def test_practice_outside_connecticut_fails_whatever_the_license_says():
    client = factories.client_for(factories.identified_physician(practice_state="NY").user)

    text = text_of(client.get(ELIGIBILITY))

    assert "so the license does not count here" in text
    assert text.count("Not met") == 1


# --- Application ----------------------------------------------------------------------------------------------------


def test_an_applicant_finds_the_way_and_sees_the_status():
    account = factories.user()
    client = factories.client_for(account)
    assert f'href="{APPLY}"' in text_of(client.get("/accounts/physician/identify/"))

    response = client.post(APPLY, typed(dea_number="ft 123456 3-001AB"), follow=True)

    assert response.redirect_chain == [(APPLY, 302)]
    assert "We are looking up your registrations" in text_of(response)
    assert client.get("/accounts/role/").headers["Location"] == "/certification/start/"
    application = PhysicianApplication.objects.get()
    assert (application.user, application.dea_number, application.dea_suffix) == (account, "FT1234563", "001AB")
    assert client.get("/certification/").status_code == 200  # to prepare; tests/certification/test_applicants.py


def test_an_application_sent_twice_is_one():
    client = factories.client_for(factories.user())

    client.post(APPLY, typed())
    client.post(APPLY, typed())

    assert PhysicianApplication.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("dea_number", "MJ1234563", "mid-level practitioner"),
        ("dea_number", "AB1234569", "typing error"),
        ("npi", "1234567890", "This NPI has a typing error"),
        ("license_number", "1.O34567", "six digits"),
        ("csp_number", "CSP.012345", "seven digits"),
        ("ssn_last_four", "12a4", "Enter four digits"),
        ("practice_state", "Connecticut", "two letters"),
        ("first_name", "Amara \N{GRINNING FACE}", "without emoji"),
        ("last_name", "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}", "from left to right"),
        ("practice_name", "Clinic \N{ARABIC LETTER AIN}", "from left to right"),
        ("practice_city", "\N{HAMBURGER}", "without emoji"),
        ("practice_street", "1 Elm Street " * 20, "Shorten this to 200 characters"),
        ("has_monitoring_access", "", "Tick this once you can sign in"),
    ],
)
def test_a_wrong_entry_gets_one_sentence(field, value, sentence):
    client = factories.client_for(factories.user())

    text = text_of(client.post(APPLY, typed(**{field: value})))

    assert sentence in text
    assert f'value="{factories.SSN_LAST_FOUR}"' not in text
    assert not PhysicianApplication.objects.exists()


@time_machine.travel("2026-11-23T15:00:00Z", tick=False)
def test_the_answer_is_the_same_for_a_number_that_has_an_account():
    bound = factories.identified_physician()
    pages = set()
    for number in (bound.dea_number, factories.dea_number()):
        client = factories.client_for(factories.user(f"{number}@example.org"))
        response = client.post(APPLY, typed(dea_number=number, phone="(203) 555-0142"), follow=True)
        text = text_of(response)
        main = text[text.index("<h1>") : text.index("</main>")]
        application = PhysicianApplication.objects.latest("pk")
        pages.add(main.replace(application.user.email, "")[:200])

    assert len(pages) == 1


def test_a_refused_applicant_sees_why_and_can_apply_again(django_capture_on_commit_callbacks):
    account = factories.user()
    client = factories.client_for(account)
    with django_capture_on_commit_callbacks(execute=True):
        actions.refuse_application(
            application=factories.application(account), reason="Expired license.", by=factories.staff("Registrar")
        )

    assert "Expired license." in text_of(client.get(APPLY))
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([account.email], "Your application could not be verified")
    assert "Expired license." in sent.body
    client.post(APPLY, typed())
    assert PhysicianApplication.objects.count() == 2


def test_a_verified_applicant_identifies_and_lands_on_the_checklist(django_capture_on_commit_callbacks):
    account = factories.user()
    client = factories.client_for(account)
    number = factories.dea_number()
    client.post(APPLY, typed(dea_number=number))
    application = factories.looked_up(PhysicianApplication.objects.get(), factories.staff("Registrar"))
    with django_capture_on_commit_callbacks(execute=True):
        actions.verify_application(application=application, by=factories.staff("Manager"))

    client = factories.client_for(account, identified=False)
    identify = {"dea_number": number, "ssn_last_four": factories.SSN_LAST_FOUR}
    assert client.get("/accounts/role/").headers["Location"] == "/accounts/physician/identify/"
    client.post("/accounts/physician/identify/", identify)

    assert "All five requirements are met today." in text_of(client.get(ELIGIBILITY))
    assert "Welcome: you are on the program’s roster." in mail.outbox[0].body


def test_an_identified_physician_need_not_type_the_practice_again():
    physician = factories.identified_physician()

    known = text_of(factories.client_for(physician.user).get(APPLY))
    unknown = text_of(factories.client_for(physician.user, identified=False).get(APPLY))

    assert f'value="{physician.practice_street}"' in known
    assert physician.practice_street not in unknown
    assert Physician.objects.count() == 1
