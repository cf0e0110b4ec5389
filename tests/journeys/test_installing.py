"""Chromium itself says whether the pages of drivers can be installed on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser, factories
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.journey


@pytest.fixture
def phone(portal, browser_type, tmp_path):
    """A driver at a browser with a profile of its own: no page can be installed from a private window."""
    arguments = {"executable_path": browser.chromium(), "args": browser.launch_arguments(), "headless": True}
    context = browser_type.launch_persistent_context(tmp_path, base_url=portal, **arguments)
    yield Visitor(context.pages[0], Axe())
    context.close()


def test_chromium_has_nothing_against_installing_the_pages_of_drivers(phone):
    account = factories.staff("Driver")
    phone.signs_in(account.email)
    if not reasons_against_installing(phone):  # the start page of staff, which has no manifest
        pytest.skip("This Chromium does not say what can be installed: apt-get install chromium")
    phone.opens("/delivery/runs/")
    assert phone.page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => new URL(scope).pathname)") == (
        "/delivery/runs/"
    )
    assert reasons_against_installing(phone) == []
    manifest = phone.page.context.new_cdp_session(phone.page).send("Page.getAppManifest")
    assert (manifest["errors"], manifest["manifest"]["display"]) == ([], "kStandalone")
    phone.met_no_barrier()


def reasons_against_installing(phone):
    found = phone.page.context.new_cdp_session(phone.page).send("Page.getInstallabilityErrors")
    return [error["errorId"] for error in found["installabilityErrors"]]
