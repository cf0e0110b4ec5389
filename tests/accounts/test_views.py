from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import identify_physician, set_registration
from accounts.models import IdentificationTry, Physician
from audit.models import Event
from tests import factories
from tests.guard import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.once]

IDENTIFY = "/accounts/physician/identify/"
ELIGIBILITY = "/accounts/physician/"
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def text_of(response):
    return " ".join(response.content.decode().split())


def answers(physician, **over):
    return {"dea_number": physician.dea_number, "ssn_last_four": factories.SSN_LAST_FOUR, **over}


def landing(account, **how):
    response = factories.client_for(account, **how).get("/accounts/role/")
    return response.headers.get("Location", response.status_code)


# --- Where people land ----------------------------------------------------------------------------------------------


def test_role_leads_everybody_to_their_first_page():
    physician, patient = factories.identified_physician(), factories.patient()

    assert landing(factories.staff("Pharmacist")) == "/admin/"
    assert landing(physician.user) == "/certification/start/"
    assert landing(physician.user, identified=False) == IDENTIFY
    assert landing(factories.delegate(physician)) == "/certification/start/"
    assert landing(factories.application().user) == "/certification/start/"
    assert landing(patient.user) == "/home/"


def test_role_leads_a_caregiver_home():
    certification = factories.certification(caregiver=factories.caregiver(), joined=False)
    caregiver = factories.join(certification.patient.assignments.get().caregiver)

    assert landing(caregiver.user) == "/home/"


def test_role_leads_to_the_invitation_that_was_opened():
    client = factories.client_for(factories.user())
    session = client.session
    session["invitation"] = 7
    session.save()

    assert client.get("/accounts/role/").headers["Location"] == reverse("certification:invitation")


def test_role_shows_a_newcomer_the_two_doors():
    response = factories.client_for(factories.user()).get("/accounts/role/")

    assert response.status_code == 200
    assert "I am a Physician" in text_of(response)
    assert "I am a patient or caregiver" in text_of(response)
    assert f'href="{IDENTIFY}"' in text_of(response)


def test_role_asks_nobody_to_post():
    assert factories.client_for(factories.user()).post("/accounts/role/").status_code == 405


# --- Identification -------------------------------------------------------------------------------------------------


def test_identify_binds_and_shows_the_eligibility():
    physician, account = factories.physician(dea_number="AP5836727"), factories.user()
    client = factories.client_for(account)

    response = client.post(IDENTIFY, answers(physician, dea_number=" ap 583-6727 "), follow=True)

    assert response.redirect_chain == [(ELIGIBILITY, 302)]
    assert "You can certify patients." in text_of(response)
    assert client.session["identified"] == physician.pk
    assert Physician.objects.get().user_id == account.pk


def test_identify_mails_the_address_on_record(django_capture_on_commit_callbacks):
    physician = factories.physician(first_name="Zoë", last_name="O'Neill")
    with django_capture_on_commit_callbacks(execute=True):
        factories.client_for(factories.user()).post(IDENTIFY, answers(physician))

    [sent] = mail.outbox
    html = sent.alternatives[0].content
    assert (sent.to, sent.subject) == ([physician.email], "An account was linked to your record")
    assert "Dear Zoë O'Neill," in sent.body
    assert "http://testserver/accounts/physician/" in sent.body
    assert html.count('href="http://testserver/accounts/physician/"') == 1
    assert "(203) 555-0100" in sent.body
    assert physician.dea_number not in sent.body + html + sent.subject


def test_identify_is_prefilled_once_bound_and_goes_on_to_the_page_asked_for():
    physician = factories.identified_physician()
    client = factories.client_for(physician.user, identified=False)
    asked = client.get("/certification/add/").headers["Location"]

    assert asked == f"{IDENTIFY}?next=%2Fcertification%2Fadd%2F"
    assert f'value="{physician.dea_number}"' in text_of(client.get(asked))
    assert client.post(asked, answers(physician)).headers["Location"] == "/certification/add/"


def test_identify_leads_a_physician_who_is_not_eligible_to_the_requirements():
    ended = {"expires_date": timezone.localdate() - timedelta(days=1)}
    physician = factories.identified_physician(registrations_over={"controlled_substance": ended})
    client = factories.client_for(physician.user, identified=False)

    assert client.post(IDENTIFY, answers(physician)).headers["Location"] == ELIGIBILITY


