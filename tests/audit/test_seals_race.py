"""Events that are committed after higher ids were sealed: each is sealed once, and none is reported as inserted."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

import pytest
from django.db import connection, transaction

from audit import rules, sql
from audit.actions import record, seal
from audit.models import Event, Seal
from tests.audit.test_seals import insert, verified
from tests.guard import unguarded

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


@contextmanager
def open_transaction(*, commits=True):
    """Write an event in another connection; its transaction ends with the block, by a commit or a rollback."""
    written, may_end, ids = Flag(), Flag(), []

    def write():
        try:
            with transaction.atomic():
                ids.append(record(action="late.event", by=None).pk)
                written.set()
                may_end.wait(30)
                transaction.set_rollback(not commits)
        finally:
            connection.close()

    thread = Thread(target=write)
    thread.start()
    written.wait(30)
    try:
        yield ids[0]
    finally:
        may_end.set()
        thread.join(30)


def sealed():
    """Return how many seals name each event."""
    return Counter(pk for seal in Seal.objects.all() for pk in rules.fingerprints_of(seal))


def test_an_event_committed_below_a_sealed_one_is_sealed_by_the_next():
    with open_transaction() as late:
        above = record(action="thing.done", by=None).pk
        assert late < above
        assert seal(by=None) == 1
        assert (sealed()[late], sealed()[above]) == (0, 1)
        assert verified()[1] == ""
    words, failure = verified()
    assert "1 events are under no seal yet" in words and failure == ""
    assert seal(by=None) == 1
    assert set(sealed().values()) == {1} and sealed()[late] == 1
    assert verified()[1] == ""


def test_without_the_running_transactions_the_late_event_is_never_sealed(monkeypatch):
    """The control: a seal goes up to the highest id, and the next begins there."""
    monkeypatch.setattr(sql, "writers", lambda connection: set())
    with open_transaction() as late:
        record(action="thing.done", by=None)
        seal(by=None)
    assert seal(by=None) == 0
    assert sealed()[late] == 0
    assert f"event {late}: inserted" in verified()[0]


def test_a_transaction_may_run_through_many_seals():
    record(action="thing.done", by=None)
    seal(by=None)
    with open_transaction() as late:
        for _minute in range(5):
            record(action="thing.done", by=None)
            assert seal(by=None) == 1
        assert [entry["ids"] for entry in Seal.objects.latest("pk").awaited] == [[[late, late]]]
    seal(by=None)
    assert sealed()[late] == 1 and Seal.objects.latest("pk").awaited == []
    assert verified()[1] == ""


def test_an_id_whose_transaction_was_undone_is_given_up_and_cannot_be_used_later():
    with open_transaction(commits=False) as undone:
        above = record(action="thing.done", by=None)
        seal(by=None)
    assert seal(by=None) == 1  # it says that nothing is awaited any more
    assert Seal.objects.latest("pk").awaited == []
    insert(undone, above.created_at)
    assert (seal(by=None), sealed()[undone]) == (0, 0)
    assert f"event {undone}: inserted" in verified()[0]


def test_a_seal_that_takes_in_an_id_which_was_given_up_is_found():
    """The owner of the tables inserts an event and the seal that names it."""
    with open_transaction(commits=False) as undone:
        above = record(action="thing.done", by=None)
        seal(by=None)
    seal(by=None)
    newest = Seal.objects.latest("pk")
    insert(undone, above.created_at)
    digest = rules.row_digest(Event.objects.values_list(*rules.COLUMNS).get(pk=undone))
    with unguarded():
        Seal.objects.create(
            first_id=newest.last_id + 1, last_id=newest.last_id, count=1, rows_digest=rules.rows_digest([digest]),
            previous_digest=rules.seal_digest(newest), fingerprints=rules.packed({undone: digest}),
        )  # fmt: skip
    assert f"event {undone}: inserted" in verified()[0]


def test_two_sealers_at_once_make_one_chain():
    for _event in range(50):
        record(action="thing.done", by=None)

    def run(_number):
        try:
            return seal(by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))
    seal(by=None)
    assert set(sealed().values()) == {1} and len(sealed()) == Event.objects.count()
    assert verified()[1] == ""


def test_events_of_many_transactions_are_each_sealed_once():
    """Four connections write and undo, some over many seals, while a fifth seals all the time."""
    over = Flag()

    def write(number):
        chance = random.Random(number)  # noqa: S311 no secret
        try:
            for _transaction in range(40):
                with transaction.atomic():
                    for _event in range(chance.randint(1, 4)):
                        record(action="thing.done", by=None)
                        time.sleep(chance.choice([0, 0, 0.002, 0.03]))
                    transaction.set_rollback(chance.random() < 0.3)
        finally:
            connection.close()

    def go_on_sealing():
        try:
            while not over.is_set():
                seal(by=None)
        finally:
            connection.close()

    sealer = Thread(target=go_on_sealing)
    sealer.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    over.set()
    sealer.join(30)
    seal(by=None)
    assert set(sealed()) == set(Event.objects.values_list("pk", flat=True))
    assert set(sealed().values()) == {1}
    assert any(pk < seal.first_id for seal in Seal.objects.all() for pk in rules.fingerprints_of(seal))
    assert verified()[1] == ""
