"""Actions at the same moment, on the database of the run. Each test has a control that fails without the lock."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Event
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.backends import PortalBackend
from accounts.models import User
from certification import actions, rules
from certification.actions import drafts as of_drafts
from certification.models import (
    Amendment,
    Card,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Draft,
    Invitation,
    Patient,
)
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 10
SIGNATURES = 20


def at_once(calls):
    """Run the calls at the same moment; return the answer of each, or the name of its refusal."""
    start = Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            return call()
        except (rules.CertificationError, DatabaseError) as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# --- Certifying -----------------------------------------------------------------------------------------------------


def sign(draft):
    physician = draft.physician

    def call():
        account = PortalBackend().get_user(physician.user_id)
        return actions.sign_draft(draft=draft, signature_name=physician.name, by=account).number

    return call


def test_sign_draft_twenty_times_at_once_gives_one_patient(slowly):
    draft = factories.draft()
    slowly("check_signature")

    numbers = at_once([sign(draft)] * SIGNATURES)

    assert (Patient.objects.count(), Invitation.objects.count()) == (1, 1)
    assert set(numbers) == {Certification.objects.active().get().number}


@pytest.mark.usefixtures("without_locks")
def test_sign_draft_without_the_lock_meets_the_constraint(slowly):
    draft = factories.draft()
    slowly("check_signature")

    assert "IntegrityError" in at_once([sign(draft)] * AT_ONCE)


def drafts_with_one_caregiver():
    """Drafts of patients who are no family of each other or of the caregiver."""
    caregiver = factories.caregiver(relationship="other")
    return [
        factories.draft(profile=factories.profile(first_name=name), caregiver=caregiver)
        for name in ("Ann", "Bo", "Cy", "Di")
    ]


def test_a_caregiver_named_by_four_at_once_acts_for_one(slowly):
    drafts = drafts_with_one_caregiver()
    slowly("check_caregiver_is_free")

    answers = at_once([sign(draft) for draft in drafts])

    assert answers.count("CaregiverError") == 3
    assert (Caregiver.objects.count(), CaregiverAssignment.objects.count(), Patient.objects.count()) == (1, 1, 1)


@pytest.mark.usefixtures("without_locks")
def test_a_caregiver_named_by_four_without_the_lock_acts_for_several(slowly):
    known = factories.certification(caregiver=factories.caregiver(relationship="parent"), joined=False)
    caregiver = known.patient.current_assignment.caregiver
    with unguarded():
        CaregiverAssignment.objects.all().delete()
    same = {name: getattr(caregiver, name) for name in ("first_name", "last_name", "birth_date")}
    answers = factories.caregiver(**same, phone=caregiver.phone.as_e164, relationship="other")
    drafts = [factories.draft(profile=factories.profile(first_name=name), caregiver=answers) for name in ("Ann", "Bo")]
    slowly("check_caregiver_is_free")

    at_once([sign(draft) for draft in drafts])

    assert CaregiverAssignment.objects.filter(caregiver=caregiver).count() > 1


# --- Afterwards -----------------------------------------------------------------------------------------------------


def test_sign_draft_of_a_renewal_ten_times_at_once_gives_one_renewal(slowly):
    numbers = renew_at_once(slowly)

    assert set(numbers) == {Certification.objects.active().get().number}
    assert Certification.objects.count() == 2


@pytest.mark.usefixtures("without_locks")
def test_sign_draft_of_a_renewal_without_the_lock_meets_the_constraint(slowly):
    assert "IntegrityError" in renew_at_once(slowly)


def renew_at_once(slowly):
    old = factories.certification(on=timezone.localdate() - timedelta(days=345), joined=False)
    slowly("check_signature")

    def renew():
        return actions.sign_draft(
            draft=Draft.objects.renewing(old),
            answers={
                "questions": factories.questions(),
                "condition": factories.condition(),
                "statement": factories.statement(),
            },
            signature_name=old.physician.name,
            by=PortalBackend().get_user(old.physician.user_id),
        ).number

    return at_once([renew] * AT_ONCE)


def accept(invitation, accounts):
    def call_of(account):
        def call():
            return actions.accept_invitation(
                invitation=invitation, birth_date=invitation.patient.birth_date, by=account
            ).user_id

        return call

    return at_once([call_of(account) for account in accounts])


def test_an_invitation_accepted_by_ten_at_once_joins_one(slowly):
    invitation = factories.certification(joined=False).patient.invitations.get()
    accounts = [factories.user() for _ in range(AT_ONCE)]
    slowly("check_may_join")

    answers = accept(invitation, accounts)

    joined = [answer for answer in answers if answer != "InvitationError"]
    assert joined == [Patient.objects.get().user_id]


@pytest.mark.usefixtures("without_locks")
def test_an_invitation_accepted_by_ten_without_the_lock_joins_several(slowly):
    invitation = factories.certification(joined=False).patient.invitations.get()
    accounts = [factories.user() for _ in range(AT_ONCE)]
    slowly("check_may_join")

    answers = accept(invitation, accounts)

    assert len([answer for answer in answers if answer != "InvitationError"]) > 1


def test_a_form_for_a_new_account_posted_ten_times_at_once_makes_one(slowly):
    invitation = factories.certification(joined=False).patient.invitations.get()
    born, before = invitation.patient.birth_date, User.objects.count()
    slowly("check_can_make_account")

    def join():
        made = actions.accept_with_new_account(
            invitation=invitation, birth_date=born, password=factories.PASSWORD, by=None
        )
        return made.pk

    joined = [answer for answer in at_once([join] * AT_ONCE) if answer != "InvitationError"]
    assert joined == [Patient.objects.get().user_id]
    assert User.objects.count() == before + 1


def test_an_account_that_accepts_two_invitations_at_once_joins_one(slowly):
    invitations = [factories.certification(joined=False).patient.invitations.get() for _ in range(2)]
    account = factories.user()
    slowly("check_may_join")

    def accept_one(invitation):
        return lambda: (
            actions.accept_invitation(
                invitation=invitation, birth_date=invitation.patient.birth_date, by=account
            ).user_id
        )

    assert sorted(map(str, at_once([accept_one(invitation) for invitation in invitations]))) == [
        str(account.pk),
        "InvitationError",
    ]


def guess_at_once(slowly):
    """Type ten wrong birth dates at once; return how many tries were counted."""
    invitation = factories.certification(joined=False).patient.invitations.get()
    accounts = [factories.user() for _ in range(AT_ONCE)]
    wrong = invitation.patient.birth_date + timedelta(days=1)

    def guess(account):
        return lambda: actions.accept_invitation(invitation=invitation, birth_date=wrong, by=account)

    slowly("check_invitation_is_open")
    assert set(at_once([guess(account) for account in accounts])) <= {"BirthDateError", "InvitationError"}
    invitation.refresh_from_db()
    return invitation.failed_tries


def test_wrong_birth_dates_at_once_are_all_counted(slowly):
    assert guess_at_once(slowly) == rules.MOST_INVITATION_TRIES


@pytest.mark.usefixtures("without_locks")
def test_wrong_birth_dates_without_the_lock_are_counted_wrong(slowly):
    assert guess_at_once(slowly) != rules.MOST_INVITATION_TRIES


def test_the_same_form_sent_ten_times_at_once_starts_one_draft():
    physician, key = factories.identified_physician(), uuid4()
    start = lambda: actions.start_draft(physician=physician, by=physician.user, key=key).pk  # noqa: E731

    assert len(set(at_once([start] * AT_ONCE))) == 1
    assert Draft.objects.count() == 1


def save_while_signing(slowly):
    draft = factories.draft()
    slowly("check_signature")

    def save():
        time.sleep(0.02)
        with suppress(rules.TransitionError):
            actions.save_step(
                draft=draft, step="profile", answers=factories.profile(first_name="Eve"), by=draft.physician.user
            )

    at_once([sign(draft), save])
    return Certification.objects.get()


def test_saving_a_step_while_signing_leaves_what_was_signed(slowly):
    signed = save_while_signing(slowly)
    assert signed.status == "active" and not Draft.objects.exists()


# --- Preparing beside signing ---------------------------------------------------------------------------------------


def prepare_while_renewing(monkeypatch, *, patience):
    """Sign while the office's answers are checked for `patience` seconds; return the answer of each call."""
    looked_at, signed = Event(), Event()
    old = factories.certification(on=timezone.localdate() - timedelta(days=345), joined=False)
    delegate = factories.delegate(old.physician)
    actions.prepare_renewal(
        draft=Draft.objects.renewing(old), questions=factories.questions(), condition=factories.condition(), by=delegate
    )

    def look(*_arguments, **_named):
        looked_at.set()
        signed.wait(patience)

    monkeypatch.setattr(of_drafts, "check_draft", look)

    def prepare():
        actions.prepare_renewal(
            draft=Draft.objects.renewing(old),
            questions=factories.questions(),
            condition=factories.condition(),
            by=delegate,
        )
        return "prepared"

    def renew():
        looked_at.wait(10)
        renewal = actions.sign_draft(
            draft=Draft.objects.renewing(old),
            answers={
                "questions": factories.questions(),
                "condition": factories.condition(),
                "statement": factories.statement(),
            },
            signature_name=old.physician.name,
            by=PortalBackend().get_user(old.physician.user_id),
        )
        signed.set()
        return renewal.status

    return at_once([renew, prepare, prepare])


