"""The page steps of `make rehearse`, at the live server of the tests: a changed page fails here first."""

from contextlib import contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from rehearsal import journeys, main, world
from rehearsal.report import Report
from tests.journeys.visitor import link_in_mail_to

pytestmark = pytest.mark.journey


class Outbox:
    """The mail of the tests, with the one method that the steps use of the rehearsal's mail server."""

    def path_to(self, recipient, path):
        return urlsplit(link_in_mail_to(recipient, path)).path


@pytest.fixture
def stage(portal, new_context, settings, monkeypatch):
    """A stage with the live server; its people get the browser of the tests, because a second one cannot start."""
    settings.REQUIRE_MFA = True  # as on the rehearsal's own stage

    @contextmanager
    def people_at(stage):
        yield lambda: journeys.Person(new_context(base_url=stage.url).new_page(), stage.post)

    monkeypatch.setattr(journeys, "people_at", people_at)
    return SimpleNamespace(url=portal, post=Outbox())


def test_the_steps_of_the_rehearsal_find_their_pages(stage):
    report = Report()
    main.takes_journeys(stage, world.build(), report)
    assert report.is_whole, report.table()
