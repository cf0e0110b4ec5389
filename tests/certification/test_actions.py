from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from accounts.rules import MayNotSign, NotEligible
from audit import names
from audit.models import Event
from certification import actions, rules, signals
from certification.models import Caregiver, CaregiverAssignment, Certification, Draft, Invitation, Patient
from certification.statements import CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS, STATEMENT_VERSION
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.shared import shared
from ui.text import token_digest

pytestmark = pytest.mark.django_db


def certify(draft, name=None):
    physician = draft.physician
    return actions.sign_draft(draft=draft, signature_name=name or physician.name, by=physician.user)


def renew(certification, **over):
    physician = certification.physician
    answers = {
        "questions": factories.questions(),
        "condition": factories.condition(),
        "statement": factories.statement(),
    }
    return actions.sign_draft(
        draft=Draft.objects.renewing(certification),
        answers={**answers, **over},
        signature_name=physician.name,
        by=physician.user,
    )


@shared
def ending():
    """A certification with 20 days left."""
    return factories.certification(on=timezone.localdate() - timedelta(days=345))


# --- Drafts


def test_start_draft_again_with_the_same_key_gives_the_same_draft():
    physician = factories.identified_physician()
    key = uuid4()
    drafts = [actions.start_draft(physician=physician, by=physician.user, key=key) for _ in range(2)]
    assert drafts[0] == drafts[1] and Draft.objects.count() == 1


def test_save_step_keeps_answers_in_the_draft_alone():
    draft = factories.draft()
    assert set(draft.answers) == {"questions", "profile", "condition", "statement"}
    assert draft.answers["profile"]["birth_date"] == "1980-04-28"
    assert (Patient.objects.count(), Certification.objects.count()) == (0, 0)


def test_save_step_with_none_answers_that_there_is_nothing():
    draft = factories.draft(caregiver=factories.caregiver())
    draft = actions.save_step(draft=draft, step="caregiver", answers=None, by=draft.physician.user)
    assert draft.answers["caregiver"] is None


def test_save_step_of_a_statement_is_refused_to_a_delegate():
    draft = factories.draft(statement=None)
    delegate = factories.delegate(draft.physician)
    with pytest.raises(MayNotSign):
        actions.save_step(draft=draft, step="statement", answers=factories.statement(), by=delegate)
    draft.refresh_from_db()
    assert "statement" not in draft.answers
    assert Event.objects.get(action="certification.save_step").outcome == "refused"


def test_save_step_after_signing_is_refused():
    draft = factories.draft()
    certify(draft)
    with pytest.raises(rules.TransitionError, match="is active"):
        actions.save_step(draft=draft, step="profile", answers=factories.profile(), by=draft.physician.user)


def test_save_step_after_it_was_discarded_is_refused():
    draft = factories.draft()
    actions.discard_draft(draft=draft, by=draft.physician.user)
    with pytest.raises(rules.ChangedError, match="discarded meanwhile"):
        actions.save_step(draft=draft, step="profile", answers=factories.profile(), by=draft.physician.user)


def test_discard_draft_forgets_it():
    draft = factories.draft()
    actions.discard_draft(draft=draft, by=draft.physician.user)
    assert not Draft.objects.exists()
    assert Event.objects.filter(action="certification.discard").count() == 1


def test_discard_draft_after_signing_is_refused():
    draft = factories.draft()
    certify(draft)
    with pytest.raises(rules.TransitionError):
        actions.discard_draft(draft=draft, by=draft.physician.user)
    assert Certification.objects.active().exists()


# --- Signing


def test_sign_draft_writes_patient_number_and_dates():
    with time_machine.travel("2026-11-23T02:00:00+00:00", tick=False):  # still the 22nd in New York
        certification = certify(factories.draft())
    assert (certification.certified_date, certification.expires_date) == (date(2026, 11, 22), date(2027, 11, 22))
    assert certification.number.startswith("C-") and certification.patient.number.startswith("P-")
    assert (certification.monthly_allotment_oz, certification.allotment_limit_oz) == (Decimal("3.50"), Decimal("3.50"))
    assert certification.statement_version == STATEMENT_VERSION
    assert certification.patient.search_name == "delgado rosa"


def test_sign_draft_mails_the_patient_and_the_invitation():
    patient = certify(factories.draft()).patient
    kinds = Notification.objects.filter(recipient=patient.email).values_list("kind", flat=True)
    assert sorted(kinds) == ["invitation", "patient_certified"]


def test_sign_draft_without_email_asks_staff_to_call():
    patient = certify(factories.draft(profile=factories.profile(email="", has_no_email=True))).patient
    message = Notification.objects.get(kind="patient_certified")
    assert (message.channel, message.recipient) == ("phone", patient.phone.as_e164)
    assert not Invitation.objects.exists()


def test_sign_draft_twice_gives_what_was_signed():
    draft = factories.draft()
    first, second = certify(draft), certify(draft)
    assert (first.number, Patient.objects.count()) == (second.number, 1)


