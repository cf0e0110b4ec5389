"""What follows in this app from what happens elsewhere. Each receiver calls one action."""

from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed, user_logged_in
from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import signals
from accounts.middleware import LANGUAGE
from accounts.models import Physician, PhysicianApplication, User
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
from ui.prepared import Prepared

DEFAULT_LANGUAGE = Patient._meta.get_field("language").default


def on_practice_left(physician: Physician, left_date: date, **_: Any) -> None:
    tell_patients_of_leaving(physician=physician, left_date=left_date, by=None)


def on_application_verified(application: PhysicianApplication, physician: Physician, **_: Any) -> None:
    hand_over_drafts(applicant=application.user, physician=physician, by=application.decided_by)


def on_email_changed(user: User, to_email_address: EmailAddress, **_: Any) -> None:
    follow_email(email=to_email_address.email, by=user)


def on_signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Use the language chosen on this device for the account too, or else that of the account on this device."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen in dict(settings.LANGUAGES):
        choose_language(language=chosen, by=user)
        return
    for languages in (_of_caregiver, _of_patient):
        if language := languages.first(user=user.pk):
            request.session[LANGUAGE] = language


def _language_of(people: QuerySet[Any]) -> QuerySet[Any, Any]:
    return people.exclude(language=DEFAULT_LANGUAGE).values_list("language", flat=True)[:1]


_of_caregiver = Prepared(lambda *, user: _language_of(Caregiver.objects.filter(user=user)))
_of_patient = Prepared(lambda *, user: _language_of(Patient.objects.filter(user=user)))


def on_migrated(**_: Any) -> None:
    sync_conditions(conditions=CONDITIONS, limits=ALLOTMENT_LIMITS, by=None)


def on_migrated_give_new_ids(using: str, **_: Any) -> None:
    keep_draft_ids_new(connections[using])


def connect() -> None:
    email_changed.connect(on_email_changed)
    user_logged_in.connect(on_signed_in)
    signals.application_verified.connect(on_application_verified)
    signals.practice_left.connect(on_practice_left)
