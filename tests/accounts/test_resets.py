"""Staff reset second factors after a call back; a second person confirms, or a day passes."""

import itertools
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rules
from accounts.models import MFAReset
from accounts.rules import ResetError
from accounts.tasks import reset_due_mfa
from audit.models import Event
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from ui.templatetags.portal import phone

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
Status = MFAReset.Status


def protected(account=None):
    """Return an account with an authenticator app and recovery codes."""
    account = account or factories.user()
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(account)
    return account


def asked(account=None, *, by=None, **over):
    account = account or protected()
    on_file = rules.numbers_on_file(account) or {"+12035550199"}
    answers = {"called_number": min(on_file), "reason": "She told me her practice.", **over}
    return actions.ask_mfa_reset(user=account, by=by or factories.staff("Registrar"), **answers)


def factors_of(account):
    return Authenticator.objects.filter(user=account).count()


def mails(kind):
    return sorted(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- Asking ---------------------------------------------------------------------------------------------------------


def test_asking_changes_nothing_yet_and_notifies_every_address():
    physician = factories.identified_physician(email="roster@example.org")
    account = protected(physician.user)
    with unguarded():
        account.emailaddress_set.create(email="second@example.org", verified=True, primary=False)
        account.emailaddress_set.create(email="unconfirmed@example.org", verified=False, primary=False)

    reset = asked(account)

    assert (reset.status, reset.due_at - reset.asked_at) == (Status.WAITING, timedelta(hours=24))
    assert factors_of(account) == 2
    assert mails("mfa_reset_asked") == sorted({account.email, "roster@example.org", "second@example.org"})
    assert Event.objects.get(action="mfa.reset_ask").subject_id == account.pk


def test_check_called_on_file_refuses_a_number_that_the_caller_named():
    physician = factories.identified_physician()
    account = protected(physician.user)

    with pytest.raises(ResetError, match="not on file") as refused:
        asked(account, called_number="+12035559999")

    assert (refused.value.field, MFAReset.objects.count(), len(mails("mfa_reset_asked"))) == ("called_number", 0, 0)


def test_a_delegate_is_called_back_at_the_practice():
    physician = factories.identified_physician()

    assert rules.numbers_on_file(factories.delegate(physician)) == {physician.phone.as_e164}


@pytest.mark.parametrize("group", ["Registrar", "Manager"])
def test_check_is_somebody_else_refuses_the_own_account(group):
    account = protected(factories.staff(group))

    with pytest.raises(ResetError, match="for yourself"):
        asked(account, by=account)

    assert not MFAReset.objects.exists()


def test_check_has_factors_refuses_an_account_without_any():
    with pytest.raises(ResetError, match="no second factor"):
        asked(factories.user())


def test_check_no_reset_waits_refuses_a_second_one():
    account = asked().user

    with pytest.raises(ResetError, match="waits already"):
        asked(account)

    assert MFAReset.objects.count() == 1


def test_registrars_and_managers_are_notified_of_a_reset_that_waits():
    other, registrar, manager = (factories.staff(group) for group in ("Registrar", "Registrar", "Manager"))
    reset = asked(by=registrar)
    assert mails("mfa_reset_waits") == sorted([other.email, registrar.email, manager.email])

    actions.cancel_mfa_reset(reset=reset, reason="Wrong account.", by=registrar)
    send_due(by=None)

    assert "A reset of second factors waits for a second person" not in {sent.subject for sent in mail.outbox}


# --- Taking effect --------------------------------------------------------------------------------------------------


def test_a_second_person_resets_at_once_and_every_session_ends():
    account = factories.user()
    signed_in = Client()
    signed_in.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})
    assert signed_in.get("/accounts/email/").status_code == 200
    reset, manager = asked(protected(account)), factories.staff("Manager")

    actions.confirm_mfa_reset(reset=reset, by=manager)

    reset.refresh_from_db()
    assert (reset.status, reset.confirmed_by) == (Status.DONE, manager)
    assert factors_of(account) == 0
    assert signed_in.get("/accounts/email/").status_code == 302
    assert mails("mfa_reset_done") == [account.email]
    assert Event.objects.filter(action="mfa.reset", subject_id=account.pk).count() == 1


def test_the_person_who_asked_cannot_confirm():
    registrar = factories.staff("Registrar")
    reset = asked(by=registrar)

    for by in (registrar, reset.user):
        with pytest.raises(ResetError, match="for yourself"):
            actions.confirm_mfa_reset(reset=reset, by=by)

    assert factors_of(reset.user) == 2