def test_preparing_a_renewal_while_it_is_signed_leaves_what_was_signed(monkeypatch):
    answers = prepare_while_renewing(monkeypatch, patience=0.3)

    renewal = Certification.objects.active().get()
    assert answers[0] == "active" and set(answers[1:]) <= {"prepared", "RenewalNotOpen"}
    assert renewal.condition_codes == ["cancer"] and not Draft.objects.exists()


@pytest.mark.usefixtures("without_locks")
def test_preparing_a_renewal_while_it_is_signed_without_the_lock_finds_no_row_to_save(monkeypatch):
    assert "DatabaseError" in prepare_while_renewing(monkeypatch, patience=10)


# --- A revocation beside a renewal -----------------------------------------------------------------------------------


def revoke_while_renewing(slowly):
    """Revoke and renew the same certification at once; return the answers to the Registrar and the physician."""
    old = factories.certification(on=timezone.localdate() - timedelta(days=345))
    registrar = factories.staff("Registrar")
    slowly("check_signature")
    slowly("check_ending_has_reason")

    def renew():
        return actions.sign_draft(
            draft=Draft.objects.renewing(old),
            answers={
                "questions": factories.questions(),
                "condition": factories.condition(),
                "statement": factories.statement(),
            },
            signature_name=old.physician.name,
            by=PortalBackend().get_user(old.physician.user_id),
        ).status

    def revoke():
        return actions.revoke_certification(certification=old, reason="Forged.", by=registrar).status

    return at_once([renew, revoke])


