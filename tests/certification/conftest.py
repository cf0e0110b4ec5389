import time

import pytest


@pytest.fixture
def slowly(monkeypatch):
    """Wait between a check and its write, so that calls without a lock get in each other's way."""
    from certification import rules  # it needs Django's settings, which are loaded after this file

    def slow_down(name):
        check = getattr(rules, name)

        def check_slowly(*arguments, **named):
            answer = check(*arguments, **named)
            time.sleep(0.05)
            return answer

        monkeypatch.setattr(rules, name, check_slowly)

    return slow_down


@pytest.fixture
def without_locks(monkeypatch):
    from django.db import connection
    from django.db.models import QuerySet

    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets only one writer in, with or without our lock")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
