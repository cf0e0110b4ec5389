"""The migration to seals, forth and back: events stay, and triggers still refuse changes."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from audit.actions import record, seal
from audit.models import Event
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


def test_events_outlive_the_way_back_and_forth():
    event = record(action="thing.done", by=None, reason="kept")
    seal(by=None)
    try:
        call_command("migrate", "audit", "0001", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reason FROM audit_event WHERE id = %s", [event.pk])
            assert cursor.fetchone() == ("kept",)
        assert "audit_seal" not in connection.introspection.table_names()
    finally:
        call_command("migrate", "audit", verbosity=0)
    kept = Event.objects.get(pk=event.pk)
    assert (kept.reason, kept.created_at) == ("kept", event.created_at)
    assert seal(by=None) == 1
    with unguarded(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.update(reason="other")