def test_without_a_second_person_it_takes_24_hours_to_the_second():
    with time_machine.travel(NOON, tick=False) as clock:
        account = asked().user
        clock.shift(timedelta(hours=24) - timedelta(seconds=1))
        assert (reset_due_mfa(), factors_of(account)) == (0, 2)
        clock.shift(timedelta(seconds=1))

        assert (reset_due_mfa(), factors_of(account)) == (1, 0)
        assert reset_due_mfa() == 0

    assert MFAReset.objects.get().confirmed_by is None
    assert mails("mfa_reset_done") == [account.email]


def test_one_that_was_cancelled_never_takes_effect():
    with time_machine.travel(NOON, tick=False) as clock:
        reset, registrar = asked(), factories.staff("Registrar")
        actions.cancel_mfa_reset(reset=reset, reason="Wrong account.", by=registrar)
        clock.shift(timedelta(days=2))

        assert (reset_due_mfa(), factors_of(reset.user)) == (0, 2)

    assert mails("mfa_reset_cancelled") == [reset.user.email]
    assert mails("mfa_reset_disowned") == []


@pytest.mark.parametrize(("verb", "before"), list(itertools.product(rules.RESET_MOVES, Status)))
def test_check_reset_move(verb, before):
    if before == Status.WAITING:
        rules.check_reset_move(verb, MFAReset(status=before))
    else:
        with pytest.raises(ResetError, match="Not possible any more: this reset is"):
            rules.check_reset_move(verb, MFAReset(status=before))


# --- This was not me ------------------------------------------------------------------------------------------------


def link_of(reset):
    send_due(by=None)
    body = next(sent.body for sent in mail.outbox if sent.to == [reset.user.email])
    return re.search(r"https?://\S+(/accounts/reset/\S+)", body)[1]


def test_the_link_cancels_by_a_post_alone():
    registrar = factories.staff("Registrar")
    reset, owner = asked(by=registrar), Client()

    shown = owner.get(link_of(reset), follow=True)
    reset.refresh_from_db()
    assert (shown.redirect_chain, reset.status) == ([("/accounts/reset/", 302)], Status.WAITING)
    assert reset.user.email not in shown.content.decode()

    done = owner.post("/accounts/reset/", follow=True)
    reset.refresh_from_db()
    assert (reset.status, reset.cancelled_by, factors_of(reset.user)) == (Status.CANCELLED, None, 2)
    assert "Nothing is reset" in done.content.decode()
    assert mails("mfa_reset_disowned") == [registrar.email]


def test_the_link_after_the_reset_says_what_to_do():
    reset, owner = asked(), Client()
    link = link_of(reset)
    actions.confirm_mfa_reset(reset=reset, by=factories.staff("Manager"))
    owner.get(link)

    page = owner.post("/accounts/reset/", follow=True).content.decode()

    assert "The reset has taken place" in page
    assert MFAReset.objects.get().status == Status.DONE


def test_a_wrong_link_and_no_link_change_nothing():
    asked()

    assert Client().get("/accounts/reset/guessed/").status_code == 404
    assert "This link cannot be used" in Client().post("/accounts/reset/").content.decode()
    assert MFAReset.objects.get().status == Status.WAITING


def test_no_mail_holds_a_name_or_medical_word_in_its_subject():
    reset = asked()
    actions.confirm_mfa_reset(reset=reset, by=factories.staff("Manager"))
    actions.cancel_mfa_reset(reset=asked(protected()), by=None)
    send_due(by=None)

    assert {sent.subject for sent in mail.outbox} == {
        "Your second factors were reset", "Your second factors stay as they are",
        "A reset of second factors was cancelled by its owner",
    }  # fmt: skip


def test_the_way_to_it_starts_at_the_second_step():
    account = protected(factories.user("rosa@example.org"))
    client = Client()
    client.post("/accounts/login/", {"login": account.email, "password": factories.PASSWORD})

    assert 'href="/accounts/lost-phone/"' in client.get("/accounts/2fa/authenticate/").content.decode()
    page = client.get("/accounts/lost-phone/").content.decode()
    assert "We hang up and call you back" in page and "rosa@" not in page


# --- The Registrar's pages ------------------------------------------------------------------------------------------


def test_the_registrar_asks_and_the_manager_confirms_in_the_admin():
    physician = factories.identified_physician()
    account = protected(physician.user)
    ask = reverse("admin:accounts_user_step", args=[account.pk, "reset-mfa"])
    registrar = factories.client_for(factories.staff("Registrar"))

    assert factories.client_for(factories.staff("Pharmacist")).get(ask).status_code == 403
    assert f"On file: {phone(physician.phone)}." in registrar.get(ask).content.decode()
    wrong = registrar.post(ask, {"called_number": "(203) 555-9999", "reason": "Lost."})
    assert "not on file" in wrong.content.decode()
    registrar.post(ask, {"called_number": str(physician.phone), "reason": "Lost."})
    confirm = reverse("admin:accounts_mfareset_step", args=[MFAReset.objects.get().pk, "confirm"])
    assert "You cannot do this for yourself" in registrar.post(confirm).content.decode()
    factories.client_for(factories.staff("Manager")).post(confirm)

    assert factors_of(account) == 0


