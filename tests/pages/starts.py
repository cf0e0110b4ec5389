"""The staff's start page as one account reads it, and the numbers on it."""

import re
from html.parser import HTMLParser

from django.utils import timezone

from pages.context_processors import bar_of
from pages.staff_start import staff_start


def start_of(account, now=None):
    return staff_start(account, bar_of(account).groups, now=now or timezone.now())


# Where a number of the page counts no rows, so that nothing is behind it, by class or element of what holds it.
NO_COUNTS = {
    "start__now": "the time now",
    "h1": "the delivery day, and in how many days it is",
    "h2": "the hours of a window, or a day",
    "start__quiet": "since when, until when, where a run was last; and the quiet zero of money and of a product",
    "start__number--none": "a zero: no rows to show",
    "start__limit": "the places of a window, beside the link to the orders that take them",
    "start__times": "when a run comes to its first and its last door",
    "start__noun": "the words of a number, like older than 2 hours: the number beside them is the link",
    "start__vehicle": "the name of a driver and a vehicle, like Van 1",
    "start__product": "the name of a product, like Elm City Ground, 7 g",
    "badge--late": "how many days the oldest has waited: the number beside it is the link",
}


class Numbers(HTMLParser):
    """Collects each text with a digit in the body of the page, and whether a link or one of NO_COUNTS holds it."""

    VOID = {"img", "br", "input", "link", "meta", "hr"}

    def __init__(self, page):
        super().__init__()
        self.open, self.linked, self.bare, self.excused = [], [], [], []
        self.feed(page[page.index('<div id="content"') : page.index('aria-labelledby="start-lists"')])

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while tag not in self.VOID and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if not re.search(r"\d", text):
            return
        names = {name for tag, attrs in self.open for name in (tag, *attrs.get("class", "").split())}
        is_link = any(tag == "a" and attrs.get("href") for tag, attrs in self.open)
        (self.linked if is_link else self.excused if names & NO_COUNTS.keys() else self.bare).append(text.strip())
