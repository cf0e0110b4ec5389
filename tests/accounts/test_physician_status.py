"""Suspend and reinstate a physician, and separate a physician from a stranger's account."""

import itertools
import re

import pytest
from django.core import mail

from accounts import actions, rules
from accounts.models import AccountBinding, Physician
from audit.models import Event
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db

Status = Physician.Status


# --- Status ---------------------------------------------------------------------------------------------------------


ALLOWED = {
    ("suspend", "verified"), ("disown", "verified"), ("reinstate", "suspended"), ("reinstate", "left"),
    ("verify", "verified"), ("verify", "left"), ("leave", "verified"), ("leave", "suspended"),
}  # fmt: skip


@pytest.mark.parametrize(("verb", "before"), list(itertools.product(rules.PHYSICIAN_MOVES, Status)))
def test_check_physician_move(verb, before):
    if (verb, before) in ALLOWED:
        rules.check_physician_move(verb, Physician(status=before))
    else:
        with pytest.raises(rules.StatusError, match="Not possible any more: this physician is"):
            rules.check_physician_move(verb, Physician(status=before))


def test_a_suspended_physician_cannot_certify_until_reinstated():
    physician, registrar = factories.identified_physician(), factories.staff("Registrar")
    draft = factories.draft(physician)

    actions.suspend_physician(physician=physician, reason="Board order.", by=registrar)

    physician.refresh_from_db()
    with pytest.raises(rules.NotEligible, match="not open"):
        rules.check_may_sign(physician, by=physician.user, today=draft.created_at.date())
    actions.reinstate_physician(physician=physician, reason="Order lifted.", by=registrar)
    physician.refresh_from_db()
    rules.check_may_sign(physician, by=physician.user, today=draft.created_at.date())
    assert Event.objects.get(action="physician.suspend").reason == "Board order."
    assert Event.objects.get(action="physician.reinstate").actor_id == registrar.pk
    notifications = Notification.objects.filter(kind="physician_status")
    assert sorted(notification.context["status"] for notification in notifications) == ["suspended", "verified"]


def test_a_physician_is_suspended_once():
    physician, registrar = factories.physician(), factories.staff("Registrar")
    actions.suspend_physician(physician=physician, reason="Board order.", by=registrar)

    with pytest.raises(rules.StatusError):
        actions.suspend_physician(physician=physician, reason="Again.", by=registrar)

    assert Notification.objects.filter(kind="physician_status").count() == 1


# --- This was not me ------------------------------------------------------------------------------------------------


def bound_by_a_stranger():
    physician = factories.identified_physician(email="doctor@example.org")
    return physician, Notification.objects.get(kind="physician_bound").secret


def test_the_link_takes_the_token_out_of_the_address_and_changes_nothing(client):
    physician, link = bound_by_a_stranger()

    response = client.get(link)
    page = client.get(response.headers["Location"]).content.decode()

    assert response.headers["Location"] == "/accounts/not-me/"
    assert "This was not me: close that account" in page
    assert physician.name not in page
    physician.refresh_from_db()
    assert physician.status == Status.VERIFIED
    assert physician.user is not None


def test_the_button_suspends_at_once_and_takes_the_account_away(client):
    registrar = factories.staff("Registrar")
    physician, link = bound_by_a_stranger()
    stranger = factories.client_for(physician.user)
    assert stranger.get("/certification/").status_code == 200

    client.get(link)
    page = client.post("/accounts/not-me/", follow=True).content.decode()

    assert "That account is closed" in page
    physician.refresh_from_db()
    assert (physician.status, physician.user) == (Status.SUSPENDED, None)
    assert stranger.get("/certification/").status_code == 404
    with pytest.raises(rules.IdentificationError):
        actions.identify_physician(
            dea_number=physician.dea_number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=factories.user()
        )
    assert Notification.objects.get(kind="binding_disowned").recipient == registrar.email


def test_the_stranger_s_delegates_see_nothing_any_more():
    physician, _link = bound_by_a_stranger()
    delegate = factories.client_for(factories.delegate(physician))
    assert delegate.get("/certification/").status_code == 200

    actions.disown_binding(binding=AccountBinding.objects.get(), by=None)

    assert delegate.get("/certification/").status_code == 404


def test_the_button_pressed_twice_notifies_once(client):
    factories.staff("Registrar")
    _physician, link = bound_by_a_stranger()
    client.get(link)

    client.post("/accounts/not-me/")
    client.post("/accounts/not-me/")

    assert Notification.objects.filter(kind="binding_disowned").count() == 1
    assert Event.objects.filter(action="binding.disown", outcome="done").count() == 1


def test_after_reinstating_the_real_physician_binds_their_own_account():
    physician, _link = bound_by_a_stranger()
    actions.disown_binding(binding=AccountBinding.objects.get(), by=None)
    actions.reinstate_physician(physician=physician, reason="Called back.", by=factories.staff("Registrar"))
    own_account = factories.user()

    actions.identify_physician(
        dea_number=physician.dea_number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=own_account
    )
    actions.disown_binding(binding=AccountBinding.objects.first(), by=None)

    physician.refresh_from_db()
    assert (physician.status, physician.user) == (Status.VERIFIED, own_account)


@pytest.mark.parametrize("address", ["/accounts/not-me/wrong-token/", "/accounts/not-me/"])
def test_a_wrong_link_says_so_and_changes_nothing(client, address):
    physician, _link = bound_by_a_stranger()

    page = client.get(address, follow=True).content.decode()
    client.post("/accounts/not-me/")

    assert "This link cannot be used" in page
    physician.refresh_from_db()
    assert physician.status == Status.VERIFIED


def test_the_mail_carries_the_link(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        factories.identified_physician(email="doctor@example.org")

    [sent] = mail.outbox
    link = re.search(r"http://testserver/accounts/not-me/\S+/", sent.body)[0]
    assert f'href="{link}"' in sent.alternatives[0].content
    assert not Notification.objects.get().secret
