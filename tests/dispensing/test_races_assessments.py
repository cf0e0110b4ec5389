"""Two answers to one question at once: one is kept. The race has a control."""

from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from audit.models import Event
from dispensing import actions, rules
from dispensing.models import SelfAssessment
from dispensing.rules import AssessmentError, check_question_is_open
from tests import factories
from tests.delivery.test_races import at_once, on_postgres
from tests.dispensing.assessments import ANSWERS
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def tried(action, **given):
    """Call the action; return its refusal, or the error of the database."""
    try:
        return action(**given)
    except (AssessmentError, IntegrityError) as error:
        return error


def answer_and_skip():
    """Return two calls about one question: one answers it, the other skips it."""
    order = factories.order()
    with unguarded():
        asked = SelfAssessment.objects.create(
            patient=order.patient, order=order, cause="first", asked_at=timezone.now()
        )
    by = order.placed_by
    return [
        partial(tried, actions.record_assessment, assessment=asked, by=by, **ANSWERS),
        partial(tried, actions.skip_assessment, assessment=asked, by=by),
    ]


def kept():
    return Event.objects.filter(action__in=["assessment.answer", "assessment.skip"], outcome="done").count()


def test_a_question_is_answered_or_skipped():
    results = at_once(answer_and_skip())
    assert kept() == 1
    assert [type(result) for result in results].count(AssessmentError) == 1


@on_postgres
def test_control_without_locks_both_pass_the_check(monkeypatch):
    calls, both = answer_and_skip(), Barrier(2)

    def check_and_wait(asked):
        check_question_is_open(asked)
        both.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, **kwargs: self._chain())
        patch.setattr(rules, "check_question_is_open", check_and_wait)
        results = at_once(calls)
    assert AssessmentError not in [type(result) for result in results]
