"""Every write of certification. Lock order: physician, patient, certification."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules, signals
from certification.drafts import to_json
from certification.models import (
    AllotmentLimit,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Condition,
    Invitation,
    Patient,
)
from certification.statements import ATTESTATIONS, STATEMENT_VERSION
from certification.steps import answers_of, check_condition, check_statement, step_errors
from notifications.actions import queue
from ui.text import readable_number, search_name, token_digest

RESEND_AFTER = timedelta(minutes=1)
PERSON_FIELDS = (
    "first_name", "middle_name", "last_name", "suffix", "birth_date", "sex", "street", "unit", "city", "zip_code",
    "email", "has_no_email", "phone",
)  # fmt: skip


# --- Drafts ---------------------------------------------------------------------------------------------------------


@audited("certification.start")
def start_certification(*, physician: Physician, by: User, key: UUID | None = None) -> Certification:
    """An empty draft in the physician's hands; a second call with the same `key` (of the form) returns it."""
    # The physician's id is part of it: the same form, sent again for another physician, makes another draft.
    uuid = uuid5(key or uuid4(), str(physician.pk))
    certification, is_new = Certification.objects.get_or_create(
        uuid=uuid, defaults={"physician": physician, "draft": {}}
    )
    if is_new:
        record(action="certification.start", by=by, subject=certification)
    return certification


@audited("certification.save_step")
def save_step(*, certification: Certification, step: str, answers: Mapping[str, Any] | None, by: User) -> Certification:
    """Keep the answers of one step (`profile`, `condition`, `statement`, `caregiver`) in the draft.

    Answers are the cleaned data of the step's form; None removes the step (no caregiver). A delegate never saves the
    statement. Raises TransitionError when the draft was signed meanwhile, IncompleteError.
    """
    certification = _locked(certification)
    rules.check_transition(certification, Certification.Status.ACTIVE)
    if step == "statement":
        check_may_sign(certification.physician, by=by, today=timezone.localdate())
    draft = dict(certification.draft or {})
    draft.pop(step, None)
    if answers is not None:
        draft[step] = to_json(answers)
    certification.draft = draft
    certification.save(update_fields=["draft", "updated_at"])
    record(action=f"certification.save_{step}", by=by, subject=certification)
    return certification


@audited("certification.discard")
def discard_draft(*, certification: Certification, by: User) -> None:
    """Forget an unsigned draft; raises TransitionError when it was signed meanwhile."""
    certification = _locked(certification)
    rules.check_transition(certification, Certification.Status.ACTIVE)
    record(action="certification.discard", by=by, subject=certification)
    certification.delete()


# --- Signing --------------------------------------------------------------------------------------------------------


@audited("certification.certify")
def certify_patient(*, certification: Certification, signature_name: str, by: User) -> Certification:
    """Sign a draft: Patient, caregiver and assignment are written, the certification is active for one year.

    Everything is checked again, whatever the steps checked before. Signing a second time returns what was signed.
    Raises NotEligible, MayNotSign and every CertificationError.
    """
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=certification.physician_id)
    certification = _locked(certification)
    if certification.status != Certification.Status.DRAFT and physician.user_id == by.pk:
        return certification
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    for error in step_errors(certification.draft, physician=physician, today=today).values():
        raise error
    rules.check_signature(physician, signature_name)
    answers = answers_of(certification.draft)
    profile, caregiver = answers["profile"], answers["caregiver"]
    patient = Patient.objects.create(
        **_person_fields(profile), number=readable_number("P"), has_legal_capacity=profile["has_legal_capacity"]
    )
    certification.patient = patient
    _activate(certification, answers, signature_name, today)
    record(action="certification.certify", by=by, subject=certification)
    if caregiver:
        _assign(patient, caregiver, today, by=by)
    _tell_patient("patient_certified", certification, by=by)
    invite(person=patient, by=by)
    return certification


def _activate(certification: Certification, answers: Mapping[str, Any], signature_name: str, today: date) -> None:
    condition, statement = answers["condition"], answers["statement"]
    certification.number = readable_number("C")
    certification.status = Certification.Status.ACTIVE
    certification.condition_codes = condition["condition_codes"]
    certification.exam_date = condition["exam_date"]
    certification.monitoring_reviewed_date = condition["monitoring_reviewed_date"]
    for name in ATTESTATIONS:
        setattr(certification, name, bool(statement[name]))
    certification.monthly_allotment_oz = statement["monthly_allotment_oz"]
    certification.allotment_limit_oz = rules.allotment_limit_oz(today)
    certification.directions = statement.get("directions") or ""
    certification.signature_name = signature_name.strip()
    certification.statement_version = STATEMENT_VERSION
    certification.certified_at = timezone.now()
    certification.certified_date = today
    certification.expires_date = rules.expires_date_for(today)
    certification.draft = None
    certification.save()


def _person_fields(answers: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: answers[name] for name in PERSON_FIELDS if answers.get(name) not in (None, "")}
    fields["search_name"] = search_name(answers["last_name"], answers["first_name"], answers.get("middle_name"))
    return fields


