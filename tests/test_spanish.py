"""Patients, caregivers and visitors can read everything in Spanish, and their choice of a language is stored."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import translation

from accounts.actions.staff import STAFF_GROUPS
from certification.models import AllotmentLimit, Patient
from certification.rules import AllotmentError, IncompleteError, check_allotment_reason, check_monthly_allotment
from notifications.actions import send_due
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.mails import delivered
from ui import messages

PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?\w+")
ASKED_IN_SPANISH = {"HTTP_ACCEPT_LANGUAGE": "es-PR,es;q=0.9,en;q=0.5"}


def texts(value):
    return list(value) if isinstance(value, tuple | list) else [value]


@pytest.fixture(scope="module")
def catalog():
    return messages.translated()


# --- The catalog ----------------------------------------------------------------------------------------------------


def test_every_text_for_patients_and_caregivers_is_in_the_catalog(catalog):
    known = {entry.id for entry in catalog}
    missing = [entry.id for entry in messages.collected() if entry.id not in known]
    assert not missing, "Run `manage.py collect_messages`, then translate what it names in locale/es."


def test_every_text_of_the_catalog_has_a_translation(catalog):
    assert messages.without_translation(catalog) == []
    assert not any(entry.fuzzy for entry in catalog if entry.id)


def test_a_translation_has_the_same_placeholders(catalog):
    wrong = []
    for entry in catalog:
        pairs = zip(texts(entry.id), texts(entry.string), strict=True) if entry.id else ()
        wrong += [spanish for english, spanish in pairs if set(PLACE.findall(english)) != set(PLACE.findall(spanish))]
    assert wrong == []


# --- The pages ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/", "Certificación y entrega a domicilio"),
        ("/faq/", "¿Cómo se renueva una certificación?"),
        ("/delivery-info/", "Cuándo entregamos"),
        ("/contact/", "Enviar el mensaje"),
        ("/accounts/login/", "Iniciar sesión"),
        ("/accounts/signup/", "Crear una cuenta"),
        ("/nowhere/", "Página no encontrada"),
    ],
)
def test_a_spanish_browser_gets_spanish_pages(address, words):
    response = Client().get(address, **ASKED_IN_SPANISH)
    body = response.content.decode()
    assert words in body and '<html lang="es">' in body


@pytest.mark.django_db
def test_days_and_figures_are_written_in_spanish():
    patient = factories.patient()
    body = people.words_of(factories.client_for(patient.user).get("/home/", **ASKED_IN_SPANISH))
    last = patient.certifications.get().last_valid_day
    with translation.override("es"):
        month = translation.gettext(f"{last:%B}").lower()
    assert f"Válida hasta el {last.day} de {month} de {last.year}" in body
    assert "3.50 oz" in body


@pytest.mark.django_db
def test_the_browser_remembers_the_chosen_language():
    client = Client()
    response = client.post("/language/", {"language": "es", "next": "/faq/"})
    assert (response.status_code, response.url) == (302, "/faq/")
    assert "English" in client.get("/faq/").content.decode()
    assert client.get("/").headers["Content-Language"] == "es"
    client.post("/language/", {"language": "en", "next": "/faq/"})
    assert client.get("/", **ASKED_IN_SPANISH).headers["Content-Language"] == "en"


@pytest.mark.django_db
def test_a_request_leaves_no_language_in_the_thread():
    before = translation.get_language()
    assert Client().get("/", **ASKED_IN_SPANISH).headers["Content-Language"] == "es"
    assert translation.get_language() == before


@pytest.mark.django_db
def test_another_site_cannot_switch_an_account():
    patient = factories.patient()
    client = Client(enforce_csrf_checks=True)
    client.force_login(patient.user)
    assert client.post("/language/", {"language": "es", "next": "/home/"}).status_code == 403
    assert Patient.objects.get().language == "en"
    page = client.get("/home/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1)
    client.post("/language/", {"language": "es", "next": "/home/", "csrfmiddlewaretoken": token})
    assert Patient.objects.get().language == "es"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [{}, {"language": "xx"}, {"language": "\x00", "next": "https://elsewhere.example/"}])
def test_an_unknown_language_changes_nothing(typed):
    patient = factories.patient()
    client = factories.client_for(patient.user)
    response = client.post("/language/", typed)
    assert response.status_code == 302 and "elsewhere" not in response.url
    assert Patient.objects.get().language == "en"


@pytest.mark.django_db
def test_choose_language_stores_it_in_the_account_for_other_devices():
    patient = factories.patient()
    factories.client_for(patient.user).post("/language/", {"language": "es", "next": "/home/"})
    assert Patient.objects.get().language == "es"

    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"login": patient.user.email, "password": factories.PASSWORD})
    assert "Hola, Rosa" in elsewhere.get("/home/").content.decode()


@pytest.mark.django_db
def test_the_language_of_a_visitor_stays_after_signing_in():
    patient, client = factories.patient(), Client()
    client.post("/language/", {"language": "es", "next": "/"})
    client.post("/accounts/login/", {"login": patient.user.email, "password": factories.PASSWORD})
    assert "Hola, Rosa" in client.get("/home/").content.decode()
    assert Patient.objects.get().language == "es"


@pytest.mark.django_db
def test_a_mail_is_in_the_language_of_its_reader():
    patient = factories.patient()
    factories.client_for(patient.user).post("/language/", {"language": "es", "next": "/home/"})
    mail.outbox.clear()
    factories.order(Patient.objects.get())
    send_due(by=None)
    newest = [message for message in mail.outbox if patient.email in message.to][-1]
    assert newest.subject.startswith("Recibimos su pedido")
    assert "hora del Este" in newest.body


@pytest.mark.django_db
def test_offices_and_staff_work_in_english():
    physician = factories.identified_physician()
    for account in (physician.user, factories.delegate(physician), factories.staff(next(iter(STAFF_GROUPS)))):
        response = factories.client_for(account).get("/", **ASKED_IN_SPANISH)
        assert response.headers["Content-Language"] == "en"
        assert "Español" not in response.content.decode()


@pytest.mark.django_db
def test_a_caregiver_reads_spanish_too():
    _patient, caregiver = people.patient_with_caregiver()
    client = factories.client_for(caregiver.user)
    client.post("/language/", {"language": "es", "next": "/home/"})
    assert "Pedir para" in client.get("/home/").content.decode()


# --- Days, hours and figures ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_checkout_names_the_weekday_until_when_to_order():
    with time_machine.travel("2026-11-23T12:00:00-05:00", tick=False):
        patient = factories.patient()
        factories.window(date(2026, 11, 25))
        factories.cart(patient)
        client = factories.client_for(patient.user)
        spanish = client.get("/delivery/checkout/", **ASKED_IN_SPANISH).content.decode()
        english = client.get("/delivery/checkout/").content.decode()
    assert "Pida antes del martes, 9:30 a.m., hora del Este (en 21 horas)." in spanish
    assert "Order by Tuesday 9:30 a.m. Eastern (in 21 hours)." in english


@pytest.mark.django_db
def test_hours_begin_small_inside_a_sentence_and_large_alone(settings):
    settings.DISPENSARY_HOURS_ES = "De lunes a viernes, de 9 a.m. a 5 p.m., hora del Este"
    page = Client().get("/contact/", **ASKED_IN_SPANISH).content.decode()
    assert "<p>De lunes a viernes, de 9 a.m. a 5 p.m., hora del Este</p>" in page
    patient = factories.patient()
    factories.client_for(patient.user).post("/language/", {"language": "es", "next": "/home/"})
    factories.order(Patient.objects.get())
    message = delivered()[-1]
    html = message.alternatives[0][0]
    assert "Llame al (203) 555-0100, de lunes a viernes" in message.body
    assert "</a>, de lunes a viernes" in html and "De lunes" not in message.body + html


@pytest.mark.once
@pytest.mark.parametrize(
    ("stored", "shown"),
    [("10.00", "10"), ("1E+1", "10"), ("3.50", "3.5"), ("0.10", "0.1"), ("100", "100"), ("2.25", "2.25")],
)
def test_a_limit_is_a_plain_figure(stored, shown):
    with pytest.raises(AllotmentError, match=rf"at most {re.escape(shown)} oz, and more than 0"):
        check_monthly_allotment(Decimal("200"), day=date(2026, 11, 23), limit=Decimal(stored))
    with translation.override("es"), pytest.raises(IncompleteError, match=rf" {re.escape(shown)} oz"):
        check_allotment_reason(Decimal("0.01"), "", day=date(2026, 11, 23), limit=Decimal(stored))


@pytest.mark.django_db
def test_a_limit_of_ten_ounces_is_ten_ounces_on_the_public_pages():
    with unguarded():
        AllotmentLimit.objects.create(effective_date=date(2026, 1, 1), limit_oz=Decimal("10.00"))
    for address in ("/faq/", "/terms/"):
        for asked in ({}, ASKED_IN_SPANISH):
            page = Client().get(address, **asked).content.decode()
            assert "10 oz" in page or "10 onzas" in page or "10 ounces" in page
            assert "1E+1" not in page
