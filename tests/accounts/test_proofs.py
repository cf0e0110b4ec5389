"""Proofs: what somebody enters about a registration counts after a second person has verified it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import actions, rules
from accounts.models import Decision, Physician, Proof, Registration
from audit.models import Event
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


def ahead(days=400):
    return timezone.localdate() + timedelta(days=days)


def ended(kind="controlled_substance"):
    past = {"expires_date": timezone.localdate() - timedelta(days=9), "number": "CSP.0012345"}
    return factories.identified_physician(registrations_over={kind: past})


def report(physician, **over):
    fields = {"kind": "controlled_substance", "number": "0012345", "valid_through": ahead(), **over}
    return actions.report_renewed_registration(physician=physician, by=physician.user, **fields)


def enter(physician, by, **over):
    seen = {"state": "CT", "schedules": "", "is_active": True, "is_limited": False, "source": "eLicense"}
    fields = {"kind": "controlled_substance", "number": "0012345", "valid_through": ahead(), **seen, **over}
    return actions.enter_proof(physician=physician, by=by, **fields)


def missing(physician):
    physician = Physician.objects.get(pk=physician.pk)
    return [
        requirement.name for requirement in rules.eligibility(physician, timezone.localdate()) if not requirement.met
    ]


# --- Reported by the physician --------------------------------------------------------------------------------------


def test_a_reported_renewal_waits_and_changes_nothing_yet():
    physician = ended()

    proof = report(physician)

    assert (proof.number, proof.status, proof.entered_by) == ("CSP.0012345", "pending", physician.user)
    assert (proof.valid_through, proof.expires_date) == (ahead(), ahead(401))
    assert missing(physician) == ["controlled_substance"]
    assert Event.objects.get(action="registration.report").subject_id == proof.pk


def test_a_second_report_takes_the_place_of_the_first():
    physician = ended()

    report(physician)
    report(physician, valid_through=ahead(500))

    assert Proof.objects.get().valid_through == ahead(500)


def test_a_verified_proof_lifts_the_stop():
    physician, registrar = ended(), factories.staff("Registrar")

    registration = actions.verify_proof(proof=report(physician), source="eLicense", by=registrar)

    assert missing(physician) == []
    assert (registration.source, registration.verified_by) == ("eLicense", registrar)
    assert registration.expires_date == ahead(401)
    assert Notification.objects.get(kind="proof_decided").recipient == physician.email


def test_a_limited_registration_is_recorded_and_fails():
    physician = factories.identified_physician()
    proof = enter(physician, factories.staff("Registrar"), is_limited=True)

    actions.verify_proof(proof=proof, source="eLicense", by=factories.staff("Registrar"))

    assert missing(physician) == ["controlled_substance"]


def test_a_refused_proof_leaves_the_registration_as_it_was():
    physician = ended()
    before = physician.registrations.get(kind="controlled_substance").expires_date

    actions.refuse_proof(proof=report(physician), reason="Not found in eLicense.", by=factories.staff("Registrar"))

    proof = Proof.objects.get()
    assert (proof.status, proof.reason) == ("refused", "Not found in eLicense.")
    assert physician.registrations.get(kind="controlled_substance").expires_date == before
    report(physician)
    assert Proof.objects.filter(status=Decision.PENDING).count() == 1


def test_access_to_the_monitoring_program_is_reported_without_number():
    physician = factories.identified_physician(registrations_over={"prescription_monitoring": None})

    proof = report(physician, kind="prescription_monitoring", number="", valid_through=None)
    actions.verify_proof(proof=proof, source="CPMRS", by=factories.staff("Registrar"))

    assert missing(physician) == []


# --- Rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 4 * 366])
def test_check_renewed_until_takes_today_to_four_years(days):
    rules.check_renewed_until(TODAY + timedelta(days=days), today=TODAY)


@pytest.mark.parametrize(("days", "why"), [(-1, "has passed"), (4 * 366 + 1, "four years")])
def test_check_renewed_until_refuses_other_days(days, why):
    with pytest.raises(rules.RenewalDateError, match=why) as refused:
        rules.check_renewed_until(TODAY + timedelta(days=days), today=TODAY)

    assert refused.value.field == "valid_through"


def test_check_dea_number_stays():
    physician = factories.identified_physician()

    with pytest.raises(rules.DeaNumberError, match="your patients stay yours"):
        report(physician, kind="dea", number=factories.dea_number())

    assert not Proof.objects.exists()
    assert report(physician, kind="dea", number=physician.dea_number.lower()).number == physician.dea_number


@pytest.mark.parametrize(("last_day", "why"), [(None, "last day"), (date.max, "four years")])
def test_check_has_an_end(last_day, why):
    with pytest.raises(rules.RenewalDateError, match=why):
        enter(factories.physician(), factories.staff("Registrar"), valid_through=last_day)

    assert not Proof.objects.exists()


def test_check_is_pending_decides_once():
    proof, registrar = report(ended()), factories.staff("Registrar")
    actions.verify_proof(proof=proof, source="eLicense", by=registrar)

    with pytest.raises(rules.AlreadyDecided, match="verified"):
        actions.refuse_proof(proof=proof, reason="Too late", by=registrar)
    with pytest.raises(rules.AlreadyDecided):
        actions.verify_proof(proof=proof, source="eLicense", by=registrar)


def test_check_stands_alone():
    proof = factories.application().proofs.get(kind="dea")

    with pytest.raises(rules.ApplicationError, match="as a whole"):
        actions.verify_proof(proof=proof, source="eLicense", by=factories.staff("Registrar"))


def test_check_four_eyes():
    registrar, physician = factories.staff("Registrar"), ended()
    proof = enter(physician, registrar)

    with pytest.raises(rules.FourEyesError, match="another Registrar or a Manager"):
        actions.verify_proof(proof=proof, source="eLicense", by=registrar)

    assert missing(physician) == ["controlled_substance"]
    assert Event.objects.get(action="proof.verify").outcome == "refused"
    actions.verify_proof(proof=proof, source="eLicense", by=factories.staff("Manager"))
    assert missing(physician) == []


def test_check_four_eyes_can_be_switched_off(settings):
    settings.FOUR_EYES = False
    registrar, physician = factories.staff("Registrar"), ended()

    actions.verify_proof(proof=enter(physician, registrar), source="eLicense", by=registrar)

    assert missing(physician) == []


def test_staff_who_correct_a_proof_cannot_verify_it():
    """Staff who correct a physician's report have entered it, so a second person has to verify it."""
    registrar, physician = factories.staff("Registrar"), ended()
    report(physician)

    proof = enter(physician, registrar, valid_through=ahead(10))

    assert Proof.objects.get() == proof
    with pytest.raises(rules.FourEyesError):
        actions.verify_proof(proof=proof, source="eLicense", by=registrar)


def test_state_monitoring_access_counts_at_once_and_overrules_nobody():
    physician = factories.identified_physician(registrations_over={"prescription_monitoring": None})
    stated = actions.state_monitoring_access(physician=physician, by=physician.user)
    assert (stated.is_active, stated.source) == (True, "Stated by the physician")
    assert rules.check_physician_is_eligible(physician, today=timezone.localdate()) is None
    with pytest.raises(rules.CredentialError):
        actions.state_monitoring_access(physician=physician, by=physician.user)


def test_check_may_state_access_asks_for_an_empty_record():
    assert rules.check_may_state_access(None) is None
    with pytest.raises(rules.CredentialError, match="on record already"):
        rules.check_may_state_access(Registration(is_active=False))
