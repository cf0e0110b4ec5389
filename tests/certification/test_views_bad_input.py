"""Unusual and wrong input on each page: it is refused with a sentence beside the box, or shown as typed."""

from calendar import monthrange
from datetime import date, timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.models import Patient
from tests import factories
from tests.certification import forms
from tests.certification.test_views_steps import post, refused, url
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def eighteen_years_before(day):
    year = day.year - 18
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


# --- Days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "sentence"), [("1850", "from 1900 on"), ("0", "from 1900 on"), ("-1980", "4 digits"), ("1e9", "4 digits")]
)
def test_an_impossible_year_of_birth_is_refused_with_a_sentence(client, physician, year, sentence):
    typed = forms.profile(birth_date_year=year, last_name="Rivera")
    form = refused(client, factories.draft(physician), "profile", typed)
    assert (list(form.errors), form["last_name"].value()) == (["birth_date"], "Rivera")
    assert sentence in form.errors["birth_date"][0]


@pytest.mark.parametrize("days", [0, 1])
def test_a_birth_date_of_today_or_tomorrow_is_refused_with_a_sentence(client, physician, days):
    typed = forms.profile(birth_date=timezone.localdate() + timedelta(days=days))
    form = refused(client, factories.draft(physician), "profile", typed)
    assert "must be in the past" in form.errors["birth_date"][0]


@pytest.mark.parametrize(("days", "conditions"), [(0, 40), (1, 11)])
def test_a_patient_who_turns_18_today_is_an_adult_and_tomorrow_a_minor(
    client, physician, time_machine, days, conditions
):
    time_machine.move_to("2026-11-23T17:00:00+00:00", tick=False)
    born = eighteen_years_before(timezone.localdate()) + timedelta(days=days)
    draft = factories.draft(physician, profile=None, condition=None, statement=None)
    page = factories.client_for(physician.user).post(url(draft, "profile"), forms.profile(birth_date=born), follow=True)
    assert len(page.context["form"].fields["condition_codes"].choices) == conditions
    assert ("under 18: a parent, guardian" in page.content.decode()) is (days == 1)


def test_the_condition_of_an_adult_is_refused_for_a_minor(client, physician):
    draft = factories.draft(physician, profile=factories.profile(birth_date=CHILD), condition=None, statement=None)
    form = refused(client, draft, "condition", forms.condition(condition_codes=["cancer"]))
    assert list(form.errors) == ["condition_codes"]


def test_an_exam_date_of_tomorrow_is_refused_with_a_sentence(client, physician):
    tomorrow = forms.date_boxes("exam_date", timezone.localdate() + timedelta(days=1))
    form = refused(client, factories.draft(physician), "condition", forms.condition(**tomorrow))
    assert "today or in the past" in form.errors["exam_date"][0]


# --- Caregivers and amounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        (lambda _patient, today: forms.date_boxes("birth_date", eighteen_years_before(today) + timedelta(days=1)),
         "18 or older"),
        (lambda patient, _today: {"first_name": patient.first_name, "last_name": patient.last_name.upper()},
         "your own name"),
        (lambda patient, _today: {"phone": str(patient.phone)}, "your own"),
    ],
)  # fmt: skip
def test_a_caregiver_of_17_and_the_physician_are_refused(client, physician, over, sentence):
    draft = factories.draft(physician)
    form = refused(client, draft, "caregiver", forms.caregiver(**over(physician, timezone.localdate())))
    assert sentence in str(form.errors)
    assert form["need"].value() == "Cannot drive."


@pytest.mark.parametrize("typed", ["three", "1e9", "NaN", "Infinity", "3,5 oz", "½"])
def test_an_allotment_in_words_or_signs_is_refused_with_a_sentence(client, physician, typed):
    form = refused(client, factories.draft(physician), "sign", forms.statement(monthly_allotment_oz=typed))
    assert "as a number" in form.errors["monthly_allotment_oz"][0]
    assert form["monthly_allotment_oz"].value() == typed


# --- Names ----------------------------------------------------------------------------------------------------------


def test_a_name_of_200_letters_is_asked_to_be_shorter_and_stays_in_the_box(client, physician):
    form = refused(client, factories.draft(physician), "profile", forms.profile(last_name="N" * 200))
    assert "Shorten this to 100" in form.errors["last_name"][0]
    assert form["last_name"].value() == "N" * 200


@pytest.mark.parametrize("name", ["X", "李", "O'Brien-Núñez", "W" * 100])
def test_every_page_shows_an_unusual_name(client, physician, name):
    draft = factories.draft(physician, profile=None)
    assert post(client, draft, "profile", forms.profile(first_name=name, last_name=name)).status_code == 302
    assert post(client, draft, "sign", {"signature_name": physician.name}).url == url(draft, "confirmation")
    pages = ("confirmation", "certificate", "card", "identity", "close", "withdraw", "renew")
    for page in [*(url(draft, page) for page in pages), "/certification/", "/certification/due/?within=expired"]:
        assert client.get(page).status_code == 200, page
    for paper in ("certificate.pdf", "card.pdf"):
        assert client.get(url(draft, paper).removesuffix("/")).content.startswith(b"%PDF"), paper
    client.post("/certification/", {"term": name})
    assert Patient.objects.get().name in unescape(client.get("/certification/").content.decode())


def test_a_patient_called_by_one_letter_is_found_in_the_admin_and_at_home():
    patient = factories.patient(first_name="李", last_name="X")
    assert "李 X" in factories.client_for(patient.user).get("/card/").content.decode()
    registrar = factories.client_for(factories.staff("Registrar"))
    searched = registrar.post(reverse("admin:certification_patient_changelist"), {"q": "李"}, follow=True)
    page = searched.content.decode()
    assert patient.number in page
    assert Patient.objects.get().search_name == "x 李"
