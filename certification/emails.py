"""The words of each message, read when it is sent: None when the message no longer holds."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Delegate, Physician
from certification.models import (
    Amendment,
    Card,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Invitation,
    Patient,
    PatientRequest,
    TakeOver,
)
from certification.models.people import PatientQuerySet
from certification.presenters.office_week import NOTHING, OfficeWeek, week_lines, weeks_of
from certification.rules import obtain_another_by, renewal_opens_date
from certification.writes.messages import addressee_for, email_of
from notifications import addressees, kinds
from notifications.addressees import Addressee
from notifications.models import Notification

Words = dict[str, Any] | None  # for the templates, or None when the message no longer holds


def _words(certification: Certification) -> dict[str, Any]:
    return {
        "certification": certification,
        "patient": certification.patient,
        "physician": certification.physician,
        "valid_through": certification.last_valid_day,
        "has_left": certification.physician.has_left_on(timezone.localdate()),
    }


def _certification(notification: Notification, status: str) -> Certification | None:
    return (
        Certification.objects.filter(pk=notification.context["certification"], status=status)
        .select_related("patient", "physician")
        .first()
    )


def _greeted(patient: Patient, role: str) -> Patient | Caregiver:
    """Return whom the message greets: the current caregiver where it is for the caregiver, else the patient."""
    assignment = patient.current_assignment if role == "caregiver" else None
    return assignment.caregiver if assignment else patient


def patient_certified(notification: Notification) -> Words:
    """Return the words while the certification is active."""
    certification = _certification(notification, Certification.Status.ACTIVE)
    return _words(certification) if certification else None


def certification_withdrawn(notification: Notification) -> Words:
    """Return the words unless the certification was reinstated meanwhile."""
    return _ended_words(notification, Certification.Status.WITHDRAWN)


def certification_revoked(notification: Notification) -> Words:
    """Return the words unless the certification was reinstated meanwhile."""
    return _ended_words(notification, Certification.Status.REVOKED)


def certification_reinstated(notification: Notification) -> Words:
    """Return the words unless the certification ended again meanwhile."""
    return _ended_words(notification, Certification.Status.ACTIVE)


def _ended_words(notification: Notification, status: str) -> Words:
    """Return the words for the patient, the physician, or the caregiver, who gets none after the assignment ended."""
    certification = _certification(notification, status)
    role = notification.context.get("role", "patient")
    assignment = certification.patient.current_assignment if certification else None
    if certification is None or (role == "caregiver" and assignment is None):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": _greeted(certification.patient, role),
        "stop_date": certification.deliveries_stop_date,
        "another_by": obtain_another_by(certification),
    }


# What was changed, in words without any of medicine: mail is read on the way.
AMENDED = {
    Amendment.Kind.CONTACT: _("contact data"),
    Amendment.Kind.ALLOTMENT: _("monthly allotment"),
    Amendment.Kind.CONDITION: _("what the physician certifies"),
    Amendment.Kind.IDENTITY: _("name or date of birth"),
}


def certification_amended(notification: Notification) -> Words:
    """Return what kind of data was changed, for the patient, also at an earlier address, or the current caregiver."""
    amendments = Amendment.objects.select_related("certification__patient", "certification__physician")
    amendment = amendments.get(pk=notification.context["amendment"])
    role, patient = notification.context["role"], amendment.certification.patient
    assignment = patient.current_assignment
    if role == "caregiver" and assignment is None:
        return None
    return {
        **_words(amendment.certification),
        "role": role,
        "greeted": _greeted(patient, role),
        "what": AMENDED[Amendment.Kind(amendment.kind)],
    }


def practice_left(notification: Notification) -> Words:
    """Return the words unless another certification took the place meanwhile, or the physician stays after all."""
    certification = _certification(notification, Certification.Status.ACTIVE)
    role = notification.context["role"]
    assignment = certification.patient.current_assignment if certification else None
    if certification is None or certification.physician.left_date is None or (role == "caregiver" and not assignment):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": _greeted(certification.patient, role),
        "left_date": certification.physician.left_date,
    }


def renewal_reminder(notification: Notification) -> Words:
    """Return the words unless the certification was renewed or withdrawn, or the caregiver's assignment ended."""
    return _reminder_words(notification, _certification(notification, Certification.Status.ACTIVE))


