"""Seals of the audit: what verify_audit finds with them and does not find without them."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

import accounts.tasks
from audit import actions, rules, tasks
from audit.actions import record, seal
from audit.models import Event, Seal
from audit.sql import drop_triggers, install_triggers
from notifications.actions import send_due
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def events():
    """Write six events, three under each of two seals."""
    made = [record(action="thing.done", by=None, reason=f"No. {n}") for n in range(3)]
    seal(by=None)
    made += [record(action="thing.done", by=None, reason=f"No. {n}") for n in range(3, 6)]
    seal(by=None)
    return made


def as_owner(statement, *values):
    """Run the statement as the owner of the tables can: without the triggers, which are then created again."""
    drop_triggers(connection)
    try:
        with unguarded(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    finally:
        install_triggers(connection)


def verified(*options):
    """Return the output of verify_audit, and its failure."""
    out = StringIO()
    try:
        call_command("verify_audit", *options, stdout=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


def insert(pk, moment, columns="id, created_at, role, action, subject_type, outcome, reason, session, request_id"):
    values = (pk, moment, "system", "thing.done", "", "done", "", "", "")
    as_owner(f"INSERT INTO audit_event ({columns}) VALUES ({', '.join(['%s'] * len(values))})", *values)  # noqa: S608


# --- All is well ---------------------------------------------------------------------------------------------------


def test_events_that_nobody_touched_are_as_they_were_sealed(events):
    record(action="thing.done", by=None)
    words, failure = verified()
    assert failure == ""
    assert f"{Event.objects.count() - 1} events under 2 seals were compared.\n1 events are under no seal yet" in words
    assert "All are as they were sealed." in words


def test_verify_of_an_empty_audit_is_well():
    assert verified() == ("0 events under 0 seals were compared.\nAll are as they were sealed.\n", "")


def test_seal_covers_every_column():
    assert set(rules.COLUMNS) == {field.attname for field in Event._meta.concrete_fields}


def test_seal_without_a_new_event_makes_none(events):
    assert [seal(by=None), tasks.seal(), Seal.objects.count()] == [0, 0, 2]


def test_many_events_are_sealed_in_batches(monkeypatch):
    monkeypatch.setattr(actions, "EVENTS_A_SEAL", 4)
    for _event in range(10):
        record(action="thing.done", by=None)
    assert seal(by=None, most=2) == 2
    assert seal(by=None) == 1
    assert list(Seal.objects.order_by("pk").values_list("count", flat=True)) == [4, 4, 2]
    assert verified()[1] == ""


def test_the_digest_of_a_row_is_the_same_on_both_databases():
    """The expected digest is the same on SQLite and on PostgreSQL."""
    row = (7, datetime(2026, 11, 28, 12, 0, 0, 250_000, tzinfo=UTC), 3, "staff", "order.view", "delivery.order", 9,
           "done", "Lot “A”", "2001:db8::1", "ab" * 16, "r-1")  # fmt: skip
    longer = (*row[:9], "2001:0db8:0000:0000:0000:0000:0000:0001", *row[10:])
    assert rules.row_digest(row) == rules.row_digest(longer)
    assert rules.row_digest(row).hex()[:16] == "a4f7f6485b802993"


def test_a_stored_row_has_the_digest_of_the_written_one():
    event = record(action="thing.done", by=None, reason="é “quoted” 🙂")
    event.refresh_from_db()
    stored = Event.objects.values_list(*rules.COLUMNS).get(pk=event.pk)
    values = (event.pk, event.created_at, None, "system", "thing.done", "", None, "done", "é “quoted” 🙂", None, "", "")
    assert rules.row_digest(stored) == rules.row_digest(values)


# --- What is found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["actor_id", "action", "subject_id", "outcome", "reason", "address", "session"])
def test_an_altered_event_is_named(events, column):
    value = {"actor_id": 5, "subject_id": 5, "outcome": "refused", "address": "192.0.2.1"}.get(column, "other")
    as_owner(f"UPDATE audit_event SET {column} = %s WHERE id = %s", value, events[1].pk)  # noqa: S608
    words, failure = verified()
    assert words.splitlines()[0] == f"event {events[1].pk}: altered: it is not what was sealed"
    assert failure == "1 problems found"


def test_a_removed_event_is_named(events):
    as_owner("DELETE FROM audit_event WHERE id = %s", events[4].pk)
    assert f"event {events[4].pk}: missing: it was sealed and is gone" in verified()[0]


def test_an_inserted_event_is_named():
    first = record(action="thing.done", by=None)
    gone = record(action="thing.done", by=None)
    record(action="thing.done", by=None)
    as_owner("DELETE FROM audit_event WHERE id = %s", gone.pk)  # an id that was given and never committed
    seal(by=None)
    insert(gone.pk, first.created_at)
    seal(by=None)
    assert verified()[0].splitlines()[0] == f"event {gone.pk}: inserted: it was not there when its seal was made"


def test_an_event_with_an_id_that_was_never_given_is_named(events):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite takes the highest id for the last one that it gave")
    insert(events[-1].pk + 1_000_000, events[-1].created_at)
    assert seal(by=None) == 0
    assert "inserted: the database never gave this id" in verified()[0]


def test_an_event_written_into_the_past_is_named_though_it_is_sealed(events):
    long_ago = events[0].created_at - timedelta(days=30)
    insert(events[-1].pk + 1 if connection.vendor == "sqlite" else next_id(), long_ago)
    seal(by=None)
    words, failure = verified()
    assert "backdated: it says" in words and failure == "1 problems found"


def test_an_event_dated_ahead_is_named_and_does_not_taint_those_after_it(events):
    insert(events[-1].pk + 1 if connection.vendor == "sqlite" else next_id(), events[0].created_at + timedelta(days=30))
    record(action="thing.done", by=None)
    seal(by=None)
    words, failure = verified()
    assert "dated ahead: it says" in words and failure == "1 problems found"


def next_id():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_event', 'id'))")
        return cursor.fetchone()[0]


def test_a_rewritten_event_with_a_rewritten_seal_passes_without_digests_outside(events):
    """The control of the next test: the chain alone does not show it."""
    rewrite_the_newest(events)
    assert verified()[1] == ""


def test_a_rewritten_event_with_a_rewritten_seal_is_found_by_digests_outside(events, tmp_path):
    seal_file = tmp_path / "seals"
    call_command("seal_audit", "--write", str(seal_file), stdout=StringIO())
    assert verified("--against", str(seal_file))[1] == ""
    rewrite_the_newest(events)
    words, failure = verified("--against", str(seal_file))
    assert "altered: its digest is not the one that was kept outside" in words or "missing: a digest of it" in words
    assert failure


def test_the_newest_seal_removed_with_its_events_passes_without_digests_outside(events):
    """The control of the next test: what is left is a whole chain."""
    remove_the_newest(events)
    assert verified() == ("3 events under 1 seals were compared.\nAll are as they were sealed.\n", "")


def test_the_newest_seal_removed_with_its_events_is_named_by_digests_outside(events, tmp_path):
    seal_file = tmp_path / "seals"
    call_command("seal_audit", "--write", str(seal_file), stdout=StringIO())
    newest = Seal.objects.latest("pk").pk
    remove_the_newest(events)
    words, failure = verified("--against", str(seal_file))
    assert words.splitlines()[0] == f"seal {newest}: missing: a digest of it was kept outside"
    assert failure == "1 problems found"


def remove_the_newest(events):
    """Remove the newest seal and the three events under it."""
    as_owner("DELETE FROM audit_event WHERE id >= %s", events[3].pk)
    as_owner("DELETE FROM audit_seal WHERE id = (SELECT max(id) FROM audit_seal)")


def rewrite_the_newest(events):
    as_owner("UPDATE audit_event SET reason = 'other' WHERE id = %s", events[-1].pk)
    as_owner("DELETE FROM audit_seal WHERE id = (SELECT max(id) FROM audit_seal)")
    seal(by=None)


def test_an_altered_seal_breaks_the_chain(events):
    as_owner("UPDATE audit_seal SET count = 2 WHERE id = (SELECT min(id) FROM audit_seal)")
    assert "does not follow what stands before it" in verified()[0]


def test_a_removed_seal_breaks_the_chain(events):
    as_owner("DELETE FROM audit_seal WHERE id = (SELECT min(id) FROM audit_seal)")
    words, failure = verified()
    assert "does not follow what stands before it" in words and "does not begin where" in words and failure


def test_a_seal_whose_list_is_no_list_is_named(events):
    as_owner("UPDATE audit_seal SET fingerprints = %s WHERE id = (SELECT max(id) FROM audit_seal)", b"x")
    assert "altered: its list of events cannot be read" in verified()[0]


# --- Guards --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE audit_seal SET count = 9", "DELETE FROM audit_seal"])
def test_a_seal_cannot_be_changed(events, statement):
    with unguarded(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize("model", [Event, Seal])
def test_created_at_is_the_databases_own_time(events, model):
    last = model.objects.order_by("pk").last()
    row = {field.attname: getattr(last, field.attname) for field in model._meta.concrete_fields[1:]}
    row |= {"created_at": last.created_at - timedelta(seconds=1)} | ({"previous_digest": "x"} if model is Seal else {})
    with unguarded(), pytest.raises(DatabaseError, match="takes its time"), transaction.atomic():
        model.objects.create(**row)


def test_without_its_trigger_a_time_of_the_portal_would_be_taken(events):
    """The control of the test before."""
    long_ago = events[0].created_at - timedelta(days=1)
    drop_triggers(connection)
    with unguarded():
        event = Event.objects.create(action="thing.done", created_at=long_ago)
    install_triggers(connection)
    event.refresh_from_db()
    assert event.created_at == long_ago


def test_created_at_does_not_follow_the_clock_of_the_portal(time_machine):
    before = datetime.now(UTC)
    time_machine.move_to("2030-01-01T00:00:00+00:00")
    event = record(action="thing.done", by=None)
    assert abs(event.created_at - before) < timedelta(minutes=1)


# --- Digests outside -----------------------------------------------------------------------------------------------


def test_the_task_keeps_each_newest_digest_outside_once(events, tmp_path, settings):
    settings.AUDIT_SEAL_FILE = str(tmp_path / "seals")
    tasks.seal()
    tasks.seal()
    record(action="thing.done", by=None)
    tasks.seal()
    lines = (tmp_path / "seals").read_text().splitlines()
    assert [line.split()[2] for line in lines] == [
        str(pk) for pk in Seal.objects.order_by("pk").values_list("pk", flat=True)[1:]
    ]
    assert verified("--against", str(tmp_path / "seals"))[1] == ""


def test_a_file_that_cannot_be_written_does_not_stop_the_sealing(tmp_path, settings):
    settings.AUDIT_SEAL_FILE = str(tmp_path / "nowhere" / "seals")
    record(action="thing.done", by=None)
    assert tasks.seal() == 1
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("seal_audit", stdout=StringIO())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file holds no seal"),
        ("hello\n", "Line 1 is no seal"),
        (f"now seal 1 events to 2 sha256 {'0' * 64}\nnow seal 1 events to 2 sha256 {'1' * 64}\n", "another digest"),
    ],
)
def test_a_file_that_is_no_list_of_digests_gets_a_sentence(tmp_path, content, words):
    path = tmp_path / "seals"
    path.write_text(content)
    assert words in verified("--against", str(path))[1]
    assert "cannot be read" in verified("--against", str(tmp_path / "none"))[1]


def test_the_newest_digest_is_mailed_to_the_auditors_once_a_day(events, tmp_path):
    auditor = factories.staff("Auditor")
    factories.staff("Manager")
    assert [accounts.tasks.mail_newest_seal(), accounts.tasks.mail_newest_seal()] == [1, 1]
    send_due(by=None)
    assert [message.to for message in mail.outbox] == [[auditor.email]]
    mailed = tmp_path / "mailed"
    mailed.write_text(next(line for line in mail.outbox[0].body.splitlines() if " sha256 " in line))
    assert verified("--against", str(mailed))[1] == ""
    rewrite_the_newest(events)
    assert verified("--against", str(mailed))[1]


def test_nothing_is_mailed_before_there_is_a_seal():
    factories.staff("Auditor")
    assert accounts.tasks.mail_newest_seal() == 0
