from django.utils import timezone

from certification import signals
from delivery import actions
from delivery.reference import POLICIES


def on_certification_ended(patient, from_day, **_):
    actions.undo_uncovered_orders(patient=patient, from_day=from_day, by=None)


def on_caregiver_ended(patient, caregiver, **_):
    actions.undo_orders_of_caregiver(patient=patient, caregiver=caregiver, by=None)


def on_allotment_lowered(patient, **_):
    actions.undo_uncovered_orders(patient=patient, from_day=timezone.localdate(), by=None)


def on_migrated(**_):
    actions.sync_policies(policies=POLICIES, by=None)


def connect():
    signals.certification_ended.connect(on_certification_ended)
    signals.caregiver_ended.connect(on_caregiver_ended)
    signals.allotment_lowered.connect(on_allotment_lowered)