def _assign(patient: Patient, answers: Mapping[str, Any], today: date, *, by: User) -> None:
    """The caregiver of the answers acts for the patient from today; somebody who is a caregiver already is found."""
    caregiver = _caregiver(_person_fields(answers))
    rules.check_caregiver_is_free(caregiver, patient=patient, relationship=answers["relationship"])
    assignment = CaregiverAssignment.objects.create(
        patient=patient,
        caregiver=caregiver,
        need=answers.get("need") or "",
        relationship=answers["relationship"],
        started_date=today,
    )
    record(action="caregiver.assign", by=by, subject=assignment)
    invite(person=caregiver, by=by)


def _caregiver(fields: dict[str, Any]) -> Caregiver:
    """The same name, birth date and phone: one person, entered once. The row is locked: one caregiver, one count."""
    same = {name: fields.pop(name) for name in ("search_name", "birth_date", "phone")}
    known, _is_new = Caregiver.objects.get_or_create(**same, defaults={**fields, "number": readable_number("G")})
    return Caregiver.objects.select_for_update(no_key=True).get(pk=known.pk)


def _tell_patient(kind: str, certification: Certification, *, by: User) -> None:
    patient = certification.patient
    assert patient is not None
    queue(
        kind=kind,
        recipient=patient.email or str(patient.phone),
        channel="email" if patient.email else "phone",
        context={"certification": certification.pk},
        dedupe_key=f"{kind}:{certification.pk}",
        language=patient.language,
        by=by,
    )


# --- Renewal and withdrawal -----------------------------------------------------------------------------------------


@audited("certification.renew")
def renew_certification(
    *,
    certification: Certification,
    condition: Mapping[str, Any],
    statement: Mapping[str, Any],
    signature_name: str,
    by: User,
) -> Certification:
    """A new certification from today in the place of `certification`; answers as in the steps of a draft.

    Takes effect on the day it is signed and runs one year from it. Signing a second time returns the renewal. Raises
    RenewalNotOpen, NotEligible, MayNotSign and every CertificationError.
    """
    physician = Physician.objects.select_for_update(no_key=True, of=("self",)).get(pk=certification.physician_id)
    patient = Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)
    old = _locked(certification)
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    if hasattr(old, "renewal"):
        return old.renewal
    rules.check_renewal_is_open(old, today=today)
    check_condition(condition, birth_date=patient.birth_date, today=today)
    check_statement(statement, today=today)
    rules.check_has_guardian(patient, today=today)
    rules.check_signature(physician, signature_name)
    _end(old, Certification.Status.SUPERSEDED, by=by)
    renewal = Certification(physician=physician, patient=patient, renewal_of=old)
    _activate(renewal, {"condition": condition, "statement": statement}, signature_name, today)
    record(action="certification.renew", by=by, subject=renewal)
    _tell_patient("patient_certified", renewal, by=by)
    assert renewal.monthly_allotment_oz and old.monthly_allotment_oz
    if renewal.monthly_allotment_oz < old.monthly_allotment_oz:
        signals.allotment_lowered.send(Certification, patient=patient)
    return renewal


@audited("certification.withdraw")
def withdraw_certification(*, certification: Certification, reason: str, by: User) -> Certification:
    """End it today, with a reason; open orders from today on are undone. Raises MayNotSign, TransitionError."""
    Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)
    certification = _locked(certification)
    today = timezone.localdate()
    if certification.physician.user_id != by.pk:
        check_may_sign(certification.physician, by=by, today=today)
    certification.deliveries_stop_date = today
    certification.ended_reason = reason
    _end(certification, Certification.Status.WITHDRAWN, by=by)
    record(action="certification.withdraw", by=by, subject=certification)
    _tell_patient("certification_withdrawn", certification, by=by)
    signals.certification_ended.send(Certification, patient=certification.patient, from_day=today)
    return certification


def _end(certification: Certification, status: str, *, by: User) -> None:
    rules.check_transition(certification, status)
    certification.status = status
    certification.ended_at = timezone.now()
    certification.ended_by = by
    certification.save()


def _locked(certification: Certification) -> Certification:
    return (
        Certification.objects.select_for_update(no_key=True, of=("self",))
        .select_related("physician")
        .get(pk=certification.pk)
    )


# --- Joining --------------------------------------------------------------------------------------------------------


