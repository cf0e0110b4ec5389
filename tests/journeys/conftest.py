import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles.handlers import StaticFilesHandler


@pytest.fixture
def portal(transactional_db, settings, monkeypatch, live_server):
    """The portal as it is deployed: WhiteNoise serves the collected files, and links in mails lead here."""
    monkeypatch.setattr(StaticFilesHandler, "_should_handle", lambda self, path: False)
    settings.SITE_URL = live_server.url
    return live_server.url


@pytest.fixture
def visitor(portal, new_context):
    """Somebody with a browser of her own; every page she meets is looked at by axe."""

    from tests.journeys.visitor import Visitor  # it needs Django's settings, which are loaded after this file

    def make(**options):
        return Visitor(new_context(base_url=portal, **options).new_page(), Axe())

    return make
