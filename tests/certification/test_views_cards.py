"""The pages of cards: what they show to whom, and what the code of a card answers."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from audit.models import Event
from certification import qr
from certification.actions import accept_invitation, revoke_card, withdraw_certification
from certification.models import Card, Certification, Patient
from certification.presenters.cards import Answer
from tests import factories
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
REVOKED = "was ended because it was lost or replaced"


@shared
def certification():
    return factories.certification(caregiver=factories.caregiver(first_name="Elena", last_name="Marsh"))


def check_of(person):
    return urlsplit(qr.check_url(factories.card(person).token)).path


def text_of(response):
    return " ".join(response.content.decode().split())


# --- /card/ ---------------------------------------------------------------------------------------------------------


def test_card_shows_number_last_valid_day_allotment_and_caregiver(certification, django_assert_max_num_queries):
    client = factories.client_for(certification.patient.user)
    client.get("/card/")  # issues it, and writes when the session began
    with django_assert_max_num_queries(12):
        page = client.get("/card/").content.decode()
    last = certification.expires_date - timedelta(days=1)
    for words in ("Rosa Delgado", certification.patient.number, f"{last:%B %-d, %Y}", "3.50 oz (99.2 g)", "Elena"):
        assert words in page
    assert "Valid through" in page and "xpire" not in page


def test_card_holds_its_code_as_inline_svg_without_style(certification):
    page = factories.client_for(certification.patient.user).get("/card/").content.decode()
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert qr.svg(qr.check_url(factories.card(certification.patient).token)) in page
    assert "style" not in svg and "<script" not in svg and 'role="img"' in page


def test_card_leads_to_the_affirmation_before_anything_is_affirmed():
    made = factories.certification(joined=False)
    account = factories.user(made.patient.email)
    invitation = made.patient.invitations.get()
    accept_invitation(invitation=invitation, birth_date=made.patient.birth_date, by=account)
    assert factories.client_for(account).get("/card/").url == "/affirm/"
    assert not Card.objects.exists()


def test_card_that_has_ended_says_what_to_do():
    certification = factories.certification(on=timezone.localdate() - timedelta(days=365))
    page = factories.client_for(certification.patient.user).get("/card/").content.decode()
    assert "has ended" in page and certification.physician.phone.as_national in page and "10 days" in page
    assert not Card.objects.exists()


def test_card_that_was_withdrawn_says_so(certification, time_machine):
    withdraw_certification(certification=certification, reason="x", by=certification.physician.user)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    page = factories.client_for(certification.patient.user).get("/card/").content.decode()
    assert "It was withdrawn on" in page and "id-card" not in page


def test_card_of_a_caregiver_names_each_patient(django_assert_max_num_queries):
    mother = factories.caregiver(last_name="Marsh")
    first, second = (
        factories.certification(caregiver=mother, profile=factories.profile(first_name=name)) for name in ("Leo", "Mia")
    )
    caregiver = factories.join(first.patient.current_assignment.caregiver)
    client = factories.client_for(caregiver.user)
    client.get("/card/")
    with django_assert_max_num_queries(14):
        page = client.get("/card/").content.decode()
    assert first.patient.number in page and second.patient.number in page and page.count(caregiver.number) == 2
    assert Card.objects.get().caregiver == caregiver


def test_a_stranger_has_no_card():
    assert factories.client_for(factories.user()).get("/card/").status_code == 404


# --- Printed by the office ------------------------------------------------------------------------------------------


def test_office_prints_both_cards_of_a_patient_without_email():
    profile = factories.profile(email="", has_no_email=True)
    made = factories.certification(profile=profile, caregiver=factories.caregiver(last_name="Marsh"))
    delegate = factories.client_for(factories.delegate(made.physician))
    page = delegate.get(f"/certification/{made.uuid}/card/").content.decode()
    assert page.count("<svg") == 2 and "Elena Marsh" in page and made.patient.number in page
    event = Event.objects.get(action="card.view")
    assert (event.subject_id, event.role) == (made.patient.pk, "delegate")


def test_office_prints_no_card_of_an_ended_certification():
    made = factories.certification(on=timezone.localdate() - timedelta(days=365))
    page = text_of(factories.client_for(made.physician.user).get(f"/certification/{made.uuid}/card/"))
    assert "there is no card to print" in page and "<svg" not in page and not Card.objects.exists()


def test_card_of_a_draft_answers_404():
    draft = factories.draft()
    assert factories.client_for(draft.physician.user).get(f"/certification/{draft.uuid}/card/").status_code == 404
    assert (
        factories.client_for(factories.staff("Registrar")).get(f"/certification/{draft.uuid}/card/").status_code == 404
    )


def test_lost_card_ends_and_the_next_printed_is_new(certification):
    old = factories.card(certification.patient)
    client = factories.client_for(certification.physician.user)
    address = f"/certification/{certification.uuid}/card/"
    for _ in range(2):  # posted twice: the new one stands
        response = client.post(f"{address}lost/", {"holder": "patient", "revoked_reason": "lost"})
        assert response.url == address
    client.get(address)
    new = Card.objects.live().get(patient=certification.patient)
    old.refresh_from_db()
    assert new.token != old.token and (old.revoked_reason, Card.objects.count()) == ("lost", 3)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"revoked_reason": "lost"}, "holder"),
        ({"holder": "patient"}, "revoked_reason"),
        ({"holder": "patient", "revoked_reason": "closed"}, "revoked_reason"),
        ({"holder": "x\x00" * 9, "revoked_reason": "🌿"}, "holder"),
    ],
)
def test_lost_card_asks_whose_card_and_why(certification, data, field):
    factories.card(certification.patient)
    client = factories.client_for(certification.physician.user)
    response = client.post(f"/certification/{certification.uuid}/card/lost/", data)
    assert field in response.context["form"].errors and Card.objects.live().count() == 1


# --- /verify/ -------------------------------------------------------------------------------------------------------


def test_verify_shows_the_public_only_initials_and_last_valid_day(certification):
    response = Client().get(check_of(certification.patient))
    page = text_of(response)
    assert "Valid" in page and "R. D." in page and f"{certification.last_valid_day:%B %-d, %Y}" in page
    for hidden in ("Rosa", "Delgado", certification.number, certification.patient.number, "Elena", "3.50", "1980"):
        assert hidden not in page
    assert response["X-Robots-Tag"] == "noindex, nofollow" and "no-store" in response["Cache-Control"]
    assert "session" not in response.cookies


def test_verify_of_a_lost_card_says_so_and_not_whose_it_was(certification):
    address = check_of(certification.patient)
    revoke_card(card=factories.card(certification.patient), reason="lost", by=certification.physician.user)
    page = text_of(Client().get(address))
    assert "Not valid" in page and REVOKED in page and "R. D." not in page
    assert "Not valid" not in text_of(Client().get(check_of(certification.patient)))


def test_verify_of_an_ended_certification_says_when_it_ended(certification, time_machine):
    address = check_of(certification.patient)
    answer = Answer(factories.card(certification.patient), [certification], certification.last_valid_day)
    assert (answer.is_valid, answer.last_valid_day) == (True, certification.last_valid_day)
    after = Answer(answer.card, [certification], certification.expires_date)
    assert (after.is_valid, after.last_valid_day) == (False, certification.last_valid_day)
    withdraw_certification(certification=certification, reason="x", by=certification.physician.user)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    page = text_of(Client().get(address))
    assert "Not valid" in page and "Was valid through" in page


def test_verify_of_a_caregiver_counts_after_the_affirmation(certification):
    caregiver = certification.patient.current_assignment.caregiver
    address = check_of(caregiver)
    assert "Not valid" in text_of(Client().get(address))
    factories.join(caregiver)
    page = text_of(Client().get(address))
    assert "Not valid" not in page and "E. M." in page and "R. D." not in page


def test_verify_of_a_certificate_is_by_its_own_uuid(certification):
    page = text_of(Client().get(f"/verify/{certification.uuid}/"))
    assert "Not valid" not in page and "R. D." in page and "Rosa" not in page
    assert Client().get(f"/verify/{factories.draft().uuid}/").status_code == 404


@pytest.mark.parametrize("token", ["nonsense", "a" * 3000, "%00", "🌿", "%E2%80%AE"])
def test_verify_of_an_unknown_code_says_what_to_do(token):
    response = Client().get(f"/verify/{token}/")
    assert response.status_code == 404 and "No card of ours has this code" in text_of(response)


def test_verify_shows_a_driver_what_is_compared_with_the_photo_id(certification):
    driver = factories.staff("Driver")
    page = text_of(factories.client_for(driver).get(check_of(certification.patient)))
    for words in ("Rosa Delgado", "April 28, 1980", certification.patient.number, "3.50 oz", "Elena Marsh"):
        assert words in page
    for hidden in ("Cancer", "Orange Street", "/admin/certification", certification.patient.phone.as_national):
        assert hidden not in page
    assert Event.objects.get(action="card.check").actor_id == driver.pk


def test_verify_leads_a_registrar_to_the_record(certification):
    client = factories.client_for(factories.staff("Registrar"))
    assert f"/admin/certification/patient/{certification.patient.pk}/change/" in text_of(
        client.get(check_of(certification.patient))
    )


def test_verify_shows_a_technician_what_the_public_sees(certification):
    page = text_of(factories.client_for(factories.staff("Technician")).get(check_of(certification.patient)))
    assert "R. D." in page and "Rosa" not in page and not Event.objects.filter(action="card.check").exists()


@override_settings(ACCOUNT_RATE_LIMITS={"verify": "2/5m/ip"})
def test_verify_refuses_a_visitor_who_tries_many_codes(certification):
    client = Client()
    assert [client.get("/verify/guess/").status_code for _ in range(3)] == [404, 404, 429]
    assert client.get(check_of(certification.patient)).status_code == 429


def test_initials_of_a_name_in_one_character():
    answer = Answer(None, [Certification(patient=Patient(first_name="李", last_name="O'Brien-Núñez"))], None)
    assert answer.initials == "李. O."