def test_sign_draft_assigns_the_caregiver():
    patient = certify(factories.draft(caregiver=factories.caregiver())).patient
    assignment = CaregiverAssignment.objects.get()
    assert (assignment.patient, assignment.relationship, assignment.need) == (patient, "parent", "Drives.")
    assert patient.current_assignment == assignment
    assert Notification.objects.filter(kind="invitation").count() == 2


def test_sign_draft_finds_a_caregiver_who_is_one_already():
    mother = factories.caregiver()
    for name in ("Ann", "Bea"):
        certify(factories.draft(profile=factories.profile(first_name=name), caregiver=mother))
    assert (Caregiver.objects.count(), CaregiverAssignment.objects.count()) == (1, 2)


def test_sign_draft_refuses_a_caregiver_of_a_stranger():
    friend = factories.caregiver(relationship="other")
    certify(factories.draft(caregiver=friend))
    with pytest.raises(rules.CaregiverError, match="another patient"):
        certify(factories.draft(profile=factories.profile(first_name="Bea"), caregiver=friend))
    assert (Patient.objects.count(), CaregiverAssignment.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ({"profile": None}, rules.IncompleteError),
        ({"condition": None}, rules.IncompleteError),
        ({"statement": None}, rules.IncompleteError),
        ({"profile": {"zip_code": "06390"}}, rules.AddressError),
        ({"condition": {"condition_codes": ["severe-epilepsy"]}}, rules.ConditionError),
        ({"statement": {"explained_risks": False}}, rules.IncompleteError),
        ({"statement": {"monthly_allotment_oz": Decimal("4")}}, rules.AllotmentError),
        ({"profile": {"has_legal_capacity": False}}, rules.CaregiverError),
    ],
)
def test_sign_draft_checks_everything_again(steps, error):
    makers = {"profile": factories.profile, "condition": factories.condition, "statement": factories.statement}
    given = {step: over and makers[step](**over) for step, over in steps.items()}
    draft = factories.draft(**given)
    with pytest.raises(error):
        certify(draft)
    assert (Draft.objects.get(), Certification.objects.count(), Patient.objects.count()) == (draft, 0, 0)
    assert Event.objects.get(action="certification.certify").outcome == "refused"


def test_sign_draft_deletes_the_draft_and_keeps_its_id_and_uuid():
    draft = factories.draft()
    certification = certify(draft)
    assert (certification.pk, certification.uuid) == (draft.pk, draft.uuid)
    assert not Draft.objects.exists()
    assert factories.draft().pk > certification.pk


def test_events_of_a_draft_are_found_with_the_patient_once_it_is_signed():
    draft = factories.draft()
    event = Event.objects.filter(action="certification.save_profile").get()
    label, pk = event.subject_type, event.subject_id
    assert (label, pk) == ("certification.draft", draft.pk) and not names.names_of({label: {pk}})
    certification = certify(draft)
    patient = names.Found("certification.patient", certification.patient.pk, "")
    assert pk in names.belongings_of([patient])[label]
    assert names.names_of({label: {pk}})[label, pk].words == certification.number


def test_sign_draft_of_a_renewal_that_is_refused_names_what_it_would_renew(ending):
    with pytest.raises(rules.IncompleteError):
        renew(ending, condition=factories.condition(condition_codes=[]))
    event = Event.objects.get(action="certification.certify", outcome="refused")
    assert (event.subject_type, event.subject_id) == ("certification.certification", ending.pk)
    assert not Draft.objects.exists()


def test_sign_draft_wants_the_physicians_name():
    with pytest.raises(rules.SignatureError):
        certify(factories.draft(), name="Somebody Else")
    assert not Patient.objects.exists()


def test_sign_draft_is_refused_to_anybody_else():
    draft = factories.draft()
    for account in (factories.delegate(draft.physician), factories.identified_physician().user):
        with pytest.raises(MayNotSign):
            actions.sign_draft(draft=draft, signature_name=draft.physician.name, by=account)


def test_sign_draft_is_refused_once_a_registration_has_ended():
    draft = factories.draft()
    with time_machine.travel(timezone.now() + timedelta(days=400)), pytest.raises(NotEligible, match="DEA"):
        certify(draft)


# --- Renewal and withdrawal


def test_sign_draft_of_a_renewal_runs_a_year_from_today(ending):
    renewal = renew(ending)
    ending.refresh_from_db()
    assert (ending.status, ending.ended_by_id) == ("superseded", ending.physician.user_id)
    assert renewal.renewal_of == ending and renewal.number != ending.number
    assert renewal.certified_date == timezone.localdate()
    assert Certification.objects.active().get(patient=ending.patient) == renewal


def test_sign_draft_of_a_renewal_twice_gives_the_renewal(ending):
    assert renew(ending) == renew(ending)
    assert Certification.objects.count() == 2


def test_sign_draft_of_a_renewal_too_early_is_refused():
    certification = factories.certification(joined=False)
    with pytest.raises(rules.RenewalNotOpen):
        renew(certification)
    assert Certification.objects.count() == 1


