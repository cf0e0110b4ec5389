"""A child is certified, with a guardian and two letters; the guardian joins and orders."""

from datetime import date

import pytest
from django.utils import timezone

from certification.models import Certification, Letter
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, QUESTIONS
from delivery.models import Order
from tests import factories
from tests.journeys.test_order import when_the_orderer_fills_the_cart_and_books_a_window
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
NORA = "nora@example.org"
HOME = {"last_name": "Hart", "street": "40 Orange Street", "city": "New Haven", "zip_code": "06510"}


def test_a_child_is_certified_and_the_guardian_orders(visitor):
    physician, nora = visitor(), visitor(viewport={"width": 390, "height": 844})
    amara = factories.identified_physician(first_name="Amara", last_name="Osei")
    physician.signs_in(amara.user.email)
    physician.identifies(amara)
    when_the_physician_adds_a_child(physician)
    when_the_physician_names_the_guardian(physician)
    when_the_physician_uploads_both_letters(physician)
    when_the_physician_signs_what_was_explained_to_the_guardian(physician, amara)
    when_the_guardian_joins(nora)
    then_the_guardian_finds_nothing_to_inhale_and_orders(nora)
    for person in (physician, nora):
        person.met_no_barrier()


def when_the_physician_adds_a_child(physician):
    physician.opens("/certification/")
    physician.follows("Add new patient")
    physician.ticks(*QUESTIONS)
    physician.fills(first_name="Milo", phone="(203) 555-0142", **HOME)
    physician.fills_date("birth_date", 5, 1, 2014)
    physician.ticks("has_no_email")
    physician.presses("Save and continue")
    physician.sees("under 18: a parent, guardian")
    physician.chooses("condition_codes", "severe-epilepsy")
    today = timezone.localdate()
    for name in ("exam_date", "monitoring_reviewed_date"):
        physician.fills_date(name, today.month, today.day, today.year)
    physician.presses("Save and continue")


def when_the_physician_names_the_guardian(physician):
    physician.selects("relationship", "parent")
    physician.fills(need="He is 12.", first_name="Nora", last_name="Hart", phone="(203) 555-0177", email=NORA)
    physician.ticks("same_address")
    physician.fills_date("birth_date", 2, 3, 1985)
    physician.presses("Save and continue")


def when_the_physician_uploads_both_letters(physician):
    day = timezone.localdate()
    for kind in Letter.Kind:
        for name, value in {"writer": "Ines Moreau", "licence": "1.012345"}.items():
            physician.page.locator(f"[name={kind}_{name}]").fill(value)
        for part in ("month", "day", "year"):
            physician.page.locator(f"[name={kind}_letter_date_{part}]").fill(str(getattr(day, part)))
        letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": factories.one_page_pdf()}
        physician.page.locator(f"[name={kind}_file]").set_input_files(letter)
    physician.looks()
    physician.presses("Save and continue")


def when_the_physician_signs_what_was_explained_to_the_guardian(physician, amara):
    physician.sees("Nora Hart")
    physician.ticks(*ATTESTATIONS)
    physician.signs_as(amara.name)
    physician.presses("Sign and certify")
    physician.sees("Your patient is now certified")
    signed = Certification.objects.get()
    assert (signed.status, signed.explained_to, signed.letters.count()) == ("active", "Nora Hart", 2)


def when_the_guardian_joins(nora):
    nora.opens(link_in_mail_to(NORA, "/invitation/"))
    nora.joins_here(2, 3, 1985)
    nora.ticks(*CAREGIVER_AFFIRMATIONS)
    nora.submits()


def then_the_guardian_finds_nothing_to_inhale_and_orders(nora):
    factories.product(name="Harbor Mist Tincture")
    factories.product(name="Sound Breeze Vape", form="vape", is_inhaled=True)
    factories.window()
    nora.opens("/delivery/")
    nora.sees("You are ordering for Milo Hart")
    assert "Sound Breeze" not in nora.page.content()
    when_the_orderer_fills_the_cart_and_books_a_window(nora)
    order = Order.objects.placed().get()
    assert (order.patient.birth_date, order.placed_by.email) == (date(2014, 5, 1), NORA)
    nora.sees(order.number)
