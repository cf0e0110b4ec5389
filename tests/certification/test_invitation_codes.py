"""A code on paper: the office makes it, it is typed with the birth date, five times at most, and used once."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from audit.models import Event
from certification import rules
from certification.actions import accept_code, accept_invitation, invite, print_code, withdraw_certification
from certification.invitations import State, states_of
from certification.models import Invitation
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared
from ui.text import ALPHABET

pytestmark = pytest.mark.django_db
BORN = forms.date_boxes("birth_date", date(1980, 4, 28))
WRONG = {"code": "ABCDE-FGHJK", **BORN}


@shared
def certification():
    """A certification of a patient without e-mail, who has a caregiver."""
    profile = factories.profile(email="", has_no_email=True)
    return factories.certification(profile=profile, caregiver=factories.caregiver(last_name="Marsh"), joined=False)


@shared
def patient(certification):
    return certification.patient


def code_for(person):
    return print_code(person=person, by=None)[1]


def office(certification):
    return factories.client_for(certification.physician.user)


def errors_of(response):
    return str(response.context["form"].errors)


# --- Make a code ----------------------------------------------------------------------------------------------------


def test_print_code_is_ten_characters_without_look_alikes_and_stored_as_a_digest(patient):
    invitation, code = print_code(person=patient, by=None)
    assert len(code) == 10 and set(code) <= set(ALPHABET) and not set("01OI") & set(ALPHABET)
    stored = Invitation.objects.filter(pk=invitation.pk).values().get()
    assert code not in str(stored) and stored["code_digest"] == rules.code_digest(code) and not stored["token_digest"]
    assert invitation.valid_until - invitation.sent_at == timedelta(days=14)


def test_print_code_ends_the_code_before_it(patient):
    first, second = code_for(patient), code_for(patient)
    with pytest.raises(rules.CodeError):
        accept_code(code=first, birth_date=patient.birth_date, by=factories.user())
    assert accept_code(code=second, birth_date=patient.birth_date, by=factories.user()) == patient
    assert Invitation.objects.filter(patient=patient).count() == 1


def test_print_code_leaves_the_link_in_the_mail_good(certification):
    caregiver = certification.patient.current_assignment.caregiver
    code_for(caregiver)
    invitation = caregiver.invitations.get()
    assert invitation.token_digest and invitation.code_digest
    accept_invitation(invitation=invitation, birth_date=caregiver.birth_date, by=factories.user())
    with pytest.raises(rules.InvitationError):
        code_for(caregiver)


def test_invite_ends_a_code_once_there_is_an_address(patient, time_machine):
    code = code_for(patient)
    with unguarded():
        type(patient).objects.filter(pk=patient.pk).update(email="rosa@example.org", has_no_email=False)
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    assert invite(person=patient, by=None).token_digest
    with pytest.raises(rules.InvitationError, match="has ended"):
        accept_code(code=code, birth_date=patient.birth_date, by=factories.user())


def test_check_may_be_invited_is_for_who_has_no_account(patient):
    rules.check_may_be_invited(patient, today=timezone.localdate())
    patient.user = factories.user()
    with pytest.raises(rules.InvitationError, match="has joined already"):
        rules.check_may_be_invited(patient, today=timezone.localdate())


def test_invitation_wants_a_link_or_a_code(patient):
    made, _code = print_code(person=patient, by=None)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.filter(pk=made.pk).update(code_digest=None)


# --- The office -----------------------------------------------------------------------------------------------------


def test_office_prints_a_code_on_the_confirmation(certification):
    client = office(certification)
    address = f"/certification/{certification.uuid}/confirmation/"
    assert client.post(f"/certification/{certification.uuid}/code/", {"who": "caregiver"}).url == address
    page = client.get(address).content.decode()
    code = client.get(address).context["printed"].code
    assert code in page and "A code for Elena Marsh" in page and "http://testserver/invitation/" in page
    assert rules.code_digest(code.replace("-", "")) == Invitation.objects.exclude(code_digest=None).get().code_digest
    assert code.replace("-", "") not in str(dict(client.session.items()))


def test_a_printed_code_is_shown_on_no_other_confirmation_nor_once_replaced(certification):
    client = office(certification)
    client.post(f"/certification/{certification.uuid}/code/")
    other = factories.certification(certification.physician)
    address = f"/certification/{certification.uuid}/confirmation/"
    assert client.get(f"/certification/{other.uuid}/confirmation/").context["printed"] is None
    assert client.get(address).context["printed"]
    code_for(certification.patient)
    assert client.get(address).context["printed"] is None


def test_office_reads_that_a_person_who_has_joined_needs_no_code():
    made = factories.certification()
    response = office(made).post(f"/certification/{made.uuid}/code/", follow=True)
    assert "has joined already" in response.content.decode() and response.context["printed"] is None


# --- Typing it ------------------------------------------------------------------------------------------------------


def test_code_with_the_birth_date_joins_and_leads_to_the_affirmation(patient):
    code, account = code_for(patient), factories.user()
    client = factories.client_for(account)
    assert "Rosa" not in client.get("/invitation/").content.decode()
    for _ in range(2):  # posted twice
        typed = f" {code[:5].lower()} - {code[5:]} "
        assert client.post("/invitation/", {"code": typed, **BORN}).url == "/affirm/"
    patient.refresh_from_db()
    assert patient.user_id == account.pk


def test_code_joins_a_caregiver_too(certification):
    caregiver = certification.patient.current_assignment.caregiver
    born = forms.date_boxes("birth_date", caregiver.birth_date)
    client = factories.client_for(factories.user())
    assert client.post("/invitation/", {"code": code_for(caregiver), **born}).url == "/affirm/"


def test_code_of_nobody_wants_an_account_first(patient):
    response = Client().post("/invitation/", {"code": code_for(patient), **BORN})
    assert response.status_code == 200 and "Make an account or sign in" in response.content.decode()
    patient.refresh_from_db()
    assert patient.user_id is None


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({}, "No invitation has this code"),
        ({"code": ""}, "Enter the code"),
        ({"code": "ABC"}, "10 letters and digits"),
        ({"code": "ABCDE-FGHI0"}, "never 0, O, 1 or I"),
        ({"code": "ABCDE\x00FGHJ"}, "cannot be read"),
        ({"code": "🌿" * 10}, "10 letters and digits"),
        ({"code": "\u202eABCDEFGHJ"}, "10 letters and digits"),
        ({"code": "A" * 1_000_000}, "Shorten this to 30 characters"),
        ({"birth_date_day": "31"}, "April has 30 days"),
    ],
)
def test_code_that_is_wrong_gets_its_sentence(patient, over, sentence):
    code_for(patient)
    response = factories.client_for(factories.user()).post("/invitation/", WRONG | over)
    assert sentence in errors_of(response)
    assert Invitation.objects.get(patient=patient).failed_tries == 0


def test_code_closes_after_five_wrong_birth_dates(patient):
    code, client = code_for(patient), factories.client_for(factories.user())
    for left in (4, 3, 2, 1):
        response = client.post("/invitation/", {"code": code, **BORN, "birth_date_day": "27"})
        assert f"{left} tr" in errors_of(response) and code in response.content.decode()
    client.post("/invitation/", {"code": code, **BORN, "birth_date_day": "27"})
    assert "did not match five times" in errors_of(client.post("/invitation/", {"code": code, **BORN}))
    fresh = code_for(patient)  # of an invitation of its own
    assert client.post("/invitation/", {"code": fresh, **BORN}).url == "/affirm/"


@override_settings(ACCOUNT_RATE_LIMITS={"invitation_code": "2/5m/ip"})
def test_guessing_codes_stops_for_an_address_whatever_the_account(patient):
    code = code_for(patient)
    tried = [factories.client_for(factories.user()).post("/invitation/", WRONG) for _ in range(3)]
    assert [response.status_code for response in tried] == [200, 200, 429]
    late = factories.client_for(factories.user()).post("/invitation/", {"code": code, **BORN})
    assert "Too many codes were tried" in errors_of(late)
    assert Event.objects.filter(action="invitation.accept_code", outcome="refused").count() == 2


def test_wrong_birth_dates_count_for_the_address_and_leave_one_event_each(patient):
    code = code_for(patient)
    wrong = {"code": code, **BORN, "birth_date_day": "27"}
    with override_settings(ACCOUNT_RATE_LIMITS={"invitation_code": "2/5m/ip"}):
        tried = [factories.client_for(factories.user()).post("/invitation/", wrong) for _ in range(3)]
    assert [response.status_code for response in tried] == [200, 200, 429]
    refused = Event.objects.filter(outcome="refused").values_list("action", "reason", "subject_id")
    assert list(refused) == [("invitation.accept", "BirthDateError", Invitation.objects.get(patient=patient).pk)] * 2


def test_link_that_is_closed_leads_to_the_code(patient):
    invitation, code = print_code(person=patient, by=None)
    client = factories.client_for(factories.user())
    session = client.session
    session["invitation"] = invitation.pk
    session.save()
    with unguarded():
        Invitation.objects.update(failed_tries=5)
    closed = client.get("/invitation/")
    assert closed.status_code == 410 and "I have a code on paper" in closed.content.decode()
    assert "code" in client.get("/invitation/").context["form"].fields


# --- How far somebody is --------------------------------------------------------------------------------------------


def kinds_of(*people):
    return [state.kind for state in states_of(people)]


def test_states_tell_none_sent_printed_and_joined(certification):
    patient = certification.patient
    caregiver = patient.current_assignment.caregiver
    assert kinds_of(patient, caregiver) == ["none", "sent"]
    code_for(patient)
    factories.join(caregiver)
    assert kinds_of(patient, caregiver) == ["printed", "joined"]


def test_state_of_a_mail_that_failed_for_good_is_bounced(certification):
    caregiver = certification.patient.current_assignment.caregiver
    key = f"invitation:{caregiver.invitations.get().pk}"
    with unguarded():
        Notification.objects.filter(dedupe_key=key).update(status="failed")
    assert kinds_of(caregiver) == ["bounced"]
    page = office(certification).get(f"/certification/{certification.uuid}/confirmation/").content.decode()
    assert f"did not reach {caregiver.email}" in page


def test_state_of_an_invitation_past_its_day_is_ended(patient, time_machine):
    invitation, _code = print_code(person=patient, by=None)
    time_machine.move_to(invitation.valid_until - timedelta(seconds=1), tick=False)
    assert kinds_of(patient) == ["printed"]
    time_machine.move_to(invitation.valid_until, tick=False)
    assert states_of([patient]) == [State("ended", invitation.valid_until)]


def test_states_of_a_page_take_two_queries(django_assert_max_num_queries):
    of = factories.identified_physician()
    people = []
    for number in range(3):
        profile = factories.profile(birth_date=date(1980, 1, number + 1))
        made = factories.certification(of, profile=profile, caregiver=factories.caregiver(), joined=False)
        people += [made.patient, made.patient.current_assignment.caregiver]
    with django_assert_max_num_queries(2):
        states_of(people)


def test_my_patients_shows_the_state_and_prints_a_code(certification):
    client = office(certification)
    page = client.get("/certification/").content.decode()
    assert "No email: print the card" in page and f"/certification/{certification.uuid}/code/" in page
    code_for(certification.patient)
    assert f"Code printed {timezone.localdate():%B %-d, %Y}" in client.get("/certification/").content.decode()


def test_my_patients_prints_a_code_while_deliveries_go_on(certification):
    client, code = office(certification), f"/certification/{certification.uuid}/code/"
    by, tomorrow = certification.physician.user, timezone.now() + timedelta(days=1)
    withdraw_certification(certification=certification, reason="No longer my patient.", by=by)
    assert code in client.get("/certification/").content.decode()
    with time_machine.travel(tomorrow):
        assert code not in factories.client_for(by).get("/certification/").content.decode()
