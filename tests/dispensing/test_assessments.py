"""Self-assessments: when patients are asked, what an answer needs, and who may give it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.models import Event
from certification import actions as certifications
from delivery.rules import OrdererError
from dispensing import actions, rules
from dispensing.models import SelfAssessment
from dispensing.rules import AssessmentError
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.dispensing.assessments import ANSWERS, answer, delivered, ordered_again
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def ask():
    return actions.ask_assessments(now=timezone.now(), by=None)


# --- When it is asked -------------------------------------------------------------------------------------------------


def test_the_first_order_asks_nothing_and_a_further_one_asks_once(monday):
    again, asked = ordered_again(monday)
    assert (asked.order, asked.cause, asked.is_open, asked.asked_at) == (again, "reorder", True, timezone.now())
    factories.order(of=again.patient)  # the question is still open
    assert SelfAssessment.objects.get() == asked
    answer(asked)
    third = factories.order(of=again.patient)
    assert list(SelfAssessment.objects.values_list("order", flat=True)) == [third.pk, again.pk]
    assert Event.objects.filter(action="assessment.ask").count() == 2


def test_a_patient_is_asked_two_weeks_after_the_first_delivery_to_the_day_in_new_york(monday):
    order = delivered(monday)  # on Wednesday, November 25
    monday.move_to(datetime(2026, 12, 9, 4, 59, 59, tzinfo=UTC))  # December 8 in New York
    assert ask() == 0 and not SelfAssessment.objects.exists()
    monday.move_to(datetime(2026, 12, 9, 5, tzinfo=UTC))
    assert ask() == 1
    asked = SelfAssessment.objects.get()
    assert (asked.order, asked.cause, asked.patient) == (order, "first", order.patient)
    message = Notification.objects.get(kind="assessment_due")
    assert (message.recipient, message.context) == (order.placed_by.email, {"order": order.pk})
    assert ask() == 0
    actions.skip_assessment(assessment=asked, by=order.placed_by)
    assert ask() == 0 and Notification.objects.filter(kind="assessment_due").count() == 1


def test_a_job_that_was_away_asks_a_week_later_and_not_after_that(monday):
    delivered(monday)
    monday.move_to(datetime(2026, 12, 17, 5, tzinfo=UTC))
    assert ask() == 0
    monday.move_to(datetime(2026, 12, 17, 4, 59, 59, tzinfo=UTC))
    assert ask() == 1


def test_a_patient_with_an_open_question_gets_the_message_alone(monday):
    _again, asked = ordered_again(monday)
    monday.move_to(datetime(2026, 12, 9, 15, tzinfo=UTC))
    ask(), ask()
    assert SelfAssessment.objects.get() == asked
    assert Notification.objects.filter(kind="assessment_due").count() == 1


def test_nobody_is_asked_whose_record_is_closed(monday):
    order = delivered(monday)
    certifications.close_patient(patient=order.patient, closed_for="moved", by=factories.staff("Registrar"))
    monday.move_to(datetime(2026, 12, 9, 15, tzinfo=UTC))
    assert ask() == 0


def test_the_job_costs_few_statements_for_many_patients(monday, django_assert_max_num_queries):
    for _ in range(3):
        delivered(monday)
        monday.move_to(datetime(2026, 11, 23, 15, tzinfo=UTC))
    monday.move_to(datetime(2026, 12, 9, 15, tzinfo=UTC))
    with django_assert_max_num_queries(10):
        assert ask() == 3


# --- Answering --------------------------------------------------------------------------------------------------------


def test_answers_are_sealed_and_close_the_question(monday):
    _again, asked = ordered_again(monday)
    done = answer(asked, words="  Best before\nsleep. ")
    assert done.answers == {"works": "well", "effects": ["dizzy", "other"]}
    assert (done.other_effect, done.words) == ("Itchy nose", "Best before\nsleep.")
    assert (done.answered_at, done.closed_by, done.is_open) == (timezone.now(), asked.patient.user, False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers, other_effect, words FROM dispensing_selfassessment")
        stored = "".join(cursor.fetchone())
    assert not any(word in stored for word in ("well", "dizzy", "Itchy", "Best"))
    for close in (answer, lambda asked: actions.skip_assessment(assessment=asked, by=asked.patient.user)):
        with pytest.raises(AssessmentError, match="already"):
            close(asked)
    assert Event.objects.filter(action="assessment.answer", subject_id=asked.pk, outcome="done").count() == 1


def test_skipping_keeps_no_answers(monday):
    _again, asked = ordered_again(monday)
    actions.skip_assessment(assessment=asked, by=asked.patient.user)
    asked.refresh_from_db()
    assert (asked.skipped_at, asked.answered_at, asked.answers, asked.words) == (timezone.now(), None, None, None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"works": ""}, "works"),
        ({"works": "superb"}, "works"),
        ({"effects": []}, "effects"),
        ({"effects": ["flying"]}, "effects"),
        ({"effects": ["none", "dizzy"], "other_effect": ""}, "effects"),
        ({"other_effect": ""}, "other_effect"),
        ({"effects": ["dizzy"]}, "other_effect"),
        ({"other_effect": "x" * 201}, "other_effect"),
        ({"words": "x" * 1_001}, "words"),
    ],
)
@pytest.mark.once
def test_check_assessment_answers(wrong, field):
    rules.check_assessment_answers(**ANSWERS)
    with pytest.raises(AssessmentError) as error:
        rules.check_assessment_answers(**{**ANSWERS, **wrong})
    assert error.value.field == field


def test_check_may_assess_lets_whoever_may_order_answer():
    patient, caregiver = people.patient_with_caregiver()
    guardian, child = people.guardian_of_a_child()
    today = timezone.localdate()
    for of, account in ((patient, patient.user), (patient, caregiver.user), (child, guardian.user)):
        rules.check_may_assess(of, user=account, today=today)
    physician = factories.identified_physician().user
    for account in (physician, guardian.user, *map(factories.staff, ("Technician", "Driver", "Pharmacist"))):
        with pytest.raises(OrdererError):
            rules.check_may_assess(patient, user=account, today=today)
    rules.check_may_assess(patient, user=factories.staff("Pharmacist"), today=today, caller=patient)
    with pytest.raises(AssessmentError, match="Only a pharmacist"):
        rules.check_may_assess(patient, user=factories.staff("Technician"), today=today, caller=patient)


def test_check_question_is_open():
    rules.check_question_is_open(SelfAssessment())
    for closed in ({"answered_at": timezone.now()}, {"skipped_at": timezone.now()}):
        with pytest.raises(AssessmentError, match="already"):
            rules.check_question_is_open(SelfAssessment(**closed))


# --- Invariants -------------------------------------------------------------------------------------------------------


def test_the_database_refuses_a_question_that_cannot_be(monday):
    again, asked = ordered_again(monday)
    now, account = timezone.now(), again.placed_by
    before = now - timedelta(days=1)
    wrong = (
        {"cause": "whim"},
        {"skipped_at": now},
        {"answered_at": now, "closed_by": account},
        {"skipped_at": now, "closed_by": account, "words": "Both"},
        {"answered_at": now, "skipped_at": now, "closed_by": account, "answers": {}, "other_effect": "", "words": ""},
        {"skipped_at": before, "closed_by": account},
        {"answered_at": before, "closed_by": account, "answers": {}, "other_effect": "", "words": ""},
    )
    for fields in wrong:
        for name, value in fields.items():
            setattr(asked, name, value)
        with pytest.raises(IntegrityError), transaction.atomic(), unguarded():
            asked.save()
        asked.refresh_from_db()


def test_the_database_refuses_a_second_question(monday):
    again, asked = ordered_again(monday)
    given = {"patient": again.patient, "order": again, "asked_at": timezone.now()}
    closed = {"skipped_at": timezone.now(), "closed_by": again.placed_by}
    first = again.patient.orders.order_by("pk").first()

    def write(**over):
        return SelfAssessment.objects.create(**{**given, **over})

    with unguarded():
        write(**closed, cause="first")
        for second in (
            {"cause": "reorder", "order": first},  # two open ones
            {**closed, "cause": "reorder"},  # twice for an order
            {**closed, "cause": "first", "order": first},  # the first delivery twice
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                write(**second)
    assert SelfAssessment.objects.open().get() == asked