def test_a_registrar_who_lost_a_phone_is_helped_by_the_manager():
    registrar, manager = protected(factories.staff("Registrar")), factories.staff("Manager")
    ask = reverse("admin:accounts_user_step", args=[registrar.pk, "reset-mfa"])

    factories.client_for(manager).post(ask, {"called_number": "203 555 0199", "reason": "She sits beside me."})

    assert MFAReset.objects.get().asked_by == manager


def test_a_reset_is_cancelled_in_the_admin_with_a_reason():
    reset = asked()
    page = reverse("admin:accounts_mfareset_step", args=[reset.pk, "cancel"])
    client = factories.client_for(factories.staff("Registrar"))

    client.post(page, {"reason": ""})
    assert MFAReset.objects.get().status == Status.WAITING
    client.post(page, {"reason": "Found again."})

    assert MFAReset.objects.get().status == Status.CANCELLED
    assert Event.objects.get(action="mfa.reset_cancel").reason == "Found again."


# --- What the database holds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda reset: {"asked_by": reset.user},
        lambda reset: {"status": "done", "done_at": reset.asked_at},
        lambda reset: {"status": "done", "done_at": reset.asked_at, "confirmed_by": reset.asked_by},
        lambda reset: {"status": "done", "done_at": reset.asked_at, "confirmed_by": reset.user},
        lambda reset: {"status": "done"},
        lambda reset: {"status": "cancelled"},
        lambda reset: {"status": "lost"},
        lambda reset: {"cancelled_by": reset.asked_by},
        lambda reset: {"reason": ""},
        lambda reset: {"due_at": reset.asked_at},
    ],
)
def test_the_database_refuses_a_reset_that_cannot_be(change):
    reset = asked()

    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        MFAReset.objects.filter(pk=reset.pk).update(**change(reset))


# --- At once --------------------------------------------------------------------------------------------------------


def decide_at_once(reset):
    """Ten people confirm at once; return how many succeeded."""
    staff = [factories.staff("Registrar") for _ in range(10)]
    start = Barrier(len(staff))

    def confirm(by):
        start.wait()
        try:
            actions.confirm_mfa_reset(reset=reset, by=by)
        except ResetError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(staff)) as pool:
        return sum(pool.map(confirm, staff))


@pytest.mark.django_db(transaction=True)
def test_of_ten_people_who_confirm_at_once_one_succeeds():
    assert decide_at_once(asked()) == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_than_one_confirms(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    reset = asked()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)

    assert decide_at_once(reset) > 1


def ask_at_once(account):
    """Five Registrars ask at once; return how many succeeded."""
    staff = [factories.staff("Registrar") for _ in range(5)]
    start = Barrier(len(staff))

    def ask(by):
        start.wait()
        try:
            asked(account, by=by)
        except ResetError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(staff)) as pool:
        return sum(pool.map(ask, staff))


@pytest.mark.django_db(transaction=True)
def test_of_five_people_who_ask_at_once_one_succeeds():
    assert ask_at_once(protected()) == 1
    assert MFAReset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_only_the_database_stops_the_others(monkeypatch):
    """The error of the database is no sentence for a Registrar."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time, with or without our lock")
    check = rules.check_no_reset_waits

    def check_slowly(user):
        check(user)
        time.sleep(0.2)

    monkeypatch.setattr(rules, "check_no_reset_waits", check_slowly)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)

    with pytest.raises(IntegrityError):
        ask_at_once(protected())


@pytest.mark.django_db(transaction=True)
def test_the_owner_or_the_job_wins_when_both_act_at_once():
    reset = asked()
    with unguarded():
        MFAReset.objects.update(asked_at=timezone.now() - timedelta(days=2), due_at=timezone.now())
    start = Barrier(2)

    def run(act):
        start.wait()
        try:
            return bool(act())
        except ResetError:
            return False
        finally:
            connection.close()

    def cancel():
        actions.cancel_mfa_reset(reset=reset, by=None)
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(run, [cancel, reset_due_mfa]))

    reset.refresh_from_db()
    assert sum(won) == 1
    assert (reset.status == Status.DONE, factors_of(reset.user)) == (won[1], 0 if won[1] else 2)
