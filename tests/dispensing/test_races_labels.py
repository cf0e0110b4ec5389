"""Two people who print the same label at once. The race has a control."""

from threading import Barrier, BrokenBarrierError

import pytest
from django.db.models.query import QuerySet

from dispensing import rules
from dispensing.actions import enter_paper_name, print_labels
from dispensing.models import LabelPrint
from tests import factories
from tests.delivery.test_races import at_once, on_postgres
from tests.dispensing.units import packed_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def print_twice_at_once(monkeypatch):
    """Print a label in two threads that have both counted before either writes, if nothing keeps them apart.

    Return how often it was printed, and what the threads were told.
    """
    unit = packed_order().units.first()
    enter_paper_name(user=unit.pharmacist, full_name="Maria Lopez", by=None)
    technician, both, check, told = factories.staff("Technician"), Barrier(2), rules.check_print_reason, []

    def check_and_wait(reason, *, printed):
        check(reason, printed=printed)
        try:
            both.wait(0.5)
        except BrokenBarrierError:
            return

    def printing():
        try:
            print_labels(units=[unit.pk], kind="roll", by=technician)
        except Exception as error:  # noqa: BLE001
            told.append(type(error).__name__)

    monkeypatch.setattr(rules, "check_print_reason", check_and_wait)
    at_once([printing, printing])
    return LabelPrint.objects.count(), told


@on_postgres
def test_who_prints_second_is_asked_for_a_reason(monkeypatch):
    assert print_twice_at_once(monkeypatch) == (1, ["LabelError"])


@on_postgres
def test_control_without_the_lock_the_database_refuses_the_second(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
    assert print_twice_at_once(monkeypatch) == (1, ["IntegrityError"])
