"""The three journeys of the README in a browser, through the proxy, with a second factor for professionals."""

import re
import sys
from contextlib import contextmanager

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import sync_playwright

from certification.statements import PATIENT_AFFIRMATIONS
from tests import browser
from tests.factories import PASSWORD
from tests.journeys import test_certify, test_order
from tests.journeys.visitor import Visitor

PATIENT = "rosa@example.org"  # whom the physician of tests/journeys/test_certify.py certifies
PATIENCE = 60_000  # milliseconds a page may take: the whole deployment has one machine


class Person(Visitor):
    """Somebody at a browser whose mail arrives at the rehearsal's mail server."""

    def __init__(self, page, post) -> None:
        super().__init__(page, None)
        self.post = post

    def looks(self) -> None:
        """The suite's journeys look for barriers; here the ways alone count."""

    def makes_an_account(self, email: str) -> None:
        self.opens("/accounts/signup/")
        self.fills(email=email, password1=PASSWORD)
        self.submits()
        self.opens(self.post.path_to(email, "/accounts/confirm-email/"))
        self.submits()

    def sets_up_a_second_factor(self) -> None:
        """An authenticator app, and recovery codes that are kept."""
        self.confirms_with_password()
        seed = self.page.locator("code.secret").inner_text()
        self.fills(code=format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time()))))
        self.presses("Turn on")
        self.opens("/accounts/2fa/recovery-codes/")
        self.presses("I have kept them: continue")


@contextmanager
def people_at(stage):
    """A function that opens a browser of her own for one more person."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.launch_arguments())

        def person() -> Person:
            context = chromium.new_context(base_url=stage.url, ignore_https_errors=True)  # the certificate is made up
            context.set_default_timeout(PATIENCE)
            return Person(context.new_page(), stage.post)

        try:
            yield person
        except Exception:
            for context in chromium.contexts:
                page = context.pages[0]
                print(f"{page.url}\n{page.locator('body').inner_text()[:1500]}\n", file=sys.stderr)
            raise
        finally:
            chromium.close()


def physician_certifies(person: Person, physician) -> str:
    """Her way from the first visit to the signature; returns the certification's number."""
    person.makes_an_account(physician.email)
    person.signs_in(physician.email)
    person.follows("I am a Physician")
    person.sets_up_a_second_factor()
    person.follows("I am a Physician")
    person.identifies(physician)
    test_certify.when_she_adds_a_patient(person)
    person.opens(re.sub(r"[a-z]+/$", "review/", person.page.url))  # past the caregiver, whom she may leave out
    person.confirms_with_password()
    person.fills(signature_name=physician.name)
    person.submits()
    person.sees("Your patient is now certified")
    return number_on(person, "C")


def patient_joins_and_orders(person: Person) -> str:
    """From the invitation's mail to an order; returns the order's number."""
    person.opens(person.post.path_to(PATIENT, "/invitation/"))
    person.makes_an_account(PATIENT)
    person.signs_in(PATIENT)
    person.opens("/invitation/")
    person.fills_date("birth_date", 4, 28, 1980)
    person.submits()
    person.ticks(*PATIENT_AFFIRMATIONS)
    person.submits()
    test_order.when_she_fills_the_cart_and_books_a_window(person)
    person.sees("$80.00")
    return number_on(person, "D")


def staff_confirm(staff: Person, email: str, number: str) -> None:
    """A pharmacist's first day: the second factor, then the order."""
    staff.signs_in(email)
    staff.opens("/admin/")
    staff.sets_up_a_second_factor()
    staff.opens("/admin/delivery/order/")
    staff.follows(number)
    staff.follows("Confirm")
    staff.page.locator("#content form [type=submit]").last.click()
    staff.page.wait_for_load_state()
    staff.sees("done")


def number_on(person: Person, letter: str) -> str:
    """The number of a certification (C) or an order (D) that the page shows."""
    found = re.search(rf"\b{letter}-\w{{4}}-\w{{4}}\b", person.page.locator("main").inner_text())
    assert found, f"No number on {person.page.url}"
    return found[0]
