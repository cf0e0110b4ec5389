import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler


@pytest.fixture
def portal(transactional_db, settings, monkeypatch, live_server):
    """The address of a portal as it is deployed: WhiteNoise serves the collected files, links in mails lead to it."""
    monkeypatch.setattr(StaticFilesHandler, "_should_handle", lambda self, path: False)
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def visitor(portal, new_context):
    """A function that makes a person with a new browser; axe checks every page that the person opens."""
    from tests.journeys.visitor import Visitor  # it needs Django's settings, which are loaded after this file

    def make(**options):
        return Visitor(new_context(base_url=portal, **options).new_page(), Axe())

    return make
