import pytest
from django.db import DatabaseError, connection, transaction

from audit.actions import record
from audit.models import Event
from audit.sql import drop_triggers, install_triggers
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def refused(statement):
    with unguarded(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_an_event_cannot_be_altered():
    event = record(action="thing.done", by=None)
    refused("UPDATE audit_event SET action = 'other'")
    event.refresh_from_db()
    assert event.action == "thing.done"


def test_an_event_cannot_be_deleted():
    record(action="thing.done", by=None)
    refused("DELETE FROM audit_event")
    assert Event.objects.filter(action="thing.done").exists()


def test_events_cannot_be_truncated():
    record(action="thing.done", by=None)
    if connection.vendor == "postgresql":
        refused("TRUNCATE audit_event")
    assert Event.objects.filter(action="thing.done").exists()


def test_without_triggers_an_event_can_be_altered():
    """The control: only the triggers refuse the change."""
    record(action="thing.done", by=None)
    drop_triggers(connection)
    with unguarded():
        assert Event.objects.update(action="other") >= 1
    install_triggers(connection)
