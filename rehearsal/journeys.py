"""The three journeys of the README in a browser, through the proxy, with a second factor for physician and staff."""

import re
import sys
import time
from contextlib import contextmanager

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from playwright.sync_api import sync_playwright

from certification.statements import PATIENT_AFFIRMATIONS
from tests import browser
from tests.factories import PASSWORD
from tests.journeys import test_certify, test_order
from tests.journeys.visitor import Visitor

PATIENT = "rosa@example.org"  # the patient of tests/journeys/test_certify.py
PATIENCE = 60_000  # milliseconds that a page may take, because the whole deployment runs on one machine
SHORTEST = 5  # seconds that a code must still count for, because it has to arrive before they end


class Person(Visitor):
    """A person at a browser, whose mail arrives at the rehearsal's mail server."""

    def __init__(self, page, post) -> None:
        super().__init__(page, None)
        self.post = post

    def looks(self) -> None:
        """Do nothing: only the journeys of the test suite look for barriers."""

    def makes_an_account(self, email: str) -> None:
        self.opens("/accounts/signup/")
        self.fills(email=email, password1=PASSWORD)
        self.submits()
        self.opens(self.post.path_to(email, "/accounts/confirm-email/"))
        self.submits()

    def sets_up_a_second_factor(self) -> None:
        """Set up an authenticator app, and confirm that the recovery codes are stored."""
        self.confirms_with_password()
        seed = "".join(self.page.locator("code.secret").inner_text().split())  # the page shows it in groups
        time.sleep(seconds_to_wait(time.time()))
        self.fills(code=format_hotp_value(hotp_value(seed, next(yield_hotp_counters_from_time()))))
        self.presses("Turn on")
        self.presses("I have kept them: continue")


def seconds_to_wait(now: float) -> float:
    """Return the seconds until the next code of an authenticator app, or 0 when the present one counts long enough."""
    left = app_settings.TOTP_PERIOD - now % app_settings.TOTP_PERIOD
    return left if left < SHORTEST else 0


@contextmanager
def people_at(stage):
    """Yield a function that makes a new person with a new browser."""
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
    """Certify a patient, from the physician's first visit to the signature; return the certification's number."""
    person.makes_an_account(physician.email)
    person.signs_in(physician.email)
    person.follows("I am a Physician")
    person.sets_up_a_second_factor()
    person.follows("I am a Physician")
    person.identifies(physician)
    test_certify.when_the_physician_adds_a_patient(person)
    test_certify.when_the_physician_signs(person, physician)
    person.sees("Your patient is now certified")
    return number_on(person, "C")


def patient_joins_and_orders(person: Person) -> str:
    """Join by the invitation in the mail and order; return the order's number."""
    person.opens(person.post.path_to(PATIENT, "/invitation/"))
    person.joins_here(4, 28, 1980)
    person.ticks(*PATIENT_AFFIRMATIONS)
    person.submits()
    test_order.when_the_orderer_fills_the_cart_and_books_a_window(person)
    person.sees("$80.00")
    return number_on(person, "D")


def staff_confirm(staff: Person, email: str) -> None:
    """Set up the pharmacist's second factor, and confirm the order of Rosa Delgado."""
    staff.signs_in(email)  # which leads to the page with the key; opening that again would make another key
    staff.sets_up_a_second_factor()
    test_order.when_staff_confirm_the_order_of(staff, "Rosa Delgado")


def number_on(person: Person, letter: str) -> str:
    """Return the number of a certification (C) or an order (D) on the page."""
    found = re.search(rf"\b{letter}-\w{{4}}-\w{{4}}\b", person.page.locator("main").inner_text())
    assert found, f"No number on {person.page.url}"
    return found[0]
