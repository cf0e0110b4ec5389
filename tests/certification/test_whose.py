"""Every page of a draft or certification says whose it is: two tabs may belong to two patients."""

from datetime import date

import pytest
import time_machine
from django.urls import NoReverseMatch, get_resolver, reverse

from certification.presenters.whose import Whose, whose
from tests import factories
from tests.certification import forms
from tests.certification.test_letters import child
from tests.shared import shared

pytestmark = pytest.mark.django_db
PAPERS = {"certification-certificate", "certification-card"}  # printed: the patient stands on the paper itself
OTHERS = {"certification-ask", "certification-move", "verify"}  # pages of the patient, and of who checks a card
TODAY = "2026-11-25T15:00:00+00:00"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


def pages_of(row):
    """Return the addresses of all pages of a draft or certification, by name."""
    _patterns, app = get_resolver().namespace_dict["certification"]
    for name in app.reverse_dict:
        if not isinstance(name, str) or name in PAPERS | OTHERS or name.endswith("-pdf"):
            continue
        try:
            yield name, reverse(f"certification:{name}", args=[row.uuid])
        except NoReverseMatch:
            continue


def banners(client, row):
    """Return the line above each page that answers with a page of its own."""
    found = {}
    for name, address in pages_of(row):
        response = client.get(address)
        if response.status_code == 200:
            page = response.content.decode()
            start = page.find('<aside class="whose"')
            found[name] = " ".join(page[start : page.find("</aside>", start)].split()) if start >= 0 else ""
    return found


@time_machine.travel(TODAY)
def test_every_page_of_a_draft_says_whose_it_is(client, physician):
    rosa = factories.draft(physician, profile=factories.profile(birth_date=date(1980, 11, 26)))
    pip = child(physician)
    for row, name, born in (
        (rosa, "<strong>Rosa Delgado</strong>", "born November 26, 1980, 45 years old"),
        (pip, "<strong>Rosa Delgado</strong>", "born March 4, 2015, 11 years old"),
    ):
        lines = banners(client, row)
        assert {"certification-profile", "certification-condition", "certification-sign"} <= lines.keys()
        assert [page for page, line in lines.items() if name not in line or born not in line] == []


@time_machine.travel(TODAY)
def test_every_page_of_a_certification_says_whose_it_is(client, physician):
    signed = factories.certification(physician, profile=factories.profile(birth_date=date(1980, 11, 25)))
    lines = banners(client, signed)
    assert {"certification-confirmation", "certification-withdraw", "certification-contact"} <= lines.keys()
    assert lines.pop("certification-confirmation") == ""  # the record begins with it
    assert [name for name, line in lines.items() if "born November 25, 1980, 46 years old" not in line] == []
    record = client.get(reverse("certification:certification-confirmation", args=[signed.uuid])).content.decode()
    assert "Born November 25, 1980, 46 years old" in " ".join(record.split())


@time_machine.travel(TODAY)
def test_the_page_of_a_renewal_says_whose_it_is(client, physician):
    born = factories.profile(birth_date=date(1980, 11, 26))
    signed = factories.certification(physician, on=date(2025, 12, 20), profile=born)
    assert "born November 26, 1980, 45 years old" in banners(client, signed)["certification-renew"]
    delegate = factories.client_for(factories.delegate(physician))
    assert "Rosa Delgado" in banners(delegate, signed)["certification-renew"]


def test_a_draft_without_answers_says_that_its_patient_is_new(client, physician):
    draft = factories.draft(physician, profile=None, condition=None, statement=None)
    assert "A new patient, without a name yet" in banners(client, draft)["certification-profile"]
    assert whose(draft, today=date(2026, 11, 25)) == Whose("", None, None)


def test_a_refused_step_still_says_whose_it_is(client, physician):
    draft = factories.draft(physician)
    page = client.post(reverse("certification:certification-profile", args=[draft.uuid]), forms.profile(last_name=""))
    assert page.status_code == 200 and "<strong>Rosa Delgado</strong>" in page.content.decode()
