"""Two people decide about the same person at once. Each test has a control that fails without the lock."""

from datetime import date, timedelta
from threading import Event

import pytest
from django.utils import timezone

from accounts.backends import PortalBackend
from certification import actions, rules
from certification.models import Certification, Patient
from certification.writes import locks
from tests import factories
from tests.certification.test_races import at_once, sign

pytestmark = pytest.mark.django_db(transaction=True)
IDENTITY = ("first_name", "middle_name", "last_name", "suffix", "birth_date")


@pytest.fixture
def without_locks(without_locks, monkeypatch):
    """Take no lock on a person without a row either."""
    monkeypatch.setattr("certification.writes.locks.lock_text", lambda text: None)


def rosa(**over):
    return factories.profile(**{"birth_date": date(1980, 4, 28), **over})


def certified(**over):
    return factories.certification(profile=rosa(**over), joined=False)


def running():
    return Certification.objects.running_on(timezone.localdate()).count()


def test_a_person_is_locked_in_any_spelling_and_by_no_name(monkeypatch):
    texts = []
    monkeypatch.setattr(locks, "lock_text", texts.append)
    for first, last, day in (("Rosa", "Núñez", 28), ("ROSA", "NUNEZ", 28), ("Rosa", "Núñez", 27)):
        locks.lock_identity(first_name=first, last_name=last, birth_date=date(1980, 4, day))
    assert texts[0] == texts[1] != texts[2]
    assert "nunez" not in texts[0] and "1980" not in texts[0]


# --- Two physicians sign --------------------------------------------------------------------------------------------


def signed_by_two(slowly):
    """Let two physicians sign the same person, new to both; return the answer to each."""
    drafts = [factories.draft(profile=rosa(last_name=name)) for name in ("Núñez", "NUNEZ")]
    slowly("check_not_certified_elsewhere")
    return at_once([sign(draft) for draft in drafts])


def test_two_physicians_who_sign_a_new_person_at_once_give_one_certification(slowly):
    assert signed_by_two(slowly).count("ElsewhereError") == 1
    assert (running(), Patient.objects.count()) == (1, 1)


@pytest.mark.usefixtures("without_locks")
def test_two_physicians_who_sign_a_new_person_without_the_lock_give_two(slowly):
    assert "ElsewhereError" not in signed_by_two(slowly)
    assert (running(), Patient.objects.count()) == (2, 2)


# --- One signs, another brings the same person back ------------------------------------------------------------------


def reinstated_while_signing(slowly):
    """Reinstate a certification while another physician signs the person; return the answer to each."""
    first, draft, registrar = certified(), factories.draft(profile=rosa()), factories.staff("Registrar")
    actions.revoke_certification(certification=first, reason="Forged.", by=registrar)
    slowly("check_not_certified_elsewhere")
    slowly("check_may_be_reinstated")

    def reinstate():
        return actions.reinstate_certification(certification=first, reason="It was not.", by=registrar).status

    return at_once([sign(draft), reinstate])


def test_a_reinstatement_beside_a_signature_lets_one_of_both_through(slowly):
    answers = reinstated_while_signing(slowly)
    assert answers[0] == "ElsewhereError" or answers[1] == "ReinstatementError"
    assert running() == 1


@pytest.mark.usefixtures("without_locks")
def test_a_reinstatement_beside_a_signature_without_the_lock_gives_two(slowly):
    assert reinstated_while_signing(slowly)[1] == "active"
    assert running() == 2


def amended_while_signing(slowly):
    """Correct a name while another physician signs a person of that name; return the answer to each."""
    known, draft, right = certified(last_name="Delgato"), factories.draft(profile=rosa()), rosa()
    by = PortalBackend().get_user(known.physician.user_id)
    words = {"identity": {name: right[name] for name in IDENTITY}, "proof": "passport", "reason": "Misread."}
    slowly("check_not_certified_elsewhere")
    return at_once([sign(draft), lambda: actions.amend_identity(certification=known, **words, by=by).kind])


def test_a_corrected_name_beside_a_signature_lets_one_of_both_through(slowly):
    assert amended_while_signing(slowly).count("ElsewhereError") == 1
    assert Patient.objects.filter(search_name="delgado rosa").count() == 1


@pytest.mark.usefixtures("without_locks")
def test_a_corrected_name_beside_a_signature_without_the_lock_gives_two(slowly):
    assert "ElsewhereError" not in amended_while_signing(slowly)
    assert Patient.objects.filter(search_name="delgado rosa").count() == 2


# --- A withdrawal beside the signature of who takes over --------------------------------------------------------------


def withdrawn_while_taken_over(monkeypatch, *, patience):
    """Withdraw a certification, and wait some seconds for the physician who takes the patient over to sign."""
    first, draft, today = certified(), factories.draft(profile=rosa()), timezone.localdate()
    checked, signed, check = Event(), Event(), rules.check_stop_date
    taker, certifier = (PortalBackend().get_user(row.physician.user_id) for row in (draft, first))
    agreed = {"how": "In the visit.", "agreed_date": today, "signature_name": draft.physician.name}

    def check_and_wait(*arguments, **named):
        check(*arguments, **named)
        checked.set()
        signed.wait(patience)

    def take_over():
        checked.wait(10)
        actions.take_over_patient(draft=draft, **agreed, by=taker)
        signed.set()

    def withdraw():
        last = today + timedelta(days=10)
        actions.withdraw_certification(certification=first, reason="Moved.", deliveries_stop_date=last, by=certifier)

    monkeypatch.setattr(rules, "check_stop_date", check_and_wait)
    assert at_once([take_over, withdraw]) == [None, None]
    return sorted(Certification.objects.values_list("status", flat=True))


def test_a_withdrawal_beside_a_take_over_leaves_one_that_runs(monkeypatch):
    assert withdrawn_while_taken_over(monkeypatch, patience=0.3) == ["active", "superseded"]
    assert running() == 1


@pytest.mark.usefixtures("without_locks")
def test_a_withdrawal_beside_a_take_over_without_the_lock_leaves_two_that_run(monkeypatch):
    assert withdrawn_while_taken_over(monkeypatch, patience=10) == ["active", "withdrawn"]
    assert running() == 2
