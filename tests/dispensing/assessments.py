"""Patients with a delivery behind them, for the tests of self-assessments."""

from datetime import timedelta

from dispensing import actions
from dispensing.models import SelfAssessment
from tests import factories
from tests.dispensing.units import grams, hand_over, order_on_road

ANSWERS = {"works": "well", "effects": ["dizzy", "other"], "other_effect": "Itchy nose", "words": "Best before sleep."}


def delivered(clock, **over):
    """Return an order that was handed over on Wednesday, November 25, 2026."""
    order = order_on_road(clock, **over)
    hand_over(order, cash_cents=8000)
    order.refresh_from_db()
    return order


def ordered_again(clock, **over):
    """Return a further order of a patient who had a delivery five days before, and the question that it asked."""
    first = delivered(clock, **over)
    clock.shift(timedelta(days=5))
    again = factories.order(of=first.patient, lines=[(grams(), 2)])
    return again, SelfAssessment.objects.get(patient=first.patient_id)


def answer(asked, **over):
    by = over.pop("by", None) or asked.patient.user
    return actions.record_assessment(assessment=asked, by=by, **{**ANSWERS, **over})
