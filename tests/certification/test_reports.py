"""Reports of patients and caregivers: a new address, a lost card, or that the record should be closed."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from certification import actions, rules
from certification.models import Amendment, Patient, PatientRequest
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
HOME = {"street": "9 Elm Street", "unit": "", "city": "Hamden", "zip_code": "06514"}
WHY = "The proof shows another street."


@shared
def certification():
    return factories.certification()


def report(certification, kind="address", **over):
    more = {"address": HOME} if kind == "address" else {}
    return actions.ask_office(
        certification=certification, kind=kind, **{"by": certification.patient.user, **more, **over}
    )


def page(certification, name="move"):
    return f"/certification/{certification.uuid}/{name}/"


# --- Addresses ------------------------------------------------------------------------------------------------------


def test_a_reported_address_counts_once_it_is_confirmed(certification):
    rosa, office = (
        factories.client_for(account) for account in (certification.patient.user, certification.physician.user)
    )
    text = rosa.post(page(certification), HOME, follow=True).content.decode()
    assert "within one working day" in text and "waits for an answer" in text
    assert Patient.objects.get().street == "40 Orange Street"
    assert "9 Elm Street" in office.get("/certification/").content.decode()

    office.post(f"/certification/requests/{PatientRequest.objects.get().uuid}/")

    patient, amendment = Patient.objects.get(), Amendment.objects.get()
    assert (patient.street, patient.city, patient.zip_code) == ("9 Elm Street", "Hamden", "06514")
    assert (amendment.kind, amendment.before["street"]) == ("contact", "40 Orange Street")
    assert "done on" in rosa.get(page(certification, "ask")).content.decode()
    assert Notification.objects.filter(kind="certification_amended").exists()


def test_an_address_that_is_not_confirmed_says_why(certification):
    asked = report(certification)
    office = factories.client_for(factories.delegate(certification.physician))
    address = f"/certification/requests/{asked.uuid}/refuse/"
    assert "Say why" in office.post(address, {"reason": ""}).content.decode()

    office.post(address, {"reason": WHY})

    text = factories.client_for(certification.patient.user).get(page(certification, "ask")).content.decode()
    assert "not confirmed" in text and WHY in text
    assert Patient.objects.get().street == "40 Orange Street"


def test_a_reader_of_spanish_reads_why_in_spanish(certification):
    asked, patient = report(certification), certification.patient
    actions.refuse_request(request=asked, reason=WHY, reason_es="No lo hallamos.", by=certification.physician.user)
    client = factories.client_for(patient.user)
    assert WHY in client.get(page(certification, "ask")).content.decode()
    text = client.get(page(certification, "ask"), headers={"accept-language": "es"}).content.decode()
    assert "No lo hallamos." in text and WHY not in text


def test_another_address_takes_the_place_of_the_one_before(certification):
    report(certification)
    again = report(certification, address={**HOME, "street": "11 Elm Street"})
    assert PatientRequest.objects.get().address["street"] == again.address["street"] == "11 Elm Street"


@pytest.mark.parametrize(
    ("over", "error"),
    [({"zip_code": "06390"}, rules.AddressError), ({"street": "PO Box 7"}, rules.AddressError)],
)
def test_check_may_move_takes_a_home_in_connecticut(certification, over, error):
    with pytest.raises(error):
        report(certification, address={**HOME, **over})
    client = factories.client_for(certification.patient.user)
    response = client.post(page(certification), {**HOME, **over})
    assert (response.status_code, PatientRequest.objects.count()) == (200, 0)
    assert "Elm" in response.content.decode() or "Box 7" in response.content.decode()


def test_check_may_move_while_the_certification_runs(certification):
    actions.revoke_certification(certification=certification, reason="Ends.", by=factories.staff("Registrar"))
    certification.refresh_from_db()
    with pytest.raises(rules.RequestError, match="has ended"):
        report(certification)


@pytest.mark.parametrize("typed", [{}, {**HOME, "street": "\x00"}, {**HOME, "city": "x" * 1_000_000}])
def test_a_move_that_is_none_is_refused_beside_the_field(certification, typed):
    response = factories.client_for(certification.patient.user).post(page(certification), typed)
    assert (response.status_code, PatientRequest.objects.count()) == (200, 0)


def test_the_registrar_confirms_for_a_physician_who_has_left(certification):
    asked = report(certification)
    registrar = factories.client_for(factories.staff("Registrar"))
    registrar.post(f"/admin/certification/patientrequest/{asked.pk}/step/confirm/")
    assert Patient.objects.get().street == "9 Elm Street"


# --- Lost cards and closings ----------------------------------------------------------------------------------------


def test_a_lost_card_that_is_ended_answers_the_report(certification):
    card, asked = factories.card(certification.patient), report(certification, "lost_card")
    office = factories.client_for(certification.physician.user)
    assert page(certification, "card/lost") in office.get("/certification/").content.decode()

    office.post(page(certification, "card/lost"), {"holder": "patient", "revoked_reason": "lost"})

    asked.refresh_from_db()
    card.refresh_from_db()
    assert (card.revoked_reason, asked.answered_by) == ("lost", certification.physician.user)


def test_a_caregiver_reports_a_death_and_the_physician_closes():
    patient, caregiver = people.patient_with_caregiver()
    certification = patient.certifications.get()
    factories.client_for(caregiver.user).post(page(certification, "ask"), {"kind": "closing", "words": "She died."})
    office = factories.client_for(certification.physician.user)
    assert page(certification, "close") in office.get("/certification/").content.decode()

    office.post(page(certification, "close"), {"closed_for": "died"})

    asked = PatientRequest.objects.get()
    assert (asked.kind, asked.answered_by) == ("closing", certification.physician.user)
    assert Patient.objects.get().closed_for == "died"


# --- Confirmed or refused, once and in time -------------------------------------------------------------------------


def test_check_is_a_report(certification):
    by = certification.physician.user
    asked = factories.patient_request(certification)
    with pytest.raises(rules.RequestError, match="not a report"):
        actions.refuse_request(request=asked, reason=WHY, by=by)

    reported = report(certification)
    actions.refuse_request(request=reported, reason=WHY, by=by)
    with pytest.raises(rules.RequestError, match="meanwhile"):
        actions.confirm_address(request=reported, by=by)
    assert not Amendment.objects.exists()


def test_check_refusal_has_reason(certification):
    with pytest.raises(rules.RequestError, match="Say why"):
        actions.refuse_request(request=report(certification), reason=" ", by=certification.physician.user)


@pytest.mark.parametrize(
    ("reported", "by"),
    [
        (date(2026, 11, 23), date(2026, 11, 24)),  # Monday
        (date(2026, 11, 27), date(2026, 11, 30)),  # Friday
        (date(2026, 11, 28), date(2026, 11, 30)),  # Saturday
        (date(2026, 11, 25), date(2026, 11, 27)),  # before Thanksgiving
        (date(2027, 12, 23), date(2027, 12, 27)),  # Christmas is kept on Friday
    ],
)
def test_confirmed_by_the_next_working_day(certification, time_machine, reported, by):
    time_machine.move_to(f"{reported}T17:00:00+00:00")
    asked = PatientRequest(kind="address", created_at=timezone.now())
    assert rules.confirmed_by(asked) == by
    assert not rules.is_overdue(asked, today=by)
    assert rules.is_overdue(asked, today=by + timedelta(days=1))
    assert not rules.is_overdue(PatientRequest(kind="follow_up", created_at=asked.created_at), today=date(2030, 1, 1))


def test_an_overdue_report_is_marked(certification, time_machine):
    report(certification)
    client = factories.client_for(certification.physician.user)
    assert "Overdue" not in client.get("/certification/").content.decode()
    time_machine.move_to(timezone.now() + timedelta(days=5))
    client = factories.client_for(certification.physician.user)
    assert "Overdue" in client.get("/certification/").content.decode()


@pytest.mark.parametrize("change", [{"kind": "lost_card"}, {"address": None}])
def test_a_reported_address_is_stored_whole(certification, change):
    asked = report(certification)
    for name, value in change.items():
        setattr(asked, name, value)
    with pytest.raises(IntegrityError, match="patient_request_kind"), unguarded(), transaction.atomic():
        asked.save()


def test_what_is_refused_is_answered(certification):
    asked = report(certification)
    asked.refused_reason = WHY
    with pytest.raises(IntegrityError, match="refused_is_answered"), unguarded(), transaction.atomic():
        asked.save()


def test_spanish_stands_beside_a_reason(certification):
    asked = report(certification)
    asked.refused_reason_es = "No lo hallamos."
    with pytest.raises(IntegrityError, match="spanish_beside_reason"), unguarded(), transaction.atomic():
        asked.save()
