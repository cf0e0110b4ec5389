"""A child is certified, with a guardian and two letters; the guardian joins and orders."""

from datetime import date

import pytest
from django.utils import timezone

from certification.models import Certification, Draft, Letter
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, QUESTIONS
from delivery.models import Order
from tests import factories
from tests.journeys.test_order import when_she_fills_the_cart_and_books_a_window
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey
NORA = "nora@example.org"
HOME = {"last_name": "Hart", "street": "40 Orange Street", "city": "New Haven", "zip_code": "06510"}


def test_a_child_is_certified_and_the_guardian_orders(visitor):
    she, nora = visitor(), visitor(viewport={"width": 390, "height": 844})
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    she.signs_in(physician.user.email)
    she.identifies(physician)
    when_she_adds_a_child(she)
    when_she_names_the_guardian(she)
    when_she_keeps_both_letters(she)
    when_she_signs_what_she_explained_to_the_guardian(she, physician)
    when_the_guardian_joins(nora)
    then_the_guardian_finds_nothing_to_inhale_and_orders(nora)
    for person in (she, nora):
        person.met_no_barrier()


def when_she_adds_a_child(she):
    she.opens("/certification/")
    she.follows("Add new patient")
    she.ticks(*QUESTIONS)
    she.submits()
    she.fills(first_name="Milo", phone="(203) 555-0142", **HOME)
    she.fills_date("birth_date", 5, 1, 2014)
    she.ticks("has_no_email")
    she.presses("Save and continue")
    she.sees("under 18: a parent, guardian")
    she.chooses("condition_codes", "severe-epilepsy")
    today = timezone.localdate()
    for name in ("exam_date", "monitoring_reviewed_date"):
        she.fills_date(name, today.month, today.day, today.year)
    she.presses("Save and continue")


def when_she_names_the_guardian(she):
    she.opens(f"/certification/{Draft.objects.get().uuid}/caregiver/")
    she.selects("relationship", "parent")
    she.fills(need="He is 12.", first_name="Nora", phone="(203) 555-0177", email=NORA, **HOME)
    she.fills_date("birth_date", 2, 3, 1985)
    she.presses("Save and continue")


def when_she_keeps_both_letters(she):
    day = timezone.localdate()
    for kind in Letter.Kind:
        form = she.page.locator(f"form:has([name=kind][value={kind}])")
        form.locator("[name=writer]").fill("Ines Moreau")
        form.locator("[name=licence]").fill("1.012345")
        for part in ("month", "day", "year"):
            form.locator(f"[name=letter_date_{part}]").fill(str(getattr(day, part)))
        letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": factories.one_page_pdf()}
        form.locator("[name=file]").set_input_files(letter)
        form.locator("button").click()
        she.sees(f"The letter is kept: {kind.label}")
    she.looks()
    she.presses("Continue")


def when_she_signs_what_she_explained_to_the_guardian(she, physician):
    she.sees("Nora Hart")
    she.ticks(*ATTESTATIONS)
    she.presses("Save and continue")
    she.opens(f"/certification/{Draft.objects.get().uuid}/review/")
    she.confirms_with_password()
    she.fills(signature_name=physician.name)
    she.submits()
    she.sees("Your patient is now certified")
    signed = Certification.objects.get()
    assert (signed.status, signed.explained_to, signed.letters.count()) == ("active", "Nora Hart", 2)


def when_the_guardian_joins(nora):
    nora.opens(link_in_mail_to(NORA, "/invitation/"))
    nora.makes_an_account(NORA)
    nora.signs_in(NORA)
    nora.opens("/invitation/")
    nora.fills_date("birth_date", 2, 3, 1985)
    nora.submits()
    nora.ticks(*CAREGIVER_AFFIRMATIONS)
    nora.submits()


def then_the_guardian_finds_nothing_to_inhale_and_orders(nora):
    factories.product(name="Harbor Mist Tincture")
    factories.product(name="Sound Breeze Vape", form="vape", is_inhaled=True)
    factories.window()
    nora.opens("/delivery/")
    nora.sees("You are ordering for Milo Hart")
    assert "Sound Breeze" not in nora.page.content()
    when_she_fills_the_cart_and_books_a_window(nora)
    order = Order.objects.placed().get()
    assert (order.patient.birth_date, order.placed_by.email) == (date(2014, 5, 1), NORA)
    nora.sees(order.number)
