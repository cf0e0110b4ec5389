"""The database role of the portal, when another role owns the tables."""

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, transaction

from audit.actions import record, seal
from audit.models import Event
from audit.rules import Report, verify
from audit.sql import grant_role
from tests.guard import unguarded

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]


@pytest.fixture
def as_portal():
    """Connect for the rest of the test as a role that owns nothing."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE portal_of_a_test")
        cursor.execute("GRANT USAGE ON SCHEMA public TO portal_of_a_test")
        grant_role(connection, "portal_of_a_test")
        cursor.execute("SET LOCAL ROLE portal_of_a_test")


@pytest.mark.usefixtures("as_portal")
def test_the_portal_writes_events_and_everything_else():
    record(action="test.write", by=None)
    group = Group.objects.create(name="Guests")
    Group.objects.filter(pk=group.pk).update(name="Visitors")


@pytest.mark.usefixtures("as_portal")
def test_the_portal_seals_events_and_verifies_them():
    record(action="test.write", by=None)
    assert seal(by=None) == 1
    assert (list(verify(report := Report())), report.events) == ([], Event.objects.count())


@pytest.mark.usefixtures("as_portal")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
     "ALTER TABLE audit_event DISABLE TRIGGER ALL", "DROP TRIGGER audit_event_no_change ON audit_event",
     "DROP TRIGGER audit_event_own_time ON audit_event",
     "UPDATE audit_seal SET count = 1", "DELETE FROM audit_seal", "TRUNCATE audit_seal",
     "INSERT INTO audit_event (id, role, action, subject_type, outcome, reason, session, request_id)"
     " VALUES (1, '', '', '', 'done', '', '', '')"],
)  # fmt: skip
def test_the_portal_cannot_change_an_event_nor_take_its_guard_off(statement):
    refused = pytest.raises(ProgrammingError, match="permission denied|must be owner")
    with unguarded(), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