def test_identify_is_asked_once_a_session():
    physician = factories.identified_physician()
    client = factories.client_for(physician.user)

    assert client.get(IDENTIFY).headers["Location"] == "/certification/start/"
    assert client.get(f"{IDENTIFY}?next=/accounts/physician/").headers["Location"] == ELIGIBILITY


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_identify_leads_nowhere_else(elsewhere):
    physician = factories.identified_physician()
    client = factories.client_for(physician.user, identified=False)

    response = client.post(f"{IDENTIFY}?next={elsewhere}", answers(physician))

    assert response.headers["Location"] == "/certification/start/"


def test_identify_answers_wrong_digits_with_neutral_words_and_the_phone():
    physician = factories.physician()
    client = factories.client_for(factories.user())

    response = client.post(IDENTIFY, answers(physician, ssn_last_four="8642"))

    text = text_of(response)
    assert response.status_code == 200
    assert "<title>Error:" in text
    assert "do not match our records. Please compare both, or call us at (203) 555-0100." in text
    assert f'value="{physician.dea_number}"' in text
    assert "8642" not in text
    assert "identified" not in client.session
    assert IdentificationTry.objects.get().address == "127.0.0.1"


def test_identify_answers_an_unknown_number_with_the_very_same_page():
    known, unknown = factories.physician().dea_number, factories.dea_number()

    pages = [
        text_of(factories.client_for(factories.user()).post(IDENTIFY, {"dea_number": number, "ssn_last_four": "0000"}))
        for number in (known, unknown)
    ]

    words = [page[page.index("<main") : page.index("</main")].replace(known, "").replace(unknown, "") for page in pages]
    assert strip_tokens(words[0]) == strip_tokens(words[1])


def strip_tokens(page):
    start = page.index('name="csrfmiddlewaretoken"')
    return page[:start] + page[page.index(">", start) :]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"dea_number": "AB1234569"}, "its last digit does not fit the others"),
        ({"dea_number": "MJ1234563"}, "mid-level practitioner"),
        ({"dea_number": ""}, "Enter DEA number"),
        ({"dea_number": "A\x00"}, "characters here cannot be read"),
        ({"dea_number": "😀" * 9}, "two letters and seven digits"),
        ({"dea_number": "‮AP5836727x"}, "two letters and seven digits"),
        ({"dea_number": "A" * 900_000}, "Shorten this"),
        ({"ssn_last_four": ""}, "Enter the last four digits of your Social Security number"),
        ({"ssn_last_four": "123"}, "Enter four digits"),
        ({"ssn_last_four": "12345"}, "Enter four digits"),
        ({"ssn_last_four": "12a4"}, "Enter four digits"),
        ({"ssn_last_four": "١٢٣٤"}, "Enter four digits"),
    ],
)
def test_identify_shows_a_typing_error_and_counts_no_try(typed, sentence):
    data = {"dea_number": "AP5836727", "ssn_last_four": "1234", **typed}

    response = factories.client_for(factories.user()).post(IDENTIFY, data)

    assert response.status_code == 200
    assert sentence in text_of(response)
    assert not IdentificationTry.objects.exists()
    assert not Event.objects.filter(action="physician.identify").exists()


def test_identify_answers_an_empty_post_with_its_sentences():
    response = factories.client_for(factories.user()).post(IDENTIFY, {})

    assert "Enter DEA number" in text_of(response)


def test_identify_says_when_it_opens_again_after_five_failures():
    physician = factories.physician()
    with time_machine.travel(NOON, tick=False):
        client = factories.client_for(factories.user())
        for _ in range(5):
            client.post(IDENTIFY, answers(physician, ssn_last_four="0000"))
        response = client.post(IDENTIFY, answers(physician))

    text = text_of(response)
    assert "It opens again on Tuesday, November 24, 2026, noon Eastern." in text
    assert "call us at (203) 555-0100" in text
    assert IdentificationTry.objects.count() == 5
    assert Physician.objects.get().user is None


def test_identify_masks_the_digits():
    text = text_of(factories.client_for(factories.user()).get(IDENTIFY))

    box = text[text.index('name="ssn_last_four"') - 60 : text.index('name="ssn_last_four"') + 200]
    assert 'type="password"' in box
    assert 'inputmode="numeric"' in box
    assert 'autocomplete="off"' in box


def test_identify_needs_a_signed_in_person():
    assert Client().post(IDENTIFY, {}).headers["Location"] == f"/accounts/login/?next={IDENTIFY}"


# --- Eligibility ----------------------------------------------------------------------------------------------------


