"""Whether a patient is known already, to the physician or to another. Each `check_` raises; nothing is written."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from difflib import SequenceMatcher
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Physician
from certification.models import Certification, Certifier, Patient, TakeOver
from certification.rules.errors import DuplicateError, ElsewhereError, IncompleteError, TakeOverError
from certification.rules.people import check_is_not_closed, is_same_person
from ui.templatetags.portal import phone
from ui.text import search_name

DRAFT_KEPT = timedelta(days=90)  # a draft that nobody changes for a quarter is not finished any more
ALIKE = 0.8  # share of letters in common: one letter more, less, or another in a usual name


def names_alike(first: str, second: str) -> bool:
    """Return whether two names, as `search_name` writes them, differ by little: a letter, a hyphen, or their order."""
    words = [sorted(name.replace("-", " ").replace("'", "").replace("’", "").split()) for name in (first, second)]
    return SequenceMatcher(None, " ".join(words[0]), " ".join(words[1])).ratio() >= ALIKE


def possible_duplicates(profile: Mapping[str, Any], *, physician: Certifier) -> list[Patient]:
    """Return the physician's own patients with the same birth date and a similar name.

    An applicant, who waits to be verified as a physician, has no patients yet.
    """
    if not isinstance(physician, Physician) or not profile.get("birth_date") or not profile.get("last_name"):
        return []
    own = Patient.objects.filter(certifications__physician=physician, birth_date=profile["birth_date"]).distinct()
    name = search_name(profile["last_name"], profile.get("first_name"))
    return [
        patient
        for patient in own.order_by("pk")
        if names_alike(name, search_name(patient.last_name, patient.first_name))
    ]


def check_not_a_duplicate(
    profile: Mapping[str, Any], *, physician: Certifier, told_apart: Iterable[str], same_as: str = ""
) -> None:
    """Each possible duplicate was told apart (patients' numbers), or is the patient; raises DuplicateError."""
    settled = {*told_apart, same_as}
    if any(patient.number not in settled for patient in possible_duplicates(profile, physician=physician)):
        raise DuplicateError(
            _("You have a patient with the same birth date and a similar name. Say whether it is the same person.")
        )


def certified_elsewhere(profile: Mapping[str, Any], *, physician: Physician, today: date) -> Certification | None:
    """Return the running certification of a person with this name and birth date by another physician, or None."""
    others = Certification.objects.running_on(today).exclude(physician=physician).select_related("patient")
    for other in others.filter(patient__birth_date=profile["birth_date"]).order_by("pk"):
        patient = {name: getattr(other.patient, name) for name in ("first_name", "last_name", "birth_date")}
        if is_same_person(profile, patient):
            return other
    return None


def agreement_for(certification: Certification, *, physician: Physician) -> TakeOver | None:
    """Return the open agreement by which `physician` takes over the patient of the certification, or None."""
    return TakeOver.objects.filter(
        patient=certification.patient_id, physician=physician, certification__isnull=True
    ).first()


def check_not_certified_elsewhere(other: Certification | None, *, physician: Physician) -> None:
    """No other physician's certification runs, or it was agreed to take it over; raises ElsewhereError."""
    if other is not None and agreement_for(other, physician=physician) is None:
        raise ElsewhereError(
            _("Nothing is signed. This person cannot be certified here yet: call the program at %(phone)s.")
            % {"phone": phone(settings.DISPENSARY_PHONE)}
        )


def check_take_over(*, how: str, agreed_date: date, today: date) -> None:
    """The agreement says how it was made, on a day that has come; raises TakeOverError or IncompleteError."""
    if not how.strip():
        raise IncompleteError(_("Say how it was agreed: for example by phone, or in the visit."), field="how")
    if agreed_date > today:
        raise TakeOverError(_("This date lies in the future."), field="agreed_date")


def check_may_be_taken_over(other: Certification | None, *, physician: Physician) -> None:
    """Another physician's certification runs; raises TakeOverError."""
    if other is None or other.physician_id == physician.pk:
        raise TakeOverError(_("There is nothing to take over: no other physician’s certification runs."))


def check_may_be_the_same(patient: Patient | None, found: Iterable[Patient]) -> None:
    """The patient is None, or one of `found` with no active certification; raises DuplicateError, ClosedError."""
    if patient is None:
        return
    if patient not in found:
        raise DuplicateError(_("The name or the birth date was changed meanwhile. Look at the list again."))
    check_is_not_closed(patient)
    if patient.certifications.active().exists():
        raise DuplicateError(_("This patient’s certification has not been withdrawn: renew it instead."))


def drafts_kept_since(today: date) -> datetime:
    """Return the moment since which a draft must have been changed to be stored on: DRAFT_KEPT before `today`."""
    return timezone.make_aware(datetime.combine(today - DRAFT_KEPT, time.min))
