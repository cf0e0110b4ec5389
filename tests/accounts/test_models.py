"""Rows that the database refuses, whichever code writes them."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Delegate, Physician, PhysicianApplication, Proof, Registration, RosterImport, User
from tests import factories, rosters
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def refused(constraint, write):
    with unguarded(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()


def test_an_account_needs_an_address_of_its_own():
    user = factories.user("rosa@example.org")

    refused("user_email_given|check", lambda: User.objects.filter(pk=user.pk).update(email=""))
    refused("(?i)unique", lambda: User.objects.create(email="rosa@example.org"))
    refused("user_email_lower_case|check", lambda: User.objects.create(email="Rosa@example.org"))


def test_a_physician_has_a_known_status():
    rows = Physician.objects.filter(pk=factories.physician().pk)

    refused("physician_status", lambda: rows.update(status="retired"))


@pytest.mark.parametrize("field", ["dea_number", "ssn_digest"])
def test_a_physician_can_be_identified(field):
    rows = Physician.objects.filter(pk=factories.physician().pk)

    refused("physician_identifiable", lambda: rows.update(**{field: ""}))


def test_a_dea_number_and_an_account_belong_to_one_physician():
    first, second = factories.identified_physician(), factories.physician()
    rows = Physician.objects.filter(pk=second.pk)

    refused("(?i)unique", lambda: rows.update(dea_number=first.dea_number))
    refused("(?i)unique", lambda: rows.update(user=first.user))


def test_a_physician_has_one_registration_of_a_kind():
    dea, state = factories.physician().registrations.filter(kind__in=["dea", "controlled_substance"])

    rows = Registration.objects.filter(pk=dea.pk)
    refused("(?i)unique|registration_one_of_a_kind", lambda: rows.update(kind=state.kind))


def test_a_registration_is_of_a_known_kind():
    rows = Registration.objects.filter(pk=factories.physician().registrations.get(kind="dea").pk)

    refused("registration_kind", lambda: rows.update(kind="fishing"))


def test_a_registration_has_an_end_unless_it_is_the_monitoring_program():
    registrations = factories.physician().registrations

    assert registrations.get(kind="prescription_monitoring").expires_date is None
    refused("registration_has_an_end", lambda: registrations.filter(kind="dea").update(expires_date=None))


def test_a_registration_that_is_only_named_has_no_end():
    registrations = factories.physician().registrations.filter(kind="dea")

    with unguarded():
        assert registrations.update(expires_date=None, is_active=False) == 1
    refused("registration_has_an_end", lambda: registrations.update(is_active=True))


def test_a_roster_import_is_of_a_known_kind_and_ends_after_it_began():
    run = rosters.read(rosters.program({"npi": "1"}))
    rows, problems = RosterImport.objects.all(), run.problems.all()

    refused("roster_import_kind", lambda: rows.update(kind="fishing"))
    refused("roster_import_times", lambda: rows.update(finished_at=run.started_at - timedelta(seconds=1)))
    refused("roster_problem_severity", lambda: problems.update(severity="odd"))
    refused("roster_problem_says_why", lambda: problems.update(reason=""))


def test_a_delegate_is_named_once_at_a_time():
    physician = factories.identified_physician()
    account = factories.delegate(physician)
    today = timezone.localdate()

    refused(
        "(?i)unique|delegate_named_once",
        lambda: Delegate.objects.create(physician=physician, user=account, email="x@example.org", started_date=today),
    )
    refused(
        "(?i)unique|delegate_address_named_once",
        lambda: Delegate.objects.create(physician=physician, email=account.email, started_date=today),
    )


def test_a_delegate_has_an_address_in_lower_case():
    factories.delegate(factories.identified_physician())

    for address in ("", "Dana@example.org"):
        refused("delegate_email_in_lower_case", lambda email=address: Delegate.objects.update(email=email))


def test_a_physician_who_left_has_a_day_of_leaving():
    factories.physician()

    refused("physician_left_on_a_day", lambda: Physician.objects.update(status="left"))


def test_a_delegate_does_not_end_before_the_start():
    factories.delegate(factories.identified_physician())
    before = timezone.localdate() - timedelta(days=1)

    refused("delegate_dates", lambda: Delegate.objects.update(ended_date=before))


def test_a_delegate_counts_from_the_first_day_until_the_last():
    physician = factories.identified_physician()
    with unguarded():
        Delegate.objects.create(
            physician=physician, email="a@example.org", started_date=date(2026, 3, 1), ended_date=date(2026, 4, 1)
        )

    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [Delegate.objects.current(day).exists() for day in days] == [False, True, True, False]


def test_no_row_has_a_name_in_djangos_own_log():
    physician = factories.identified_physician()
    factories.delegate(physician)
    registration, delegate = Registration.objects.first(), Delegate.objects.get()

    assert str(physician) == f"physician {physician.pk}"
    assert str(registration) == f"registration {registration.pk}"
    assert str(delegate) == f"delegate {delegate.pk}"


def test_a_proof_is_of_a_physician_or_of_an_application():
    rows = Proof.objects.filter(pk=factories.application().proofs.first().pk)

    refused("proof_of_one", lambda: rows.update(application=None))
    refused("proof_of_one", lambda: rows.update(physician=factories.physician()))


def test_a_proof_waits_once_and_is_of_a_known_kind():
    rows = Proof.objects.filter(pk=factories.application().proofs.get(kind="dea").pk)

    refused("(?i)unique|proof_one_of_a_kind", lambda: rows.update(kind="medical_license"))
    refused("proof_kind", lambda: rows.update(kind="fishing"))


@pytest.mark.parametrize(("model", "name"), [(Proof, "proof"), (PhysicianApplication, "application")])
def test_a_decision_has_somebody_and_a_time(model, name):
    application, registrar = factories.application(), factories.staff("Registrar")
    row = application if model is PhysicianApplication else application.proofs.get(kind="dea")
    rows, now = model.objects.filter(pk=row.pk), timezone.now()

    refused(f"{name}_decided", lambda: rows.update(status="refused", reason="Expired."))
    refused(f"{name}_decided", lambda: rows.update(status="lost", decided_by=registrar, decided_at=now))
    refused(f"{name}_decided", lambda: rows.update(decided_by=registrar, decided_at=now))
    refused(
        f"{name}_refused_with_reason",
        lambda: rows.update(status="refused", decided_by=registrar, decided_at=now),
    )
    refused(
        "application_verified_is_physician|proof_verified_has_an_end",
        lambda: rows.update(status="verified", decided_by=registrar, decided_at=now),
    )


def test_an_account_has_one_application_that_waits():
    first, second = factories.application(), factories.application()

    refused(
        "(?i)unique|application_one_waits",
        lambda: PhysicianApplication.objects.filter(pk=second.pk).update(user=first.user),
    )