def renewal_reminders(notifications: Sequence[Notification]) -> dict[int, Words]:
    """Return the words of many reminders by message id, in two queries."""
    open_assignments = CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver")
    certifications = (
        Certification.objects.active()
        .select_related("patient", "physician")
        .defer(*PatientQuerySet.SEALED, "allotment_reason")  # to decrypt what no reminder says takes half of the time
        .prefetch_related(Prefetch("patient__assignments", open_assignments.defer("need", "ended_reason")))
    )
    found = certifications.in_bulk({notification.context["certification"] for notification in notifications})
    return {
        notification.pk: _or_closed(_reminder_words(notification, found.get(notification.context["certification"])))
        for notification in notifications
    }


def _reminder_words(notification: Notification, certification: Certification | None) -> Words:
    role, today = notification.context["role"], timezone.localdate()
    assignment = certification.patient.current_assignment if certification else None
    if certification is None or (role == "caregiver" and assignment is None):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": _greeted(certification.patient, role),
        "days_left": (certification.last_valid_day - today).days,
        "has_ended": today > certification.last_valid_day,
        "renewal_opens": renewal_opens_date(certification),
        "renewal_is_open": today >= renewal_opens_date(certification),
    }


def invitation(notification: Notification) -> Words:
    """Return the words while the invitation can be used."""
    invitation = Invitation.objects.select_related("patient", "caregiver").get(pk=notification.context["invitation"])
    if invitation.used_at or invitation.valid_until <= timezone.now():
        return None
    return {"person": invitation.person, "valid_until": invitation.valid_until, "is_patient": bool(invitation.patient)}


def caregiver_named(notification: Notification) -> Words:
    """Return the words unless the caregiver affirmed meanwhile, or was replaced."""
    waiting = CaregiverAssignment.objects.filter(affirmed_at__isnull=True, ended_date__isnull=True)
    assignment = waiting.select_related("caregiver").filter(pk=notification.context["assignment"]).first()
    return {"caregiver": assignment.caregiver} if assignment else None


def card_revoked(notification: Notification) -> Words:
    """Return the card and whose it was."""
    card = Card.objects.select_related("patient", "caregiver").get(pk=notification.context["card"])
    return {"card": card, "person": card.person}


def caregiver_assigned(notification: Notification) -> Words:
    """Return the words for the patient, unless the caregiver was replaced meanwhile."""
    assignment = _assignment(notification)
    return None if assignment.ended_date else _assignment_words(assignment, assignment.patient)


def caregiver_ended(notification: Notification) -> Words:
    """Return the words for the patient or the caregiver, unless the caregiver acts for the patient again."""
    assignment = _assignment(notification)
    again = CaregiverAssignment.objects.filter(
        patient=assignment.patient, caregiver=assignment.caregiver, ended_date__isnull=True
    )
    if again.exists():
        return None
    is_patient = notification.context["role"] == "patient"
    greeted = assignment.patient if is_patient else assignment.caregiver
    return {**_assignment_words(assignment, greeted), "is_patient": is_patient}


def patient_taken_over(notification: Notification) -> Words:
    """Return the words for one of the two physicians: a number and no name, because offices share a mailbox."""
    before = Certification.objects.select_related("physician").get(pk=notification.context["certification"])
    agreement = TakeOver.objects.select_related("physician", "certification").get(pk=notification.context["take_over"])
    is_before = notification.context["role"] == "before"
    return {
        "greeted": before.physician if is_before else agreement.physician,
        "before": before,
        "now": agreement.certification,
        "is_before": is_before,
        "agreed_with": agreement.get_agreed_with_display(),
        "agreed_date": agreement.agreed_date,
    }


def _assignment(notification: Notification) -> CaregiverAssignment:
    joined = CaregiverAssignment.objects.select_related("patient", "caregiver")
    return joined.get(pk=notification.context["assignment"])


def _assignment_words(assignment: CaregiverAssignment, greeted: Patient | Caregiver) -> dict[str, Any]:
    return {
        "greeted": greeted,
        "caregiver": assignment.caregiver,
        "patient": assignment.patient,
        "started_date": assignment.started_date,
        "ended_date": assignment.ended_date,
    }


def office_asked(notification: Notification) -> Words:
    """Return the request unless it was answered meanwhile; the mail has no name, because offices share a mailbox."""
    asked = PatientRequest.objects.open().select_related("physician").filter(pk=notification.context["request"]).first()
    if asked is None:
        return None
    return {"asked": asked, "has_left": asked.physician.has_left_on(timezone.localdate())}


