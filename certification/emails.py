"""What each of our messages says, asked again at the moment it is sent: None when it no longer holds."""

from functools import wraps

from django.utils import timezone

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
from certification.rules import obtain_another_by, renewal_opens_date
from notifications import kinds


def _words(certification):
    return {
        "certification": certification,
        "patient": certification.patient,
        "physician": certification.physician,
        "valid_through": certification.last_valid_day,
        "has_left": certification.physician.has_left_on(timezone.localdate()),
    }


def _certification(notification, status):
    return (
        Certification.objects.filter(pk=notification.context["certification"], status=status)
        .select_related("patient", "physician")
        .first()
    )


def patient_certified(notification):
    certification = _certification(notification, Certification.Status.ACTIVE)
    return certification and _words(certification)


def certification_withdrawn(notification):
    """Dropped when it was reinstated meanwhile."""
    return _ended_words(notification, Certification.Status.WITHDRAWN)


def certification_revoked(notification):
    """Dropped when it was reinstated meanwhile."""
    return _ended_words(notification, Certification.Status.REVOKED)


def certification_reinstated(notification):
    """Dropped when it ended again meanwhile."""
    return _ended_words(notification, Certification.Status.ACTIVE)


def _ended_words(notification, status):
    """To the patient, the physician, or who still is the caregiver."""
    certification = _certification(notification, status)
    role = notification.context.get("role", "patient")
    assignment = certification and certification.patient.current_assignment
    if certification is None or (role == "caregiver" and assignment is None):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": assignment.caregiver if role == "caregiver" else certification.patient,
        "stop_date": certification.deliveries_stop_date,
        "another_by": obtain_another_by(certification),
    }


def certification_amended(notification):
    """To the patient, at an earlier address too, or to who still is the caregiver. What was changed, not how."""
    amendments = Amendment.objects.select_related("certification__patient", "certification__physician")
    amendment = amendments.get(pk=notification.context["amendment"])
    role, patient = notification.context["role"], amendment.certification.patient
    assignment = patient.current_assignment
    if role == "caregiver" and assignment is None:
        return None
    return {
        **_words(amendment.certification),
        "role": role,
        "greeted": assignment.caregiver if role == "caregiver" else patient,
        "amendment": amendment,
    }


def practice_left(notification):
    """Dropped when another certification took the place meanwhile, or she stays after all."""
    certification = _certification(notification, Certification.Status.ACTIVE)
    role = notification.context["role"]
    assignment = certification and certification.patient.current_assignment
    if certification is None or certification.physician.left_date is None or (role == "caregiver" and not assignment):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": assignment.caregiver if role == "caregiver" else certification.patient,
        "left_date": certification.physician.left_date,
    }


def renewal_reminder(notification):
    """Dropped when the certification was renewed or withdrawn meanwhile, and for who is no longer the caregiver."""
    certification = _certification(notification, Certification.Status.ACTIVE)
    role, today = notification.context["role"], timezone.localdate()
    assignment = certification and certification.patient.current_assignment
    if certification is None or (role == "caregiver" and assignment is None):
        return None
    return {
        **_words(certification),
        "role": role,
        "greeted": assignment.caregiver if role == "caregiver" else certification.patient,
        "days_left": (certification.last_valid_day - today).days,
        "has_ended": today > certification.last_valid_day,
        "renewal_opens": renewal_opens_date(certification),
        "renewal_is_open": today >= renewal_opens_date(certification),
    }


def invitation(notification):
    invitation = Invitation.objects.select_related("patient", "caregiver").get(pk=notification.context["invitation"])
    if invitation.used_at or invitation.valid_until <= timezone.now():
        return None
    return {"person": invitation.person, "valid_until": invitation.valid_until, "is_patient": bool(invitation.patient)}


def caregiver_named(notification):
    """Dropped when the caregiver affirmed meanwhile, or was replaced."""
    waiting = CaregiverAssignment.objects.filter(affirmed_at__isnull=True, ended_date__isnull=True)
    assignment = waiting.select_related("caregiver").filter(pk=notification.context["assignment"]).first()
    return assignment and {"caregiver": assignment.caregiver}


def card_revoked(notification):
    card = Card.objects.select_related("patient", "caregiver").get(pk=notification.context["card"])
    return {"card": card, "person": card.person}


def caregiver_assigned(notification):
    """To the patient; dropped when the caregiver was replaced meanwhile."""
    assignment = _assignment(notification)
    return None if assignment.ended_date else _acting(assignment, assignment.patient)


def caregiver_ended(notification):
    """To the patient and to who acted; dropped when she acts for the patient again."""
    assignment = _assignment(notification)
    again = CaregiverAssignment.objects.filter(
        patient=assignment.patient, caregiver=assignment.caregiver, ended_date__isnull=True
    )
    if again.exists():
        return None
    is_patient = notification.context["role"] == "patient"
    greeted = assignment.patient if is_patient else assignment.caregiver
    return {**_acting(assignment, greeted), "is_patient": is_patient}


def patient_taken_over(notification):
    """To both physicians; a number and no name, because offices share a mailbox."""
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


def _assignment(notification):
    joined = CaregiverAssignment.objects.select_related("patient", "caregiver")
    return joined.get(pk=notification.context["assignment"])


def _acting(assignment, greeted):
    return {
        "greeted": greeted,
        "caregiver": assignment.caregiver,
        "patient": assignment.patient,
        "started_date": assignment.started_date,
        "ended_date": assignment.ended_date,
    }


def office_asked(notification):
    """Dropped when somebody answered meanwhile. No name: offices share a mailbox."""
    asked = PatientRequest.objects.open().select_related("physician").filter(pk=notification.context["request"]).first()
    has_left = asked and asked.physician.has_left_on(timezone.localdate())
    return asked and {"asked": asked, "has_left": has_left}


def patient_closed(notification):
    """To who cared for the patient last, or to the patient's address; dropped when the record was opened again."""
    patient = Patient.objects.filter(pk=notification.context["patient"], closed_at__isnull=False).first()
    if patient is None:
        return None
    last = patient.past_assignments[0].caregiver if patient.past_assignments else None
    is_to_caregiver = last is not None and notification.recipient in (last.email, str(last.phone))
    return {"greeted": last if is_to_caregiver else patient, "is_to_caregiver": is_to_caregiver, "of": patient}


def phone_changed(notification):
    """Says that, and not to which number."""
    kept = {"patient": Patient, "caregiver": Caregiver}
    ((role, pk),) = notification.context.items()
    return {"person": kept[role].objects.get(pk=pk)}


def unless_closed(context_for):
    """Nothing more is said about a patient who has left the program."""

    @wraps(context_for)
    def words_for(notification):
        words = context_for(notification)
        about = words and (words.get("patient") or words.get("person"))
        return None if getattr(about, "closed_at", None) else words

    return words_for


def register_kinds():
    told = (
        patient_certified, certification_withdrawn, certification_revoked, certification_reinstated,
        certification_amended, phone_changed, practice_left, renewal_reminder, invitation, caregiver_named,
        card_revoked,
        caregiver_assigned, caregiver_ended, patient_taken_over, office_asked,
    )  # fmt: skip
    for context_for in told:
        kinds.register(context_for.__name__, context_for=unless_closed(context_for))
    kinds.register("patient_closed", context_for=patient_closed)
