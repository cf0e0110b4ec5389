"""What follows in this app from what happens in the apps below. Each receiver calls one action."""

from datetime import date
from typing import Any

from django.utils import timezone

from certification import signals
from certification.models import Caregiver, Patient
from delivery import actions
from delivery.reference import POLICIES


def on_certification_ended(patient: Patient, from_day: date, **_: Any) -> None:
    actions.undo_uncovered_orders(patient=patient, from_day=from_day, by=None)


def on_caregiver_ended(patient: Patient, caregiver: Caregiver, **_: Any) -> None:
    actions.undo_orders_of_caregiver(patient=patient, caregiver=caregiver, by=None)


def on_allotment_lowered(patient: Patient, **_: Any) -> None:
    actions.undo_uncovered_orders(patient=patient, from_day=timezone.localdate(), by=None)


def on_migrated(**_: Any) -> None:
    actions.sync_policies(policies=POLICIES, by=None)


def connect() -> None:
    signals.certification_ended.connect(on_certification_ended)
    signals.caregiver_ended.connect(on_caregiver_ended)
    signals.allotment_lowered.connect(on_allotment_lowered)