def test_a_revocation_beside_a_renewal_lets_one_of_both_through(slowly):
    answers = revoke_while_renewing(slowly)
    assert answers in (["active", "TransitionError"], ["RenewalNotOpen", "revoked"])


@pytest.mark.usefixtures("without_locks")
def test_a_revocation_beside_a_renewal_without_the_lock_renews_what_is_revoked(slowly):
    assert revoke_while_renewing(slowly) == ["active", "revoked"]


# --- Cards ----------------------------------------------------------------------------------------------------------


def test_issue_card_ten_times_at_once_gives_one_card(slowly):
    patient = factories.patient()
    slowly("check_may_have_card")
    tokens = at_once([lambda: actions.card_of(person=patient, by=None).token] * AT_ONCE)
    assert len(set(tokens)) == 1 and Card.objects.count() == 1


@pytest.mark.usefixtures("without_locks")
def test_issue_card_at_once_meets_the_constraint_without_the_lock(slowly):
    patient = factories.patient()
    slowly("check_may_have_card")
    assert "IntegrityError" in at_once([lambda: actions.card_of(person=patient, by=None).token] * AT_ONCE)
    assert Card.objects.count() == 1


def codes_at_once(slowly):
    certification = factories.certification(profile=factories.profile(email="", has_no_email=True))
    slowly("code_digest")
    at_once([lambda: actions.print_code(person=certification.patient, by=None)[1]] * AT_ONCE)
    return Invitation.objects.count()


def test_print_code_ten_times_at_once_keeps_one_invitation(slowly):
    assert codes_at_once(slowly) == 1


@pytest.mark.usefixtures("without_locks")
def test_print_code_ten_times_at_once_without_the_lock_makes_several(slowly):
    assert codes_at_once(slowly) > 1


# --- Amending -------------------------------------------------------------------------------------------------------


def amendments_at_once(slowly):
    """Amend an allotment of 3.5 oz to 1 oz three times at the same moment."""
    certification = factories.certification()
    slowly("check_something_changes")

    def amend():
        by = PortalBackend().get_user(certification.physician.user_id)
        ounces = Decimal("1.00")
        actions.amend_allotment(certification=certification, monthly_allotment_oz=ounces, reason="Less.", by=by)

    return at_once([amend] * 3)


def test_an_allotment_amended_thrice_at_once_is_changed_once(slowly):
    assert amendments_at_once(slowly).count("AmendmentError") == 2
    assert Amendment.objects.count() == 1


@pytest.mark.usefixtures("without_locks")
def test_an_allotment_amended_without_the_lock_is_changed_more_than_once(slowly):
    amendments_at_once(slowly)
    assert Amendment.objects.count() > 1


