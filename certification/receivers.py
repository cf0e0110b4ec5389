from allauth.account.signals import email_changed

from accounts import signals
from certification.actions import follow_email, hand_over_drafts, sync_conditions, tell_patients_of_leaving
from certification.reference import ALLOTMENT_LIMITS, CONDITIONS


def on_practice_left(physician, left_date, **_):
    tell_patients_of_leaving(physician=physician, left_date=left_date, by=None)


def on_application_verified(application, physician, **_):
    hand_over_drafts(applicant=application.user, physician=physician, by=application.decided_by)


def on_email_changed(user, to_email_address, **_):
    follow_email(email=to_email_address.email, by=user)


def on_migrated(**_):
    sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)


def connect():
    email_changed.connect(on_email_changed)
    signals.application_verified.connect(on_application_verified)
    signals.practice_left.connect(on_practice_left)