def test_sign_draft_of_a_renewal_wants_the_statement_anew(ending):
    with pytest.raises(rules.IncompleteError):
        renew(ending, statement=factories.statement(assessed_history=False))
    ending.refresh_from_db()
    assert ending.status == "active"


def test_sign_draft_of_a_renewal_of_a_patient_without_guardian_is_refused():
    certification = factories.certification(
        on=timezone.localdate() - timedelta(days=345),
        joined=False,
        profile=factories.profile(has_legal_capacity=False),
        caregiver=factories.caregiver(),
    )
    gone = certification.patient.assignments.get()
    gone.ended_date, gone.ended_reason = timezone.localdate(), "Died."
    with unguarded():
        gone.save()
    with pytest.raises(rules.CaregiverError):
        renew(certification)


def test_sign_draft_of_a_renewal_with_less_tells_what_follows(ending, monkeypatch):
    patients = []
    monkeypatch.setattr(signals.allotment_lowered, "send", lambda *a, **words: patients.append(words["patient"]))
    renew(ending, statement=factories.statement(monthly_allotment_oz=Decimal("1.00")))
    assert patients == [ending.patient]


def test_withdraw_certification_ends_it_today():
    certification = factories.certification()
    withdrawn = actions.withdraw_certification(
        certification=certification, reason="No longer under my care.", by=certification.physician.user
    )
    today = timezone.localdate()
    assert (withdrawn.status, withdrawn.deliveries_stop_date) == ("withdrawn", today)
    assert certification.patient.certification_on(today + timedelta(days=1)) is None
    assert Notification.objects.filter(kind="certification_withdrawn").count() == 1


def test_withdraw_certification_is_refused_to_anybody_else():
    certification = factories.certification()
    with pytest.raises(MayNotSign):
        actions.withdraw_certification(
            certification=certification, reason="Mine!", by=factories.identified_physician().user
        )
    certification.refresh_from_db()
    assert certification.status == "active"


# --- Joining


def test_invite_ends_the_earlier_invitation():
    certification = factories.certification(joined=False)
    patient, first = certification.patient, certification.patient.invitations.get()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        second = actions.invite(person=patient, by=certification.physician.user)
        first.refresh_from_db()
        assert first.valid_until <= timezone.now() < second.valid_until
    assert second != first


def test_invite_again_at_once_sends_nothing_more():
    certification = factories.certification(joined=False)
    again = actions.invite(person=certification.patient, by=certification.physician.user)
    assert again == certification.patient.invitations.get()


def test_invite_of_somebody_without_email_sends_nothing():
    patient = factories.patient(email="", has_no_email=True)
    assert actions.invite(person=patient, by=None) is None


def test_invite_keeps_a_digest_and_an_encrypted_link():
    invitation = factories.certification(joined=False).patient.invitations.get()
    link = Notification.objects.get(kind="invitation").secret
    token = link.rstrip("/").rsplit("/", 1)[1]
    assert token_digest(token) == invitation.token_digest and token not in invitation.token_digest


def test_accept_invitation_joins_account_and_patient():
    patient = factories.certification(joined=False).patient
    account = factories.user()
    actions.accept_invitation(invitation=patient.invitations.get(), birth_date=patient.birth_date, by=account)
    patient.refresh_from_db()
    assert (patient.user_id, patient.invitations.get().used_at is None) == (account.pk, False)


def test_accept_invitation_counts_wrong_birth_dates_and_ends():
    patient, account = factories.certification(joined=False).patient, factories.user()
    for _ in range(5):
        with pytest.raises(rules.InvitationError, match="does not match|five times"):
            actions.accept_invitation(invitation=patient.invitations.get(), birth_date=date(1999, 1, 1), by=account)
    with pytest.raises(rules.InvitationError, match="five times"):
        actions.accept_invitation(invitation=patient.invitations.get(), birth_date=patient.birth_date, by=account)
    patient.refresh_from_db()
    assert (patient.user, patient.invitations.get().failed_tries) == (None, 5)


def test_accept_invitation_twice_gives_the_same_person():
    patient, account = factories.certification(joined=False).patient, factories.user()
    invitation = patient.invitations.get()
    for _ in range(2):
        assert actions.accept_invitation(invitation=invitation, birth_date=patient.birth_date, by=account) == patient
    with pytest.raises(rules.InvitationError, match="used already"):
        actions.accept_invitation(invitation=invitation, birth_date=patient.birth_date, by=factories.user())


@pytest.mark.parametrize("sentences", [PATIENT_AFFIRMATIONS, CAREGIVER_AFFIRMATIONS])
def test_affirm_keeps_when(sentences):
    certification = factories.certification(joined=False, caregiver=factories.caregiver())
    is_patient = sentences is PATIENT_AFFIRMATIONS
    role = certification.patient if is_patient else certification.patient.current_assignment
    with pytest.raises(rules.IncompleteError):
        actions.affirm(role=role, affirmed=list(sentences)[1:], by=factories.user())
    actions.affirm(role=role, affirmed=list(sentences), by=factories.user())
    role.refresh_from_db()
    assert role.affirmed_at is not None