@audited("invitation.send")
def invite(*, person: Patient | Caregiver, by: User | None) -> Invitation | None:
    """Mail a link with which the person joins, valid INVITATION_VALID_DAYS; an earlier one ends.

    Asked again within RESEND_AFTER, the one that was just sent stands. None for who has no e-mail, or has joined.
    """
    person = type(person).objects.select_for_update(no_key=True).get(pk=person.pk)
    if not person.email or person.user_id:
        return None
    now = timezone.now()
    if just_sent := person.invitations.filter(
        used_at=None, valid_until__gt=now, sent_at__gt=now - RESEND_AFTER
    ).first():
        return just_sent
    person.invitations.filter(used_at__isnull=True, valid_until__gt=now, sent_at__lt=now).update(valid_until=now)
    token = secrets.token_urlsafe(24)
    field = "patient" if isinstance(person, Patient) else "caregiver"
    invitation = Invitation.objects.create(
        **{field: person},
        token_digest=token_digest(token),
        sent_at=now,
        valid_until=now + timedelta(days=settings.INVITATION_VALID_DAYS),
    )
    queue(
        kind="invitation",
        recipient=person.email,
        context={"invitation": invitation.pk},
        secret=f"{settings.SITE_URL}/invitation/{token}/",
        dedupe_key=f"invitation:{invitation.pk}",
        language=person.language,
        priority=1,
        by=by,
    )
    record(action="invitation.send", by=by, subject=invitation)
    return invitation


@audited("invitation.accept", atomic=False)
def accept_invitation(*, invitation: Invitation, birth_date: date, by: User) -> Patient | Caregiver:
    """Join the account and the invited person when the birth date matches.

    A wrong birth date is committed as a try before InvitationError is raised; five end the invitation. Who has joined
    by it already gets the same person again.
    """
    with transaction.atomic():
        person = type(invitation.person).objects.select_for_update(no_key=True).get(pk=invitation.person.pk)
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
        if invitation.used_at and person.user_id == by.pk:
            return person
        rules.check_invitation_is_open(invitation, now=timezone.now())
        rules.check_may_join(invitation, user=by)
        matched = person.birth_date == birth_date
        if matched:
            invitation.used_at = timezone.now()
            person.user = by
            person.save(update_fields=["user"])
            record(action="invitation.accept", by=by, subject=invitation)
        else:
            invitation.failed_tries += 1
        invitation.save(update_fields=["used_at", "failed_tries"])
    if not matched:
        raise rules.InvitationError(_("The birth date does not match our records."), field="birth_date")
    return person


@audited("person.affirm")
def affirm(*, person: Patient | Caregiver, affirmed: Iterable[str], by: User) -> None:
    """Keep that the person affirmed every sentence of their statement (names from `statements`)."""
    rules.check_affirmations(person, list(affirmed))
    person.affirmed_at = timezone.now()
    person.save(update_fields=["affirmed_at"])
    record(action="person.affirm", by=by, subject=person, reason=STATEMENT_VERSION)


# --- Reminders ------------------------------------------------------------------------------------------------------


def queue_renewal_reminders(*, today: date, by: User | None) -> int:
    """Queue what is due on `today`: one row per (certification, kind, recipient); returns how many were looked at.

    Kinds: 60, 30, 14, 7, 1 days before the end and "ended". To the patient (by phone where there is no e-mail), the
    current caregiver, and the physician. A renewal supersedes the certification, so nothing more is found.
    """
    horizon = today + timedelta(days=max(rules.REMINDER_DAYS))
    open_assignments = Prefetch(
        "patient__assignments",
        CaregiverAssignment.objects.filter(ended_date__isnull=True).select_related("caregiver"),
    )
    ending = (
        Certification.objects.active()
        .filter(expires_date__lte=horizon, expires_date__gt=today - rules.ENDED_REMINDER_WITHIN)
        .select_related("patient", "physician")
        .prefetch_related(open_assignments)
    )
    count = 0
    for certification in ending.iterator(chunk_size=500):
        assert certification.expires_date
        kind = rules.reminder_due(expires_date=certification.expires_date, today=today)
        if kind:
            _queue_reminder(certification, kind, by=by)
            count += 1
    return count


def _queue_reminder(certification: Certification, kind: str, *, by: User | None) -> None:
    patient = certification.patient
    assert patient is not None
    assignment = patient.current_assignment
    people = {
        "patient": patient,
        "caregiver": assignment and assignment.caregiver,
        "physician": certification.physician,
    }
    told = set()  # a mother and her child may share an address
    for role, person in people.items():
        recipient = person and (person.email or str(person.phone))
        if recipient and recipient not in told:
            told.add(recipient)
            queue(
                kind="renewal_reminder",
                recipient=recipient,
                channel="email" if person.email else "phone",
                context={"certification": certification.pk, "reminder": kind, "role": role},
                dedupe_key=f"renewal:{certification.pk}:{kind}:{role}",
                language=getattr(person, "language", "en"),
                by=by,
            )


# --- Reference data -------------------------------------------------------------------------------------------------


@audited("reference.conditions")
def sync_conditions(
    *, conditions: Iterable[Mapping[str, Any]], limits: Mapping[date, Decimal], by: User | None
) -> None:
    """Make the catalogue and the dated limits (oz) stand as given; running it again changes nothing."""
    for condition in conditions:
        fields = dict(condition)
        Condition.objects.update_or_create(code=fields.pop("code"), defaults=fields)
    for effective_date, limit_oz in limits.items():
        AllotmentLimit.objects.get_or_create(effective_date=effective_date, defaults={"limit_oz": limit_oz})
