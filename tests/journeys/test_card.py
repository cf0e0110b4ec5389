"""A card is lost, and a patient without e-mail joins by a code on paper."""

import io
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image

from certification.statements import PATIENT_AFFIRMATIONS
from tests import factories

pytestmark = pytest.mark.journey


def test_a_lost_card_is_ended_and_replaced(visitor):
    certification = factories.certification()
    rosa, office, anybody = visitor(), visitor(), visitor()
    when_the_patient_signs_in(rosa, certification.patient)
    lost = the_code_that_a_phone_reads_on_the_card(rosa)
    then_its_code_says(anybody, lost, "Valid")
    when_the_office_ends_it(office, certification)
    then_its_code_says(anybody, lost, "Not valid")
    fresh = the_code_that_a_phone_reads_on_the_card(rosa)
    assert fresh != lost
    then_its_code_says(anybody, fresh, "Valid")
    for person in (rosa, office, anybody):
        person.met_no_barrier()


def test_a_patient_without_email_joins_by_a_code_on_paper(visitor):
    certification = factories.certification(profile=factories.profile(email="", has_no_email=True), joined=False)
    office, rosa = visitor(), visitor(viewport={"width": 390, "height": 844})
    code = when_the_office_prints_a_code(office, certification)
    rosa.makes_an_account("rosa.later@example.org")
    rosa.signs_in("rosa.later@example.org")
    rosa.opens("/invitation/")
    rosa.fills(code=code.lower())
    rosa.fills_date("birth_date", 4, 28, 1980)
    rosa.submits()
    rosa.ticks(*PATIENT_AFFIRMATIONS)
    rosa.submits()
    rosa.opens("/card/")
    rosa.sees(certification.patient.number)
    for person in (rosa, office):
        person.met_no_barrier()


def when_the_patient_signs_in(rosa, patient):
    rosa.signs_in(patient.user.email)


def the_code_that_a_phone_reads_on_the_card(rosa):
    rosa.opens("/card/")
    picture = Image.open(io.BytesIO(rosa.page.screenshot(full_page=True)))
    return urlsplit(zxingcpp.read_barcode(picture).text).path


def then_its_code_says(anybody, path, answer):
    anybody.opens(path)
    assert anybody.page.locator(".status__title").inner_text() == answer
    assert "Rosa" not in anybody.page.locator("main").inner_text()


def when_the_office_ends_it(office, certification):
    office.signs_in(certification.physician.user.email)
    office.opens(f"/certification/{certification.uuid}/confirmation/")
    office.identifies(certification.physician)
    office.opens(f"/certification/{certification.uuid}/confirmation/")
    office.follows("Print card")
    office.follows("The card was lost or damaged")
    office.chooses("holder", "patient")
    office.chooses("revoked_reason", "lost")
    office.submits()
    office.sees("The old card is no longer valid")


def when_the_office_prints_a_code(office, certification):
    office.signs_in(certification.physician.user.email)
    office.opens("/certification/")
    office.identifies(certification.physician)
    office.opens("/certification/")
    office.presses("Print code Rosa Delgado")
    office.sees("A code for Rosa Delgado")
    return office.page.locator(".figure").inner_text()


def test_a_patient_reports_a_lost_card_and_gets_a_new_one(visitor):
    certification = factories.certification(profile=factories.profile(email="rosa@example.org"))
    rosa, office = visitor(viewport={"width": 390, "height": 844}), visitor()
    when_the_patient_signs_in(rosa, certification.patient)
    lost = the_code_that_a_phone_reads_on_the_card(rosa)
    when_the_patient_reports_it_lost(rosa)
    rosa.sees("it waits for an answer")
    when_the_office_confirms_the_report(office, certification)
    rosa.opens(f"/certification/{certification.uuid}/ask/")
    rosa.sees("done on")
    assert the_code_that_a_phone_reads_on_the_card(rosa) != lost
    then_its_code_says(rosa, lost, "Not valid")
    for person in (rosa, office):
        person.met_no_barrier()


def when_the_patient_reports_it_lost(rosa):
    rosa.opens("/home/")
    rosa.follows("or report a change")
    rosa.chooses("kind", "lost_card")
    rosa.fills(words="It was in my bag that was stolen.")
    rosa.submits()
    rosa.sees("Sent.")
    rosa.follows("or report a change")


def when_the_office_confirms_the_report(office, certification):
    office.signs_in(certification.physician.user.email)
    office.identifies(certification.physician)
    office.opens("/certification/")
    office.sees("It was in my bag that was stolen.")
    office.follows("End the card")
    office.chooses("holder", "patient")
    office.chooses("revoked_reason", "lost")
    office.submits()
    office.sees("The old card is no longer valid")
