"""Applications: a physician who is not on the roster applies, and two members of staff decide."""

import pytest
from django.db import connection

from accounts import actions, rules
from accounts.models import Physician, PhysicianApplication, Proof
from audit.models import Event
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db


def proven(application=None, **over):
    return factories.looked_up(application or factories.application(), factories.staff("Registrar"), **over)


def verify(application, by=None):
    return actions.verify_application(application=application, by=by or factories.staff("Registrar"))


def identify(account, number):
    return actions.identify_physician(
        dea_number=number, ssn_last_four=factories.SSN_LAST_FOUR, address=None, by=account
    )


# --- Sent -----------------------------------------------------------------------------------------------------------


def test_an_application_stores_the_claims_and_no_ssn_digits():
    account = factories.user()
    number = factories.dea_number(prefix="FT")

    application = factories.application(account, dea_number=f" {number.lower()}-001ab", csp_number="0012345")

    assert (application.dea_number, application.dea_suffix, application.user) == (number, "001AB", account)
    assert application.ssn_digest == rules.ssn_digest(number, factories.SSN_LAST_FOUR)
    assert {proof.kind: proof.number for proof in application.proofs.all()} == {
        "medical_license": "1.034567",
        "controlled_substance": "CSP.0012345",
        "dea": number,
        "prescription_monitoring": "",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_physicianapplication")
        assert factories.SSN_LAST_FOUR not in cursor.fetchone()
    assert not Physician.objects.exists()


def test_the_registrars_are_notified_of_an_application():
    registrar = factories.staff("Registrar")

    application = factories.application()

    notification = Notification.objects.get(kind="application_received")
    assert (notification.recipient, notification.context) == (registrar.email, {"application": application.pk})


def test_the_managers_are_notified_too_once_each():
    """The only Registrar looks the numbers up; a Manager must verify them."""
    both, manager = factories.staff("Registrar", "Manager"), factories.staff("Manager")
    factories.staff("Driver")
    factories.application()
    assert sorted(told.recipient for told in Notification.objects.filter(kind="application_received")) == sorted(
        [both.email, manager.email]
    )


@pytest.mark.parametrize(
    ("place", "field"),
    [({"practice_state": "NY"}, "practice_state"), ({"practice_state": "", "practice_zip": ""}, "practice_state"),
     ({"practice_zip": "10001"}, "practice_zip"), ({"practice_zip": "06390"}, "practice_zip"),
     ({"practice_zip": "00000"}, "practice_zip")],
)  # fmt: skip
def test_check_practice_in_connecticut_refuses_an_application_from_elsewhere(place, field):
    with pytest.raises(rules.ApplicationError) as refusal:
        factories.application(**place)
    assert refusal.value.field == field and "practice in Connecticut" in str(refusal.value)
    assert not PhysicianApplication.objects.exists() and not Notification.objects.exists()


def typed(**over):
    """Return what an applicant posts."""
    claims = factories.claims(**over)
    return {**claims, "phone": "(203) 555-0142", "has_monitoring_access": "on"}


def test_the_form_of_an_application_refuses_a_practice_in_new_york():
    client = factories.client_for(factories.user())
    answer = client.post("/accounts/physician/apply/", typed(practice_state="ny", practice_zip="10001"))
    form = answer.context["form"]
    assert list(form.errors) == ["practice_state"] and "practices in Connecticut" in form.errors["practice_state"][0]
    assert (form["practice_name"].value(), form["npi"].value()) == ("Harbor Clinic", "1245319599")
    assert not PhysicianApplication.objects.exists()


def test_an_applicant_sees_all_that_was_sent_but_the_digits():
    client = factories.client_for(factories.user())
    sent = typed()
    assert client.post("/accounts/physician/apply/", sent).status_code == 302
    page = client.get("/accounts/physician/apply/").content.decode()
    for value in (
        "Tova Tal", sent["dea_number"], "1.034567", "CSP.0012345", "1245319599", "(203) 555-0142",
        "Harbor Clinic, 1 Water Street, Stamford, CT 06902", "Sent. We keep no copy.",
    ):  # fmt: skip
        assert value in page


def test_a_refused_application_fills_in_its_fields_again():
    account = factories.user()
    application = factories.application(account, dea_number=f"{factories.dea_number(prefix='FT')}-001AB")
    actions.refuse_application(application=application, reason="Wrong license.", by=factories.staff("Registrar"))
    form = factories.client_for(account).get("/accounts/physician/apply/").context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert shown.pop("ssn_last_four") is None and not shown.pop("has_monitoring_access")
    assert all(shown.values()), shown
    assert shown["dea_number"] == f"{application.dea_number}-001AB" and shown["license_number"] == "1.034567"


def test_check_has_no_application_takes_one_at_a_time():
    account = factories.user()
    first = factories.application(account)

    with pytest.raises(rules.ApplicationError, match="with us already"):
        factories.application(account)

    actions.refuse_application(application=first, reason="Wrong license.", by=factories.staff("Registrar"))
    factories.application(account)
    assert PhysicianApplication.objects.count() == 2


@pytest.mark.parametrize(
    ("over", "error"),
    [
        ({"dea_number": "AB1234569"}, rules.DeaNumberError),
        ({"npi": "1234567890"}, rules.NpiError),
        ({"csp_number": "CSP.012345"}, rules.CredentialError),
        ({"license_number": "34567"}, rules.CredentialError),
    ],
)
def test_a_wrong_number_is_refused_and_nothing_stored(over, error):
    with pytest.raises(error):
        factories.application(**over)

    assert not PhysicianApplication.objects.exists()
    assert not Proof.objects.exists()


# --- Verified -------------------------------------------------------------------------------------------------------


def test_a_verified_applicant_identifies_and_is_eligible():
    account = factories.user()
    application = proven(factories.application(account))

    physician = verify(application)

    assert (physician.user, physician.email, physician.status) == (account, account.email, "verified")
    assert identify(account, application.dea_number) == physician
    rules.check_physician_is_eligible(physician, today=application.created_at.date())
    sources = dict(physician.registrations.values_list("kind", "source"))
    assert (sources["dea"], sources["prescription_monitoring"]) == ("eLicense", "Stated by the physician")
    application.refresh_from_db()
    assert (application.status, application.physician) == ("verified", physician)
    assert set(application.proofs.values_list("status", flat=True)) == {"verified"}
    assert Notification.objects.get(kind="application_decided").recipient == account.email


def test_check_application_is_proven():
    application = factories.application()

    with pytest.raises(rules.ApplicationError, match="medical license.*substance.*DEA") as refused:
        verify(application)

    assert "Monitoring" not in str(refused.value)
    assert not Physician.objects.exists()


def test_check_four_eyes_holds_for_an_application():
    registrar = factories.staff("Registrar")
    application = factories.looked_up(factories.application(), registrar)

    with pytest.raises(rules.FourEyesError):
        verify(application, registrar)

    assert not Physician.objects.exists()
    verify(application, factories.staff("Manager"))
    assert Physician.objects.get().user == application.user


def test_a_physician_of_the_roster_with_that_number_is_bound_and_notified():
    known = factories.physician(npi="1245319599")
    application = proven(factories.application(dea_number=known.dea_number, ssn_last_four="8642"))

    assert verify(application) == known

    assert Physician.objects.count() == 1
    assert Notification.objects.get(kind="physician_bound").recipient == known.email
    assert known.registrations.count() == 4


def test_a_new_dea_number_keeps_the_physician_and_the_patients():
    known = factories.identified_physician(npi="1245319599")
    certification = factories.certification(known)
    application = proven(factories.application(known.user))

    physician = verify(application)

    certification.refresh_from_db()
    assert (physician.pk, certification.physician_id) == (known.pk, known.pk)
    assert physician.dea_number == application.dea_number != known.dea_number
    assert identify(known.user, application.dea_number) == physician


def test_an_npi_of_two_physicians_is_not_guessed():
    for _ in range(2):
        factories.physician(npi="1245319599")

    with pytest.raises(rules.ApplicationError, match="two physicians"):
        verify(proven())

    assert PhysicianApplication.objects.get().status == "pending"


def test_check_may_become_binds_a_number_to_one_account():
    known = factories.identified_physician()
    application = proven(factories.application(dea_number=known.dea_number))

    with pytest.raises(rules.ApplicationError, match="has an account already"):
        verify(application)

    assert Physician.objects.get().user == known.user


def test_check_may_become_binds_an_account_to_one_physician():
    known = factories.identified_physician()
    application = proven(factories.application(known.user))

    with pytest.raises(rules.ApplicationError, match="belongs to another physician"):
        verify(application)


def test_check_may_become_reinstates_nobody_in_passing():
    known = factories.physician(status=Physician.Status.SUSPENDED)
    application = proven(factories.application(dea_number=known.dea_number))

    with pytest.raises(rules.ApplicationError, match="suspended"):
        verify(application)


def test_a_false_application_does_not_block_the_real_physician():
    real, account = factories.physician(), factories.user()
    factories.application(dea_number=real.dea_number)

    assert identify(account, real.dea_number) == real


# --- Refused --------------------------------------------------------------------------------------------------------


def test_a_refused_applicant_gets_the_reason():
    application = factories.application()

    actions.refuse_application(application=application, reason="Expired license.", by=factories.staff("Registrar"))

    application.refresh_from_db()
    assert (application.status, rules.refusal_for_applicant(application)) == ("refused", "Expired license.")
    assert Notification.objects.get(kind="application_decided").recipient == application.user.email
    assert Event.objects.get(action="application.refuse").outcome == "done"
    with pytest.raises(rules.AlreadyDecided):
        verify(application)


def test_refusal_for_applicant_says_nothing_of_another_account():
    known = factories.identified_physician()
    application = factories.application(dea_number=known.dea_number)

    actions.refuse_application(
        application=application, reason="Dr. Osei has an account.", by=factories.staff("Registrar")
    )

    application.refresh_from_db()
    assert "Osei" not in rules.refusal_for_applicant(application)
    assert "could not be matched" in rules.refusal_for_applicant(application)


# --- What the Registrar looks at twice ------------------------------------------------------------------------------


def test_warnings_about_nothing():
    assert rules.warnings_about(factories.application()) == []


def test_warnings_about_letter_place_and_number():
    known = factories.identified_physician(npi="1987654325")
    factories.application(dea_number=known.dea_number)
    application = factories.application(dea_number=known.dea_number, last_name="Zimmer")
    application.practice_state = "NY"  # of a time when such applications were taken

    text = " ".join(rules.warnings_about(application))

    assert "second letter" in text
    assert "outside Connecticut" in text
    assert "bound to another account" in text
    assert "Somebody else applies" in text


def test_warnings_about_a_new_dea_number():
    factories.physician(npi="1245319599")

    assert "another DEA number" in rules.warnings_about(factories.application())[0]