def page_of(physician):
    return text_of(factories.client_for(physician.user).get(ELIGIBILITY))


def test_eligibility_shows_each_requirement_with_its_proof():
    with time_machine.travel(NOON, tick=False):
        ends = date(2027, 3, 1)
        physician = factories.identified_physician(
            dea_number="AP5836727",
            registrations_over={"dea": {"number": "AP5836727", "expires_date": ends, "source": "DEA lookup"}},
        )
        text = page_of(physician)

    assert "You can certify patients." in text
    assert text.count("> Met <") + text.count(">Met<") == 5
    assert "••••••727" in text
    assert "AP5836727" not in text
    assert "February 28, 2027" in text
    assert "November 23, 2026, DEA lookup" in text
    assert 'href="/certification/"' in text


def test_eligibility_says_what_to_do_about_what_is_missing():
    physician = factories.identified_physician(registrations_over={"prescription_monitoring": None})

    text = page_of(physician)

    assert "You cannot certify yet" in text
    assert "Not on record. State that you can sign in to it, and it counts at once." in text
    assert 'href="#prescription_monitoring"' in text
    assert text.count(">Not met<") == 1


def test_eligibility_warns_of_what_ends_within_60_days():
    with time_machine.travel(NOON, tick=False):
        ends = timezone.localdate() + timedelta(days=60)
        text = page_of(factories.identified_physician(registrations_over={"dea": {"expires_date": ends}}))

    assert "You can certify patients." in text
    assert "Met, ends soon" in text
    assert "is valid through January 21, 2027." in text


def test_eligibility_of_a_suspended_physician_says_to_call():
    physician = factories.identified_physician()
    with unguarded():
        Physician.objects.update(status=Physician.Status.SUSPENDED)

    text = page_of(physician)

    assert "You cannot certify at the moment" in text
    assert "Please call the program." in text


def test_eligibility_takes_few_queries(django_assert_max_num_queries):
    client = factories.client_for(factories.identified_physician().user)
    client.get(ELIGIBILITY)

    with django_assert_max_num_queries(5):  # one of them counts for the menu what is to be signed
        client.get(ELIGIBILITY)


def test_eligibility_follows_the_registrars_entry():
    physician = factories.identified_physician()
    set_registration(physician=physician, kind="dea", is_active=False, expires_date=date(2030, 1, 1), by=None)

    assert "On record, but not active." in page_of(physician)


# --- Who may come in ------------------------------------------------------------------------------------------------


def test_physician_required_hides_the_page_from_everybody_else():
    physician = factories.identified_physician()
    for account in (factories.user(), factories.staff("Registrar"), factories.delegate(physician)):
        assert factories.client_for(account).get(ELIGIBILITY).status_code == 404


def test_physician_required_asks_to_identify_in_this_session():
    first, second = factories.identified_physician(), factories.identified_physician()
    client = factories.client_for(first.user, identified=False)
    session = client.session
    session["identified"] = second.pk
    session.save()

    assert client.get(ELIGIBILITY).headers["Location"] == f"{IDENTIFY}?next=%2Faccounts%2Fphysician%2F"


def test_office_required_lets_the_physician_and_the_delegate_in():
    physician = factories.identified_physician()

    assert factories.client_for(physician.user).get("/certification/").status_code == 200
    assert factories.client_for(factories.delegate(physician)).get("/certification/").status_code == 200
    assert factories.client_for(factories.user()).get("/certification/").status_code == 404


def test_office_required_asks_a_physician_to_identify_even_as_a_delegate():
    account = factories.delegate(factories.identified_physician())
    other = factories.physician()
    identify_physician(dea_number=other.dea_number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=account)

    response = factories.client_for(account, identified=False).get("/certification/")

    assert response.headers["Location"] == f"{IDENTIFY}?next=%2Fcertification%2F"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/certification/?status=draft", "?next=%2Fcertification%2F%3Fstatus%3Ddraft"),
        ("http://testserver/accounts/physician/", "?next=%2Faccounts%2Fphysician%2F"),
        ("https://evil.example/certification/", ""),
        ("", ""),
    ],
)
def test_a_post_before_identification_comes_back_to_the_page_of_its_form(referer, back):
    physician = factories.identified_physician()
    client = factories.client_for(physician.user, identified=False)

    response = client.post("/certification/add/", headers={"referer": referer} if referer else {})

    assert response.headers["Location"] == IDENTIFY + back
