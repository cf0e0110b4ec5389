"""Cards: each person has one live card, printed again as the same, and ended with a reason."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.models import Event
from certification import rules
from certification.actions import card_of, issue_card, revoke_card
from certification.models import Card
from notifications.models import Notification
from tests import factories
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def patient():
    return factories.patient()


def test_card_of_is_issued_once_and_the_same_again(patient):
    first = card_of(person=patient, by=patient.user)
    assert (card_of(person=patient, by=None).token, issue_card(person=patient, by=None).token) == (first.token,) * 2
    assert Event.objects.filter(action="card.issue").count() == 1


def test_card_keeps_its_token_encrypted(patient):
    card = factories.card(patient)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, token_digest FROM certification_card")
        token, digest = cursor.fetchone()
    assert token.startswith("k1:") and card.token not in token + digest


def test_check_may_have_card_asks_for_a_valid_certification(patient):
    last = patient.certifications.get().last_valid_day
    rules.check_may_have_card(patient, today=last)
    with pytest.raises(rules.CardError):
        rules.check_may_have_card(patient, today=last + timedelta(days=1))


def test_check_may_have_card_of_a_caregiver_depends_on_the_patient():
    made = factories.certification(caregiver=factories.caregiver())
    caregiver = made.patient.current_assignment.caregiver
    rules.check_may_have_card(caregiver, today=timezone.localdate())
    with pytest.raises(rules.CardError):
        rules.check_may_have_card(caregiver, today=made.expires_date)


def test_issue_card_refuses_an_ended_certification():
    made = factories.certification(on=timezone.localdate() - timedelta(days=365))
    with pytest.raises(rules.CardError):
        issue_card(person=made.patient, by=None)
    assert not Card.objects.exists()


def test_revoke_card_ends_it_once_and_tells_the_person(patient):
    card = factories.card(patient)
    ended = revoke_card(card=card, reason="lost", by=None)
    assert revoke_card(card=card, reason="damaged", by=None).revoked_at == ended.revoked_at
    card.refresh_from_db()
    assert card.revoked_reason == "lost" and card_of(person=patient, by=None).token != card.token
    notification = Notification.objects.get(kind="card_revoked")
    assert (notification.recipient, notification.channel) == (patient.email, "email")
    assert Event.objects.get(action="card.revoke").reason == "lost"


def test_revoke_card_calls_who_has_no_email():
    made = factories.certification(profile=factories.profile(email="", has_no_email=True))
    revoke_card(card=factories.card(made.patient), reason="damaged", by=None)
    notification = Notification.objects.get(kind="card_revoked")
    assert (notification.recipient, notification.channel) == (made.patient.phone.as_e164, "phone")


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_reason": "lost"},
        {"revoked_at": timezone.now() + timedelta(days=1)},
        {"revoked_at": timezone.now() - timedelta(days=1), "revoked_reason": "lost"},
        {"revoked_at": timezone.now() + timedelta(days=1), "revoked_reason": "eaten"},
        {"patient": None},
    ],
)
def test_card_constraints_hold_against_update(patient, change):
    card = factories.card(patient)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.filter(pk=card.pk).update(**change)


def test_card_one_live_a_person(patient):
    factories.card(patient)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Card.objects.create(patient=patient, token="x", token_digest="x", issued_at=timezone.now())
