"""Requests of patients to the office: who may ask, who is notified, and who answers."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions import leave_practice
from audit.models import Event
from certification import actions, rules
from certification.models import Draft, PatientRequest
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
WORDS = "I can be reached after five."


@shared
def physician():
    return factories.identified_physician()


@shared
def certification(physician):
    return factories.certification(physician)


def page(certification):
    return reverse("certification:certification-ask", args=[certification.uuid])


def notified():
    return sorted(Notification.objects.filter(kind="office_asked").values_list("recipient", flat=True))


# --- Asking ---------------------------------------------------------------------------------------------------------


def test_ask_office_tells_physician_and_delegates_without_a_name(physician, certification):
    delegate = factories.delegate(physician)
    client = factories.client_for(certification.patient.user)
    assert page(certification) in client.get("/home/").content.decode()

    text = client.post(page(certification), {"kind": "follow_up", "words": WORDS}, follow=True).content.decode()

    assert ("Sent." in text, notified()) == (True, sorted([physician.email, delegate.email]))
    mail.outbox.clear()
    send_due(by=None)
    sent = "".join(sent.subject + sent.body for sent in mail.outbox if "asks the office" in sent.subject)
    assert "My patients" in sent
    assert not any(word in sent for word in (WORDS, certification.patient.last_name, certification.patient.number))


def test_ask_office_goes_to_the_registrars_once_the_physician_has_left(physician, certification):
    registrar = factories.staff("Registrar")
    leave_practice(physician=physician, date=timezone.localdate(), by=physician.user)

    asked = factories.patient_request(certification)

    assert notified() == [registrar.email]
    text = factories.client_for(certification.patient.user).get(page(certification)).content.decode()
    assert "the program answers you" in text
    list_of_all = factories.client_for(registrar).get(reverse("admin:certification_patientrequest_changelist"))
    assert str(asked.get_kind_display()) in list_of_all.content.decode()


def test_ask_office_twice_is_asked_once(certification):
    first, second = (factories.patient_request(certification) for _time in range(2))
    assert (first, PatientRequest.objects.count(), len(notified())) == (second, 1, 1)


def test_a_renewal_is_offered_from_the_day_on_which_it_can_be_asked_for(certification):
    client, opens = factories.client_for(certification.patient.user), rules.renewal_opens_date(certification)
    text = client.get(page(certification)).content.decode()
    assert f"Possible from {opens:%B} {opens.day}, {opens.year} on." in text and text.count(" disabled") == 1
    home = client.get("/home/").content.decode()
    assert "Ask for a visit, or report a change" in home and "Ask for a renewal" not in home
    with time_machine.travel(f"{opens.isoformat()}T17:00:00+00:00", tick=False):
        client = factories.client_for(certification.patient.user)
        text = client.get(page(certification)).content.decode()
        assert "Possible from" not in text and " disabled" not in text
        assert "Ask for a renewal" in client.get("/home/").content.decode()
        assert "Sent." in client.post(page(certification), {"kind": "renewal"}, follow=True).content.decode()


def test_renewal_can_be_asked_from_today_once_it_was_withdrawn(certification):
    today = timezone.localdate()
    actions.withdraw_certification(
        certification=certification, reason="No longer indicated.", by=certification.physician.user
    )
    certification.refresh_from_db()
    assert rules.renewal_can_be_asked_from(certification, today=today) is None


def test_check_may_ask_for_a_renewal_once_it_is_open(certification):
    today = timezone.localdate()
    assert rules.check_may_ask("follow_up", certification, today=today) is None
    with pytest.raises(rules.RenewalNotOpen, match="Renewal opens on"):
        rules.check_may_ask("renewal", certification, today=today)
    assert rules.check_may_ask("renewal", certification, today=certification.expires_date) is None


def test_a_renewal_asked_for_too_early_says_when_and_keeps_what_was_typed(certification):
    client = factories.client_for(certification.patient.user)
    text = client.post(page(certification), {"kind": "renewal", "words": WORDS}).content.decode()
    assert ("Renewal opens on" in text, WORDS in text, PatientRequest.objects.exists()) == (True, True, False)


@pytest.mark.parametrize("typed", [{}, {"kind": "visit"}, {"kind": "follow_up", "words": "x" * 501}, {"kind": "\x00"}])
def test_what_cannot_be_asked_is_refused_beside_the_field(certification, typed):
    response = factories.client_for(certification.patient.user).post(page(certification), typed)
    assert (response.status_code, bool(response.context["form"].errors)) == (200, True)
    assert not PatientRequest.objects.exists()


def test_a_guardian_asks_for_the_child():
    caregiver, child = people.guardian_of_a_child()
    certification = child.certifications.get()
    factories.client_for(caregiver.user).post(page(certification), {"kind": "follow_up", "words": ""})
    assert PatientRequest.objects.get().patient == child


# --- Answering ------------------------------------------------------------------------------------------------------


def test_answer_request_takes_it_off_the_list_of_the_office(physician, certification):
    asked = factories.patient_request(certification, words=WORDS)
    client = factories.client_for(factories.delegate(physician))
    assert WORDS in client.get("/certification/").content.decode()

    address = reverse("certification:request-answered", args=[asked.uuid])
    text = client.post(address, follow=True).content.decode()
    client.post(address)

    asked.refresh_from_db()
    assert ("Marked as answered." in text, WORDS in text, asked.answered_at is None) == (True, False, False)
    assert Event.objects.filter(action="request.answer").count() == 1


def test_answer_request_by_the_registrar(certification):
    asked, registrar = factories.patient_request(certification), factories.staff("Registrar")
    step = reverse("admin:certification_patientrequest_step", args=[asked.pk, "answered"])
    factories.client_for(registrar).post(step)
    asked.refresh_from_db()
    assert asked.answered_by == registrar


def test_a_mail_about_what_was_answered_meanwhile_is_not_sent(physician, certification):
    actions.answer_request(request=factories.patient_request(certification), by=physician.user)
    mail.outbox.clear()
    send_due(by=None)
    assert not [sent for sent in mail.outbox if "asks the office" in sent.subject]


def test_a_renewal_that_was_signed_answers_what_was_asked(physician, certification):
    with time_machine.travel(timezone.now() + timedelta(days=350), tick=False):
        asked = factories.patient_request(certification, kind="renewal")
        actions.sign_draft(
            draft=Draft.objects.renewing(certification),
            answers={
                "questions": factories.questions(),
                "condition": factories.condition(),
                "statement": factories.statement(),
            },
            signature_name=physician.name,
            by=physician.user,
        )
    asked.refresh_from_db()
    assert asked.answered_by == physician.user


@pytest.mark.parametrize("change", [{"kind": "visit"}, {"answered_at": timezone.now()}])
def test_a_request_is_of_a_known_kind_and_answered_by_somebody(certification, change):
    asked = factories.patient_request(certification)
    with pytest.raises(IntegrityError), unguarded(), transaction.atomic():
        PatientRequest.objects.filter(pk=asked.pk).update(**change)


def test_one_request_of_a_kind_is_open_at_a_time(certification):
    asked = factories.patient_request(certification)
    fields = {name: getattr(asked, name) for name in ("patient", "physician", "kind", "asked_by")}
    with pytest.raises(IntegrityError), unguarded(), transaction.atomic():
        PatientRequest.objects.create(**fields)
