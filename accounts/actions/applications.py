"""Physicians who are not on the roster apply, and the Registrar decides."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from accounts import rules, signals
from accounts.models import Decision, IdentityProof, Physician, PhysicianApplication, Proof, Registration, User
from accounts.sql import lock_text
from accounts.writes.bindings import bind_account
from accounts.writes.locks import lock
from accounts.writes.messages import notify_registrars
from accounts.writes.proofs import write_proof
from accounts.writes.registrations import STATED, write_proven_registration
from audit.actions import audited, record
from notifications.actions import queue
from ui.text import search_name
from ui.tidy import tidied

CLAIMED = "Claimed in the application"
SEEN = ("valid_through", "state", "schedules", "is_active", "is_limited", "source")  # of what a register shows
TAKEN_OVER = (
    "first_name", "last_name", "search_name", "dea_number", "dea_suffix", "ssn_digest", "npi", "phone",
    "practice_name", "practice_street", "practice_city", "practice_state", "practice_zip",
)  # fmt: skip


@audited("application.send")
def apply_as_physician(
    *, dea_number: str, ssn_last_four: str, license_number: str, csp_number: str, by: User, **fields: Any
) -> PhysicianApplication:
    """Store the application of `by` (`fields` of PhysicianApplication) with a proof to look up for each registration.

    The answer is the same whoever holds the numbers. The SSN digits are digested and not stored. The Registrars
    and the Managers are notified. Raises DeaNumberError, NpiError, CredentialError, ApplicationError.
    """
    fields = tidied(fields)
    number, suffix = rules.split_dea_number(dea_number)
    rules.check_dea_number(number)
    rules.check_npi(fields["npi"])
    rules.check_practice_in_connecticut(state=fields["practice_state"], zip_code=fields["practice_zip"])
    lock(by)
    rules.check_has_no_application(list(by.physician_applications.all()))
    application = PhysicianApplication.objects.create(
        **fields,
        user=by,
        dea_number=number,
        dea_suffix=suffix,
        ssn_digest=rules.ssn_digest(number, ssn_last_four),
        search_name=search_name(fields["last_name"], fields["first_name"]),
    )
    _claim(application, license_number=license_number, csp_number=csp_number, by=by)
    record(by=by, subject=application)
    notify_registrars(
        kind="application_received",
        about={"application": application.pk},
        key=str(application.pk),
        by=by,
        also=("Manager",),  # who verifies what the only Registrar has looked up
    )
    return application


def _claim(application: PhysicianApplication, *, license_number: str, csp_number: str, by: User) -> None:
    """Store a proof for each of the four registrations, with the number that the applicant typed."""
    claimed = {
        Registration.Kind.MEDICAL_LICENSE: (license_number, "license_number"),
        Registration.Kind.CONTROLLED_SUBSTANCE: (csp_number, "csp_number"),
        Registration.Kind.DEA: (application.dea_number, "dea_number"),
        Registration.Kind.PRESCRIPTION_MONITORING: ("", ""),
    }
    now = timezone.now()
    for kind, (typed, field) in claimed.items():
        number = rules.normalize_registration_number(kind, typed)
        rules.check_registration_number(kind, number, field=field)
        Proof.objects.create(
            application=application,
            kind=kind,
            number=number,
            claimed_number=number,
            source=CLAIMED,
            entered_by=by,
            entered_at=now,
        )


@audited("application.look_up", subject="application")
def look_up_application(
    *, application: PhysicianApplication, seen: Collection[rules.Seen], call: rules.CallBack | None, by: User
) -> None:
    """Enter what `by` found in the registers, and that `by` called the physician, all of it or nothing.

    Each registration becomes a proof in the place of the claim; what is left out stays as it was, and so does what `by`
    enters again. The last call counts. Somebody else verifies. Raises AlreadyDecided, ApplicationError,
    CredentialError, DeaNumberError, RenewalDateError, with the field of the registration that it is about.
    """
    application = _lock_pending(application)
    rules.check_is_not_own(application, by=by)
    rules.check_something_was_seen(seen, call)
    claims = {proof.kind: proof for proof in application.proofs.select_for_update(no_key=True, of=("self",))}
    for each in seen:
        _enter_seen(application, claims.get(each.kind), each, by)
    if call:
        _enter_call(application, call, by)


def _enter_seen(application: PhysicianApplication, claim: Proof | None, seen: rules.Seen, by: User) -> None:
    """Write what a register shows of one registration as a proof."""
    rules.check_tick_or_difference(seen)
    rules.check_last_day_seen(seen, today=timezone.localdate())
    fields = {name: getattr(seen, name) for name in SEEN}
    number = seen.number or (claim and (claim.claimed_number or claim.number)) or ""
    try:
        proof, is_changed = write_proof(application, kind=seen.kind, number=number, by=by, **fields)
    except rules.AccountsError as error:
        error.field = rules.field_of(seen.kind, error.field or "matches")
        raise
    if is_changed:
        record(action="proof.enter", by=by, subject=proof)


def _enter_call(application: PhysicianApplication, call: rules.CallBack, by: User) -> None:
    """Write that the physician was called, and said that the application is theirs."""
    on_roster = rules.physician_applying(application, Physician.objects.all())
    rules.check_number_is_in_register(call.number, on_roster=on_roster)
    stored = (application.called_number, application.number_source, application.called_by_id)
    if stored == (call.number, call.source, by.pk):
        return
    application.identity_proof = IdentityProof.CALL_BACK
    application.called_number, application.number_source = call.number, call.source
    application.called_at, application.called_by = timezone.now(), by
    application.save()
    record(action="application.call_back", by=by, subject=application, reason=call.source)


@audited("application.verify", subject="application")
def verify_application(*, application: PhysicianApplication, by: User) -> Physician:
    """Put the applicant on the roster, bound to the account, with the registrations that were looked up.

    A physician who is on the roster already, by DEA number or else by NPI, keeps their patients and gets the new
    numbers. Raises AlreadyDecided, FourEyesError, ApplicationError.
    """
    application = _lock_pending(application)
    rules.check_is_not_own(application, by=by)
    proofs = list(application.proofs.select_for_update(no_key=True, of=("self",)))
    rules.check_application_is_proven(proofs)
    rules.check_four_eyes(proofs, by=by)
    rules.check_identity_is_proven(application, by=by)
    lock_text(rules.dea_digest(application.dea_number))
    physician = _physician_of(application, by)
    for proof in proofs:
        # Nobody looks up the access to the monitoring program: there the physician's own word counts.
        changes = {"source": STATED} if proof.source == CLAIMED else {}
        write_proven_registration(physician=physician, proof=proof, by=by, **changes)
    application.physician = physician
    _decide(application, Decision.VERIFIED, "", by)
    signals.application_verified.send(PhysicianApplication, application=application, physician=physician)
    return physician


def _physician_of(application: PhysicianApplication, by: User) -> Physician:
    """Write the physician that an application is about, bound to its account, and return the physician."""
    known = rules.physician_applying(application, Physician.objects.select_for_update(no_key=True, of=("self",)))
    physician = known or Physician(user=application.user, email=application.user.email)
    rules.check_may_become(physician, application)
    for name in TAKEN_OVER:
        setattr(physician, name, getattr(application, name))
    physician.status = rules.PHYSICIAN_MOVES["verify"].to
    physician.save()
    record(action="physician.take_over" if known else "physician.add", by=by, subject=physician)
    if physician.user_id is None:
        bind_account(physician=physician, user=application.user, by=by)
    return physician


@audited("application.refuse", subject="application")
def refuse_application(*, application: PhysicianApplication, reason: str, by: User) -> None:
    """Refuse an application for a reason that the applicant reads. Another one is possible. Raises AlreadyDecided."""
    _decide(_lock_pending(application), Decision.REFUSED, reason, by)


def _lock_pending(application: PhysicianApplication) -> PhysicianApplication:
    application = lock(application)
    rules.check_is_pending(application)
    return application


def _decide(application: PhysicianApplication, status: str, reason: str, by: User) -> None:
    """Write the decision on an application and its proofs, and notify the applicant."""
    now = timezone.now()
    application.status, application.reason = status, reason
    application.decided_by, application.decided_at = by, now
    application.save()
    application.proofs.update(status=status, reason=reason, decided_by=by, decided_at=now)
    record(by=by, subject=application)
    queue(
        kind="application_decided",
        recipient=application.user.email,
        context={"application": application.pk},
        dedupe_key=f"application_decided:{application.pk}",
        by=by,
    )