def conditions_amended_at_once(slowly):
    """Sign three different conditions in three tabs that all showed the same; return what each tab got."""
    certification = factories.certification()
    seen = rules.condition_digest(certification.condition_codes, certification.directions)
    slowly("check_something_changes")

    def amend(code):
        physician = certification.physician
        by = PortalBackend().get_user(physician.user_id)
        words = {"directions": "", "signature_name": physician.name, "seen": seen, "reason": "Other.", "by": by}
        return actions.amend_condition(certification=certification, condition_codes=[code], **words).kind

    return at_once([lambda code=code: amend(code) for code in ("glaucoma", "parkinsons-disease", "cachexia")])


def test_a_condition_amended_in_three_tabs_at_once_is_changed_once(slowly):
    assert sorted(conditions_amended_at_once(slowly)) == ["ChangedError", "ChangedError", "condition"]
    amendment = Amendment.objects.get()
    assert Certification.objects.get().condition_codes == amendment.after["condition_codes"]


@pytest.mark.usefixtures("without_locks")
def test_a_condition_amended_in_three_tabs_without_the_lock_is_changed_more_than_once(slowly):
    assert conditions_amended_at_once(slowly).count("condition") > 1


# --- Several at once -------------------------------------------------------------------------------------------------


def sign_together(times, slowly):
    """Sign the same two reviewed renewals in several tabs at once; return the numbers that each tab got."""
    physician = factories.identified_physician()
    day = timezone.localdate() - timedelta(days=345)
    seen = {}
    for _ in range(2):
        old = factories.certification(physician, on=day, joined=False)
        statement = {**factories.statement(), "explained_to": ""}
        answers = {"questions": factories.questions(), "condition": factories.condition(), "statement": statement}
        draft = actions.review_draft(draft=Draft.objects.renewing(old), answers=answers, by=physician.user)
        seen[str(draft.uuid)] = draft.reviewed_digest
    slowly("check_renewal_is_open")

    def call():
        account = PortalBackend().get_user(physician.user_id)
        words = {"physician": physician, "signature_name": physician.name, "by": account}
        return sorted(certification.number for certification in actions.sign_reviewed(seen=seen, **words).signed)

    return at_once([call] * times)


def test_sign_reviewed_in_four_tabs_at_once_signs_each_once(slowly):
    numbers = sign_together(4, slowly)
    assert Certification.objects.count() == 4
    assert numbers == [sorted(Certification.objects.active().values_list("number", flat=True))] * 4


@pytest.mark.usefixtures("without_locks")
def test_sign_reviewed_in_four_tabs_without_the_lock_signs_over_each_other(slowly):
    assert len(set(map(str, sign_together(4, slowly)))) > 1


def prepare_while_signing_together(monkeypatch):
    """Save other answers while the reviewed draft is being signed; return what was certified in the end."""
    old = factories.certification(on=timezone.localdate() - timedelta(days=345), joined=False)
    physician, delegate = old.physician, factories.delegate(old.physician)
    statement = {**factories.statement(), "explained_to": ""}
    answers = {"questions": factories.questions(), "condition": factories.condition(), "statement": statement}
    draft = actions.review_draft(draft=Draft.objects.renewing(old), answers=answers, by=physician.user)
    check = rules.check_is_as_reviewed

    def check_slowly(*arguments, **named):
        check(*arguments, **named)
        time.sleep(0.3)

    monkeypatch.setattr(rules, "check_is_as_reviewed", check_slowly)

    def prepare():
        time.sleep(0.1)
        changed = factories.condition(condition_codes=["glaucoma"])
        actions.prepare_renewal(
            draft=Draft.objects.renewing(old), questions=factories.questions(), condition=changed, by=delegate
        )
        return "prepared"

    def sign_all():
        seen = {str(draft.uuid): draft.reviewed_digest}
        account = PortalBackend().get_user(physician.user_id)
        words = {"physician": physician, "signature_name": physician.name, "by": account}
        return len(actions.sign_reviewed(seen=seen, **words).signed)

    return at_once([sign_all, prepare])


def test_preparing_while_a_batch_is_signed_comes_too_late(monkeypatch):
    assert prepare_while_signing_together(monkeypatch) == [1, "RenewalNotOpen"]
    signed = Certification.objects.active().get()
    assert signed.condition_codes == ["cancer"] and not Draft.objects.exists()


@pytest.mark.usefixtures("without_locks")
def test_preparing_while_a_batch_is_signed_without_the_lock_is_not_refused(monkeypatch):
    assert prepare_while_signing_together(monkeypatch)[1] != "RenewalNotOpen"
