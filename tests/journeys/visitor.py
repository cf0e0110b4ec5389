"""A person at a browser, who acts by the words on the page."""

import re

from django.core import mail
from playwright.sync_api import Error

from tests.factories import PASSWORD, SSN_LAST_FOUR

WCAG = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PATIENCE = 10  # seconds until a page that was asked for is there
TOKENS = re.compile(r'value="[\w=-]{32,}"')


class Visitor:
    without_barrier = set()  # content of pages without a barrier: axe takes half of a journey's time

    def __init__(self, page, axe):
        self.page, self.axe = page, axe
        self.violations = {}
        self.errors = []
        self.crashes = []  # of scripts: what nothing caught
        page.on("response", lambda response: response.status >= 500 and self.errors.append(response.url))
        page.on("pageerror", lambda error: self.crashes.append(error.stack or str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def opens(self, address):
        self.page.goto(address)
        self.looks()

    def looks(self, within="html"):
        """Collect what axe finds wrong on the page, or in a part of it, as it is now."""
        for _tenth in range(10 * PATIENCE):
            try:
                return self._looks(within)
            except Error as error:  # the click's navigation began only now: the page under axe is gone
                if "navigat" not in str(error) and "context was destroyed" not in str(error):
                    raise
                self.page.wait_for_timeout(100)
                self.page.wait_for_load_state()
        raise AssertionError(f"{self.page.url} did not come to rest.")

    def _looks(self, within):
        page = (TOKENS.sub("", self.page.content()), str(self.page.viewport_size), within)
        if page in self.without_barrier:
            return
        found = self.axe.run(self.page, within, options=WCAG).response["violations"]
        for violation in found:
            nodes = [node["html"][:120] for node in violation["nodes"]]
            self.violations.setdefault(self.page.url, []).append((violation["id"], nodes))
        if not found:
            self.without_barrier.add(page)

    def presses(self, name):
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.rests()
        self.looks()

    def rests(self):
        """Wait for the answer to a click; htmx changes a page without loading a new one."""
        self.page.locator(".htmx-request").first.wait_for(state="detached")
        self.page.wait_for_load_state()

    def submits(self):
        """Press the main button of the page's form."""
        self.page.locator("main form .actions button").first.click()
        self.rests()
        self.looks()

    def follows(self, name):
        """Click a link; open the menu of a page of staff first, where the link is in it."""
        menu = self.page.locator("details.tools-menu:not([open])").filter(has=self.page.locator("a", has_text=name))
        if menu.count() and not self.page.get_by_role("link", name=name).count():
            menu.first.locator("summary").click()
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()
        self.looks()

    def fills(self, **values):
        for name, value in values.items():
            self.page.locator(f"[name={name}]").fill(value)

    def fills_date(self, name, month, day, year):
        self.fills(**{f"{name}_month": str(month), f"{name}_day": str(day), f"{name}_year": str(year)})

    def chooses(self, name, value):
        self.presses_label_of(self.page.locator(f"[name={name}][value='{value}']"))

    def ticks(self, *names):
        for name in names:
            self.presses_label_of(self.page.locator(f"[name={name}]"))

    def presses_label_of(self, box):
        """Click the label of a box or radio: USWDS draws them into the label and moves the input off the page."""
        self.page.locator(f"label[for='{box.get_attribute('id')}']").click()

    def selects(self, name, value):
        self.page.locator(f"[name={name}]").select_option(value)

    def sees(self, text):
        """Wait until the text is there: on a busy machine a click returns before its page has begun to come."""
        for _tenth in range(10 * PATIENCE):  # a stopped clock does not count here
            if text in (body := " ".join(self.page.locator("body").inner_text().split())):
                break
            self.page.wait_for_timeout(100)
        else:
            raise AssertionError(f"{text!r} is not on {self.page.url}:\n{body[:2000]}")
        self.page.wait_for_load_state()  # its scripts as well, such as that of "Select all"

    def waits_until(self, condition):
        """Wait until an expression of JavaScript is true. `wait_for_function` would evaluate it within the page, and
        the portal's content security policy refuses that as soon as it is not true at once.
        """
        for _twentieth in range(20 * 3 * PATIENCE):
            if self.page.evaluate(f"Boolean({condition})"):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{condition} did not become true on {self.page.url}.")

    # --- Parts of several journeys

    def signs_in(self, email):
        self.opens("/accounts/login/")
        self.signs_in_here(email)

    def signs_in_here(self, email):
        self.fills(login=email, password=PASSWORD)
        self.presses("Sign in")

    def confirms_with_password(self):
        if "/reauthenticate/" in self.page.url:
            self.fills(password=PASSWORD)
            self.submits()

    def signs_as(self, name):
        """Type the name, and the password where the page asks for it."""
        self.fills(signature_name=name)
        if self.page.locator("[name=password]").count():
            self.fills(password=PASSWORD)

    def identifies(self, physician):
        self.fills(dea_number=physician.dea_number, ssn_last_four=SSN_LAST_FOUR)
        self.submits()

    def makes_an_account(self, email):
        self.opens("/accounts/signup/")
        self.fills(email=email, password1=PASSWORD)
        self.submits()
        self.opens(link_in_mail_to(email, "/accounts/confirm-email/"))
        self.submits()

    def joins_here(self, month, day, year):
        """Make an account on the page behind the link of an invitation, with this birth date."""
        self.fills(password=PASSWORD)
        self.fills_date("birth_date", month, day, year)
        self.submits()

    def met_no_barrier(self):
        assert self.violations == {}, self.violations
        assert self.errors == [], self.errors
        assert self.crashes == [], self.crashes


def mails_to(address):
    return [message for message in mail.outbox if address in message.to]


def link_in_mail_to(address, path):
    """Return the last link with `path` in it that was mailed to `address`."""
    for message in reversed(mails_to(address)):
        if found := re.search(rf"https?://\S*{path}\S*", message.body):
            return found[0]
    raise AssertionError(f"No mail to {address} holds a link to {path}: {[mail.subject for mail in mails_to(address)]}")
