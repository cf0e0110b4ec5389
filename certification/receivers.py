from accounts import signals
from certification.actions import sync_conditions, tell_patients_of_leaving
from certification.reference import ALLOTMENT_LIMITS, CONDITIONS


def on_practice_left(physician, left_date, **_):
    tell_patients_of_leaving(physician=physician, left_date=left_date, by=None)


def on_migrated(**_):
    sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)


def connect():
    signals.practice_left.connect(on_practice_left)