def patient_closed(notification: Notification) -> Words:
    """Return the words for the last caregiver, or for the patient's address, unless the record was opened again."""
    patient = Patient.objects.filter(pk=notification.context["patient"], closed_at__isnull=False).first()
    if patient is None:
        return None
    last = patient.past_assignments[0].caregiver if patient.past_assignments else None
    is_to_caregiver = last is not None and notification.recipient in (email_of(last), str(last.phone))
    return {"greeted": last if is_to_caregiver else patient, "is_to_caregiver": is_to_caregiver, "of": patient}


def office_week(notification: Notification) -> Words:
    """Return what is due for one physician or delegate, or None when nothing is due any more."""
    return office_weeks([notification])[notification.pk]


def office_weeks(notifications: Sequence[Notification]) -> dict[int, Words]:
    """Return what is due by message id, in five queries however many messages there are."""
    today = timezone.localdate()
    offices = {"physician": _practicing(notifications, today), "delegate": _prepared_for(notifications, today)}
    found = {
        row.pk: [each for role, pk in row.context.items() for each in offices[role].get(pk, [])]
        for row in notifications
    }
    weeks = weeks_of({each.pk for physicians in found.values() for each in physicians}, today=today)
    return {row.pk: _week_words(row, found[row.pk], weeks) for row in notifications}


def _practicing(notifications: Sequence[Notification], today: date) -> dict[int, list[Physician]]:
    keys = [row.context["physician"] for row in notifications if "physician" in row.context]
    physicians = Physician.objects.filter(pk__in=keys, status=Physician.Status.VERIFIED)
    return {each.pk: [each] for each in physicians if not each.has_left_on(today)}


def _prepared_for(notifications: Sequence[Notification], today: date) -> dict[int, list[Physician]]:
    """Return by delegate's account the physicians for whom the delegate prepares."""
    keys = [row.context["delegate"] for row in notifications if "delegate" in row.context]
    named = Delegate.objects.current(today).filter(user__in=keys, user__is_active=True).select_related("physician")
    found: dict[int, list[Physician]] = {}
    for delegate in named:
        if delegate.physician.status == Physician.Status.VERIFIED and not delegate.physician.has_left_on(today):
            found.setdefault(delegate.user_id, []).append(delegate.physician)
    return found


def _week_words(row: Notification, physicians: list[Physician], weeks: dict[int, OfficeWeek]) -> Words:
    week = sum((weeks.get(each.pk, NOTHING) for each in physicians), start=NOTHING)
    if not week.has_work:
        return None
    return {"lines": week_lines(week), "physician": physicians[0] if "physician" in row.context else None}


def phone_changed(notification: Notification) -> Words:
    """Return whose number was changed; the mail does not repeat the number."""
    ((role, pk),) = notification.context.items()
    return {"person": Patient.objects.get(pk=pk) if role == "patient" else Caregiver.objects.get(pk=pk)}


def addressee(notification: Notification, words: dict[str, Any]) -> Addressee | None:
    """Return whom a message of this app is for."""
    if words.get("role") == "physician":
        return addressee_for(words["physician"])
    people = (words.get(name) for name in ("greeted", "person", "caregiver", "patient", "physician"))
    person = next((person for person in people if person is not None), None)
    return addressee_for(person) if isinstance(person, Patient | Caregiver | Physician) else None


def unless_closed(context_for: Callable[[Notification], Words]) -> Callable[[Notification], Words]:
    """Return a function that gives the words of `context_for`, but None about a patient who has left the program."""

    @wraps(context_for)
    def words_for(notification: Notification) -> Words:
        return _or_closed(context_for(notification))

    return words_for


def _or_closed(words: Words) -> Words:
    """Return the words, but None about a patient who has left the program."""
    about = words and (words.get("patient") or words.get("person"))
    return None if getattr(about, "closed_at", None) else words


def register_kinds() -> None:
    """Tell the outbox which function gives the words of each kind of message, and whom a message is for."""
    addressees.register(addressee)
    functions = (
        patient_certified, certification_withdrawn, certification_revoked, certification_reinstated,
        certification_amended, phone_changed, practice_left, invitation, caregiver_named,
        card_revoked,
        caregiver_assigned, caregiver_ended, patient_taken_over, office_asked,
    )  # fmt: skip
    for context_for in functions:
        has_link = context_for is invitation
        kinds.register(context_for.__name__, context_for=unless_closed(context_for), has_link=has_link)
    kinds.register("renewal_reminder", context_for=unless_closed(renewal_reminder), contexts_for=renewal_reminders)
    kinds.register("office_week", context_for=office_week, contexts_for=office_weeks)
    kinds.register("patient_closed", context_for=patient_closed)
