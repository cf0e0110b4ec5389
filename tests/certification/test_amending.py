"""Amendments of a running certification: contact data, allotment, name and birth date."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format

from accounts.proof import proof_url
from accounts.rules import MayNotSign
from certification import actions, rules
from certification.actions.amending import CONTACT, IDENTITY
from certification.models import Amendment, Card, Certification, Patient
from certification.papers.certificate import Certificate
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
WHY = "It was mistyped."


@shared
def certification():
    return factories.certification()


def held(patient, names, **over):
    return {**{name: getattr(patient, name) for name in names}, **over}


def amend_contact(certification, **over):
    contact = held(certification.patient, CONTACT, **over)
    by = certification.physician.user
    return actions.amend_contact(certification=certification, contact=contact, reason=WHY, by=by)


def amend_allotment(certification, ounces, **over):
    named = {"reason": WHY, "by": certification.physician.user, **over}
    return actions.amend_allotment(certification=certification, monthly_allotment_oz=Decimal(ounces), **named)


def amend_identity(certification, *, by=None, proof="passport", **over):
    identity = held(certification.patient, IDENTITY, **over)
    by = by or certification.physician.user
    return actions.amend_identity(certification=certification, identity=identity, proof=proof, reason=WHY, by=by)


def recipients(kind):
    return sorted(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


# --- Contact data ---------------------------------------------------------------------------------------------------


def test_amend_contact_keeps_what_it_was_and_tells_both_addresses(certification):
    earlier, last_day = certification.patient.email, certification.expires_date

    made = amend_contact(certification, street="9 Elm Street", unit="2", email="new@example.org")

    patient = Patient.objects.get()
    assert (patient.street, patient.unit, patient.email) == ("9 Elm Street", "2", "new@example.org")
    assert (made.before["street"], made.after["street"]) == ("40 Orange Street", "9 Elm Street")
    assert recipients("certification_amended") == sorted([earlier, "new@example.org"])
    assert Certification.objects.get().expires_date == last_day
    assert not Notification.objects.filter(kind="invitation", recipient="new@example.org").exists()


def test_amend_contact_invites_again_a_patient_who_has_not_joined():
    certification = factories.certification(joined=False)
    amend_contact(certification, email="new@example.org")

    first, second = certification.patient.invitations.order_by("pk")
    assert first.valid_until <= timezone.now() < second.valid_until
    assert Notification.objects.filter(kind="invitation", recipient="new@example.org").count() == 1


@pytest.mark.parametrize(
    ("over", "error", "field"),
    [
        ({"zip_code": "06390"}, rules.AddressError, "zip_code"),
        ({"street": "PO Box 12"}, rules.AddressError, "street"),
        ({"email": ""}, rules.IncompleteError, "email"),
        ({}, rules.AmendmentError, None),
    ],
)
def test_amend_contact_refuses_what_a_profile_may_not_hold(certification, over, error, field):
    with pytest.raises(error) as refused:
        amend_contact(certification, **over)

    assert refused.value.field == field
    assert not Amendment.objects.exists()


def test_check_not_own_patient_holds_for_new_contact_data(certification):
    with pytest.raises(rules.OwnPatientError):
        amend_contact(certification, email=certification.physician.email)


def test_check_amendment_has_reason(certification):
    with pytest.raises(rules.AmendmentError, match="Say why"):
        amend_allotment(certification, "2", reason=" \n")


def test_check_may_be_amended_while_it_runs_alone(certification):
    day = timezone.localdate() + timedelta(days=5)
    by = certification.physician.user
    actions.withdraw_certification(certification=certification, reason="Ends.", deliveries_stop_date=day, by=by)
    amend_contact(certification, street="9 Elm Street")

    actions.revoke_certification(certification=certification, reason="Ends.", by=factories.staff("Registrar"))
    with pytest.raises(rules.AmendmentError, match="has ended"):
        amend_contact(certification, street="10 Elm Street")


# --- Allotment ------------------------------------------------------------------------------------------------------


def test_amend_allotment_up_to_the_limit_and_down_with_its_reason(certification):
    amend_allotment(certification, "2.25")
    lower = Certification.objects.get()
    assert (lower.monthly_allotment_oz, lower.allotment_reason) == (Decimal("2.25"), WHY)

    amend_allotment(certification, "3.5")
    higher = Certification.objects.get()
    assert (higher.monthly_allotment_oz, higher.allotment_reason) == (Decimal("3.5"), None)
    assert [amendment.after["monthly_allotment_oz"] for amendment in Amendment.objects.all()] == ["2.25", "3.5"]


def test_certificate_says_what_was_amended_since_it_was_signed(certification):
    assert "Amended" not in dict(Certificate(certification).rows)

    amend_contact(certification, street="9 Elm Street")
    amend_allotment(certification, "2.25")
    amend_identity(certification, last_name="Riverton")

    today = date_format(timezone.localdate(), "DAY_FORMAT")
    words = dict(Certificate(Certification.objects.get()).rows)["Amended"]
    assert words == f"Monthly allotment on {today}; Name or date of birth on {today}"


@pytest.mark.parametrize("ounces", ["3.51", "0", "-1", "1000000000"])
def test_amend_allotment_refuses_more_than_the_limit(certification, ounces):
    with pytest.raises(rules.AllotmentError):
        amend_allotment(certification, ounces)
    assert Certification.objects.get().monthly_allotment_oz == Decimal("3.5")


def test_check_something_changes(certification):
    with pytest.raises(rules.AmendmentError, match="Nothing is different"):
        amend_allotment(certification, "3.50")


def test_a_lower_allotment_undoes_the_order_it_does_not_cover(certification):
    order = factories.order(certification.patient, lines=[(factories.product(amount_mg=28_350), 2)])

    amend_allotment(certification, "1.5")

    order.refresh_from_db()
    assert order.status == "cancelled"


def test_the_allotment_is_the_physicians_alone(certification):
    with pytest.raises(MayNotSign):
        amend_allotment(certification, "2", by=factories.delegate(certification.physician))


# --- Name and birth date --------------------------------------------------------------------------------------------


def test_amend_identity_issues_the_card_anew(certification):
    card = factories.card(certification.patient)

    made = amend_identity(certification, last_name="Núñez", proof="marriage")

    card.refresh_from_db()
    patient = Patient.objects.get()
    assert (patient.last_name, patient.search_name) == ("Núñez", "nunez rosa")
    assert card.revoked_reason == "changed"
    assert Card.objects.live().get().token != card.token
    assert (made.kind, made.proof, made.before["last_name"]) == ("identity", "marriage", "Delgado")


def test_a_new_birth_date_opens_a_spent_invitation_again():
    certification = factories.certification(joined=False)
    invitation = certification.patient.invitations.get()
    account = factories.user(certification.patient.email)
    for _ in range(5):
        with pytest.raises(rules.BirthDateError):
            actions.accept_invitation(invitation=invitation, birth_date=date(1980, 4, 27), by=account)

    amend_identity(certification, birth_date=date(1980, 4, 27))

    fresh = certification.patient.invitations.latest("pk")
    assert fresh.pk != invitation.pk
    actions.accept_invitation(invitation=fresh, birth_date=date(1980, 4, 27), by=account)
    assert Patient.objects.get().user == account


def test_check_identity_fits_refuses_a_patient_who_turns_out_a_minor(certification):
    born = certification.certified_date.replace(year=certification.certified_date.year - 17)
    with pytest.raises(rules.AmendmentError, match="under 18 when certified") as refused:
        amend_identity(certification, birth_date=born)
    assert refused.value.field == "birth_date"


def test_check_identity_fits_asks_for_conditions_of_the_right_age():
    child = factories.certification(
        profile=factories.profile(birth_date=timezone.localdate() - timedelta(days=365 * 10)),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(),
    )
    with pytest.raises(rules.ConditionError, match="adults"):
        amend_identity(child, birth_date=date(1980, 4, 28))


def test_check_identity_fits_refuses_the_caregiver_and_the_physician():
    certification = factories.certification(caregiver=factories.caregiver(first_name="Elena", last_name="Ruiz"))
    with pytest.raises(rules.CaregiverError):
        amend_identity(certification, first_name="Elena", last_name="Ruiz", birth_date=date(1975, 1, 2))
    physician = certification.physician
    with pytest.raises(rules.OwnPatientError):
        amend_identity(certification, first_name=physician.first_name, last_name=physician.last_name)


def test_check_identity_fits_refuses_another_patient_of_any_physician(certification):
    other = factories.certification(certification.physician, profile=factories.profile(first_name="Ana")).patient
    with pytest.raises(rules.DuplicateError):
        amend_identity(certification, first_name="Ana", birth_date=other.birth_date)
    elsewhere = factories.certification(profile=factories.profile(first_name="Luz")).patient
    with pytest.raises(rules.ElsewhereError):
        amend_identity(certification, first_name="Luz", birth_date=elsewhere.birth_date)


def test_the_name_is_the_physicians_alone(certification):
    with pytest.raises(MayNotSign):
        amend_identity(certification, last_name="Núñez", by=factories.delegate(certification.physician))


@pytest.mark.parametrize(("kind", "proof"), [("identity", ""), ("contact", "passport"), ("other", "")])
def test_an_amendment_of_a_name_has_proof(certification, kind, proof):
    made = amend_contact(certification, street="9 Elm Street")
    with unguarded(), pytest.raises(IntegrityError, match="amendment_of_a_name_has_proof"), transaction.atomic():
        Amendment.objects.filter(pk=made.pk).update(kind=kind, proof=proof)


def test_the_mail_says_what_was_changed_and_not_how(certification, mailoutbox):
    amend_contact(certification, street="9 Elm Street", email="new@example.org")
    send_due(by=None)

    bodies = [message.body for message in mailoutbox if "has changed" in message.subject]
    assert len(bodies) == 2
    assert all("contact data" in body and "Elm" not in body and WHY not in body for body in bodies)


# --- The pages ------------------------------------------------------------------------------------------------------


def page(certification, name):
    return f"/certification/{certification.uuid}/{name}/"


def typed_contact(**over):
    names = ("street", "unit", "city", "zip_code", "phone", "email")
    return {**{name: forms.profile()[name] for name in names}, "reason": WHY, **over}


def test_a_delegate_changes_contact_data_and_sees_it_listed(certification):
    client = factories.client_for(factories.delegate(certification.physician))
    response = client.post(page(certification, "contact"), typed_contact(street="9 Elm Street"), follow=True)

    assert Patient.objects.get().street == "9 Elm Street"
    body = " ".join(response.content.decode().split())
    assert "40 Orange Street, New Haven, CT 06510" in body and "<strong>9 Elm Street, New Haven" in body
    assert WHY in body and "Correct name" not in body


def test_the_refusal_keeps_what_was_typed(certification):
    client = factories.client_for(certification.physician.user)
    response = client.post(page(certification, "contact"), typed_contact(zip_code="06390", street="9 Elm Street"))

    assert "not in Connecticut" in response.content.decode() and "9 Elm Street" in response.content.decode()
    assert not Amendment.objects.exists()


@pytest.mark.parametrize("ounces", ["3.51", "0", "-1", "1e9", "three", "\x00", "NaN"])
def test_the_page_refuses_an_allotment_that_is_none(certification, ounces):
    client = factories.client_for(certification.physician.user)
    response = client.post(page(certification, "allotment"), {"monthly_allotment_oz": ounces, "reason": WHY})
    assert (response.status_code, Amendment.objects.count()) == (200, 0)


def test_the_physician_corrects_a_birth_date(certification):
    client = factories.client_for(certification.physician.user)
    names = {name: forms.profile()[name] for name in ("first_name", "middle_name", "last_name", "suffix")}
    typed = {**names, **forms.date_boxes("birth_date", date(1981, 4, 28)), "proof": "passport", "reason": WHY}

    response = client.post(page(certification, "identity"), typed, follow=True)

    assert Patient.objects.get().birth_date == date(1981, 4, 28)
    assert "Seen: Passport." in response.content.decode()


def test_saved_input_is_shown_after_signing_in_again(certification):
    client = factories.client_for(certification.physician.user)
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    typed = {"monthly_allotment_oz": "2", "reason": "A smaller amount."}

    assert client.post(page(certification, "allotment"), typed).url == proof_url(page(certification, "allotment"))
    session = client.session
    assert "smaller" not in str(dict(session.items()))
    session["account_authentication_methods"][0]["at"] += 3600
    session.save()
    assert "A smaller amount." in client.get(page(certification, "allotment")).content.decode()
    assert not Amendment.objects.exists()


def test_an_ended_certification_is_not_amended(certification):
    actions.revoke_certification(certification=certification, reason="Ends.", by=factories.staff("Registrar"))
    client = factories.client_for(certification.physician.user)
    for name in ("contact", "allotment", "identity"):
        assert client.get(page(certification, name)).url == page(certification, "confirmation")
    assert "Change contact data" not in client.get(page(certification, "confirmation")).content.decode()
