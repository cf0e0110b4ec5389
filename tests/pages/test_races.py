"""Two people who answer one message at the same moment. The race has a control."""

import pytest

from accounts.backends import PortalBackend
from notifications.models import Notification
from pages import actions, rules
from pages.models import ContactAnswer, ContactMessage
from tests import factories
from tests.delivery.test_races import at_once, on_postgres, without_locks
from ui.errors import PortalError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def monday(_flush_with_triggers_off):
    """Use the real clock: threads would share a stopped clock."""


def answer_twice_at_once():
    """Let two people answer a message that neither has seen answered; return the refusals, and what was answered."""
    message = actions.receive_message(name="Lee", email="lee@example.org", message="Open?", address=None, by=None)
    staff = [PortalBackend().get_user(factories.staff("Manager").pk) for _each in range(2)]
    results = at_once(
        [
            lambda by=by, text=text: actions.answer_message(message=message, text=text, way="email", seen=0, by=by)
            for by, text in zip(staff, ("Yes, at nine.", "No, never."), strict=True)
        ]
    )
    return [result for result in results if isinstance(result, PortalError)], list(ContactAnswer.objects.all())


def test_of_two_who_answer_at_once_the_second_reads_the_first_answer():
    refusals, answers = answer_twice_at_once()
    assert [type(refusal) for refusal in refusals] == [rules.AnsweredMeanwhile]
    (answer,) = answers
    assert ContactMessage.objects.get().answered_by == answer.by
    assert Notification.objects.filter(kind="contact_answer").count() == 1


@on_postgres
def test_control_without_locks_the_writer_gets_two_answers(monkeypatch):
    with without_locks(monkeypatch, all_pass="check_answers_were_seen", parties=2, rules=rules):
        refusals, answers = answer_twice_at_once()
    assert (refusals, len(answers)) == ([], 2)
    assert Notification.objects.filter(kind="contact_answer").count() == 2
