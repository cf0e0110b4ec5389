from allauth.account.signals import email_changed, user_logged_in
from django.conf import settings
from django.db import connections

from accounts import signals
from accounts.middleware import LANGUAGE
from certification.actions import (
    choose_language,
    follow_email,
    hand_over_drafts,
    sync_conditions,
    tell_patients_of_leaving,
)
from certification.models import Caregiver, Patient
from certification.reference import ALLOTMENT_LIMITS, CONDITIONS
from certification.sql import keep_draft_ids_new

DEFAULT_LANGUAGE = Patient._meta.get_field("language").default


def on_practice_left(physician, left_date, **_):
    tell_patients_of_leaving(physician=physician, left_date=left_date, by=None)


def on_application_verified(application, physician, **_):
    hand_over_drafts(applicant=application.user, physician=physician, by=application.decided_by)


def on_email_changed(user, to_email_address, **_):
    follow_email(email=to_email_address.email, by=user)


def on_signed_in(request, user, **_):
    """What was chosen on this device counts for the account too; else what was chosen on another one counts here."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen in dict(settings.LANGUAGES):
        choose_language(language=chosen, by=user)
        return
    for model in (Caregiver, Patient):
        if person := model.objects.filter(user=user).exclude(language=DEFAULT_LANGUAGE).first():
            request.session[LANGUAGE] = person.language


def on_migrated(**_):
    sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)


def on_migrated_give_new_ids(using, **_):
    keep_draft_ids_new(connections[using])


def connect():
    email_changed.connect(on_email_changed)
    user_logged_in.connect(on_signed_in)
    signals.application_verified.connect(on_application_verified)
    signals.practice_left.connect(on_practice_left)
