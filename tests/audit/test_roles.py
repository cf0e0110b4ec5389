"""The role of the portal, where the tables belong to another."""

import pytest
from django.contrib.auth.models import Group
from django.db import ProgrammingError, connection, transaction

from audit.actions import record
from audit.sql import grant_role
from tests.guard import unguarded

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]


@pytest.fixture
def as_portal():
    """The rest of the test is done by a role that owns nothing."""
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
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event",
     "ALTER TABLE audit_event DISABLE TRIGGER ALL", "DROP TRIGGER audit_event_no_change ON audit_event"],
)  # fmt: skip
def test_the_portal_cannot_change_an_event_nor_take_its_guard_off(statement):
    refused = pytest.raises(ProgrammingError, match="permission denied|must be owner")
    with unguarded(), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
