"""Show the collected pages in a browser at three widths and in the dark, and check them with axe."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests import browser
from tests.journeys.visitor import WCAG

LOOKS = ((1200, "light"), (390, "light"), (320, "light"), (390, "dark"))  # px, and the theme of the system
OPENED_LOOKS = (1200, 390)  # px, with everything open that a click opens
OPEN_ALL = """() => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((part) => { part.open = true; });
    return closed.length;
}"""
END_FADING = """() => document.getAnimations().forEach((each) => {
    if (each instanceof CSSTransition) each.finish();
})"""
BROWSERS = 2  # that look at the same time
HIGHEST = 20_000  # px, enough for the longest lists


def look(pages, base, findings, *, until):
    """Show each page as it was received, with static files from the server, and add the findings of axe."""
    parts = [pages[first::BROWSERS] for first in range(BROWSERS)]
    with ThreadPoolExecutor(BROWSERS) as pool:
        list(pool.map(lambda part: _look(part, base, findings, until=until), parts))


def _look(pages, base, findings, *, until):
    """Look at pages in a browser of its own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.chromium(), args=browser.launch_arguments())
        tab, axe = chromium.new_context().new_page(), Axe()
        for number, page in enumerate(pages):
            if time.monotonic() > until:
                findings.add("out of time", "axe", f"{len(pages) - number} of {len(pages)} pages were not looked at.")
                break
            _show(tab, page, base)
            for width, scheme in LOOKS:
                tab.emulate_media(color_scheme=scheme)
                _show_whole(tab, width)
                where = f"{page.route} ({page.role}, {page.state}) at {width} px, {scheme}"
                _add(axe.run(tab, options=WCAG), where, findings)
            tab.emulate_media(color_scheme="light")
            for width in OPENED_LOOKS if tab.evaluate(OPEN_ALL) else ():
                _show_whole(tab, width)
                where = f"{page.route} ({page.role}, {page.state}, all opened) at {width} px"
                _add(axe.run(tab, "details", options=WCAG), where, findings)  # an open menu covers what is behind it
        chromium.close()


def _add(seen, where, findings):
    """Add what axe has found in one look."""
    findings.count("looks by axe")
    for violation in seen.response["violations"]:
        findings.add("barrier", where, f"{violation['id']}: {violation['nodes'][0]['html'][:200]}")


def _show(tab, page, base):
    """Show the page without sending its request again."""
    address = base + urlsplit(page.address).path
    tab.unroute_all()
    tab.route(
        lambda url: url.partition("?")[0] == address,
        lambda route: (
            route.fulfill(body=page.text, content_type="text/html; charset=utf-8")
            if route.request.resource_type == "document"
            else route.continue_()
        ),
    )
    tab.goto(address)


def _show_whole(tab, width):
    """Make the window as high as the page, so that a bar at the bottom of the window covers nothing.

    Otherwise the covered boxes would depend on how far the page is scrolled. The journeys check that the bar never
    covers the focused box. Where the theme has changed, the fading of its colors is ended at once.
    """
    tab.set_viewport_size({"width": width, "height": 900})
    height = tab.evaluate("document.documentElement.scrollHeight")
    tab.set_viewport_size({"width": width, "height": min(max(height, 900), HIGHEST)})
    tab.evaluate(END_FADING)


def apart(pages):
    """Return few pages that together show every kind of element of each route, in any role and state."""
    shown, chosen = {}, []
    fullest_first = sorted(pages.items(), key=lambda each: -len(each[0][-1]))
    for (_role, route, state, shape), page in fullest_first:
        route = route if state.endswith(" 200") else state  # all refusals look alike
        known = shown.setdefault(route, set())
        if not shape <= known:
            known |= shape
            chosen.append(page)
    return chosen
