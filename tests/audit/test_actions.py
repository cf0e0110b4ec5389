import pytest
from django.db import OperationalError

from audit.actions import Busy, audited, record
from audit.models import Event
from tests import factories
from ui.errors import PortalError

pytestmark = pytest.mark.django_db


class Refused(PortalError):
    pass


def test_record_writes_the_account_the_action_and_the_subject():
    person = factories.user()
    event = record(action="thing.done", by=person, subject=person, reason="because")
    assert (event.actor_id, event.role, event.action) == (person.pk, "member", "thing.done")
    assert (event.subject_type, event.subject_id, event.outcome) == ("accounts.user", person.pk, "done")


def test_record_without_a_person_is_the_systems():
    event = record(action="job.run", by=None)
    assert (event.actor_id, event.role, event.subject_id) == (None, "system", None)


def test_record_takes_the_name_of_the_action_that_runs():
    @audited("thing.inner")
    def inner(*, by):
        return record(by=by).action

    @audited("thing.outer")
    def outer(*, by):
        return [record(by=by).action, inner(by=by), record(by=by).action]

    assert outer(by=None) == ["thing.outer", "thing.inner", "thing.outer"]


def test_record_without_a_name_outside_of_an_action_is_a_mistake():
    with pytest.raises(LookupError):
        record(by=None)


def test_a_refusal_is_about_the_subject_that_the_action_names():
    person, other = factories.user(), factories.user()

    @audited("thing.try", subject="owner")
    def try_thing(*, helper, owner, by):
        raise Refused("no")

    with pytest.raises(Refused):
        try_thing(helper=other, owner=person, by=None)
    assert Event.objects.get(action="thing.try").subject_id == person.pk


def test_audited_records_a_refusal_after_the_rollback():
    @audited("thing.try")
    def try_thing(*, by):
        record(action="thing.half_done", by=by)
        raise Refused("no")

    with pytest.raises(Refused):
        try_thing(by=None)
    assert list(Event.objects.filter(action__startswith="thing").values_list("action", "outcome", "reason")) == [
        ("thing.try", "refused", "Refused")
    ]


@pytest.mark.django_db(transaction=True)
def test_audited_tries_a_lock_timeout_once_more():
    calls = []

    @audited("thing.lock")
    def lock_thing(*, by):
        calls.append(by)
        if len(calls) == 1:
            raise OperationalError("database is locked")
        return "done"

    assert lock_thing(by=None) == "done"
    assert len(calls) == 2


@pytest.mark.django_db(transaction=True)
def test_audited_says_busy_after_two_lock_timeouts():
    @audited("thing.lock")
    def lock_thing(*, by):
        raise OperationalError("database is locked")

    with pytest.raises(Busy, match="try again"):
        lock_thing(by=None)


@pytest.mark.django_db(transaction=True)
def test_audited_lets_other_database_errors_through():
    @audited("thing.lock")
    def lock_thing(*, by):
        raise OperationalError("disk full")

    with pytest.raises(OperationalError, match="disk full"):
        lock_thing(by=None)
