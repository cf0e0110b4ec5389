"""Caregivers after the signature: named, replaced and ended; both sides are notified and orders are cancelled."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Event
from certification import actions, rules
from certification.emails import caregiver_ended
from certification.models import CaregiverAssignment, Patient
from delivery.models import Order
from notifications.models import Notification
from tests import factories
from tests.certification import forms
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


@shared
def signed(physician):
    """A certified adult without a caregiver."""
    return factories.certification(physician, joined=False)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def assign(certification, reason="", **over):
    answers = factories.caregiver(**over)
    by = certification.physician.user
    return actions.assign_caregiver(certification=certification, caregiver=answers, reason=reason, by=by)


def notified(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_assign_caregiver_names_a_caregiver_and_notifies_the_patient(signed):
    assignment = assign(signed)
    assert (assignment.patient, assignment.started_date) == (signed.patient, timezone.localdate())
    assert notified("caregiver_assigned") == {signed.patient.email}
    assert Notification.objects.filter(kind="invitation", recipient=assignment.caregiver.email).exists()
    assert Event.objects.filter(action="caregiver.assign", outcome="done").count() == 1


def test_assign_caregiver_ends_the_earlier_assignment_with_a_reason(signed):
    first = assign(signed)
    with pytest.raises(rules.IncompleteError):
        assign(signed, first_name="Nora")
    second = assign(signed, reason="Elena moved away.", first_name="Nora", relationship="spouse")
    first.refresh_from_db()
    assert (first.ended_date, first.ended_reason) == (timezone.localdate(), "Elena moved away.")
    assert Patient.objects.get().current_assignment == second
    assert notified("caregiver_ended") == {signed.patient.email, first.caregiver.email}


def test_assign_caregiver_sent_twice_is_one_assignment(signed):
    answers = factories.caregiver()
    made = [
        actions.assign_caregiver(certification=signed, caregiver=answers, by=signed.physician.user) for _ in range(2)
    ]
    assert made[0] == made[1] and CaregiverAssignment.objects.count() == 1


@pytest.mark.parametrize(
    ("over", "sentence"),
    [({"birth_date": date(2010, 1, 1)}, "18 or older"), ({"zip_code": "10001"}, "not in Connecticut"),
     ({"first_name": "Amara", "last_name": "Osei"}, "your own name")],
)  # fmt: skip
def test_assign_caregiver_holds_the_rules_of_the_step(signed, over, sentence):
    with pytest.raises(rules.CertificationError, match=sentence):
        assign(signed, **over)
    assert not CaregiverAssignment.objects.exists()


def withdraw(certification, *, days):
    stop = timezone.localdate() + timedelta(days=days)
    by = certification.physician.user
    return actions.withdraw_certification(
        certification=certification, reason="Moved.", deliveries_stop_date=stop, by=by
    )


def test_check_may_change_caregiver_of_an_ended_certification(signed):
    withdraw(signed, days=3)
    with (
        time_machine.travel(timezone.now() + timedelta(days=4)),
        pytest.raises(rules.CaregiverError, match="has ended"),
    ):
        assign(signed)
    assert not CaregiverAssignment.objects.exists()


def test_a_caregiver_is_named_while_deliveries_of_a_withdrawn_one_go_on(client, signed):
    withdraw(signed, days=3)
    client.post(url(signed, "assign"), forms.caregiver())
    page = client.get(url(signed, "confirmation")).content.decode()

    assert Patient.objects.get().current_assignment.caregiver.name in page
    assert 'value="caregiver"' in page and "Renewal opens" not in page


def test_end_caregiver_notifies_both_and_cancels_only_the_caregivers_orders(physician):
    patient, caregiver = people.patient_with_caregiver()
    certification = patient.certifications.get()
    by_caregiver, own = factories.order(patient, by=caregiver.user), factories.order(patient)
    actions.end_caregiver(certification=certification, reason="No longer needed.", by=certification.physician.user)
    assert [Order.objects.get(pk=order.pk).status for order in (by_caregiver, own)] == ["cancelled", "placed"]
    assert Order.objects.get(pk=by_caregiver.pk).window.booked == 1
    assert notified("caregiver_ended") == {patient.email, caregiver.email}
    assert Patient.objects.get(pk=patient.pk).current_assignment is None


def test_end_caregiver_again_changes_nothing(signed):
    assign(signed)
    ends = [actions.end_caregiver(certification=signed, reason="Done.", by=signed.physician.user) for _ in range(2)]
    assert ends[1] is None and Event.objects.filter(action="caregiver.end").count() == 1


def test_check_may_do_without_caregiver_never_for_a_child():
    _guardian, child = people.guardian_of_a_child()
    certification = child.certifications.get()
    with pytest.raises(rules.CaregiverError, match="Name another caregiver instead"):
        actions.end_caregiver(certification=certification, reason="Wants to.", by=certification.physician.user)
    assert child.current_assignment.ended_date is None


def test_check_reason_of_blanks_is_none():
    for reason in ("", " \n"):
        with pytest.raises(rules.IncompleteError) as refusal:
            rules.check_reason(reason)
        assert refusal.value.field == "reason"
    assert rules.check_reason("Moved away.") is None


def test_an_end_without_a_reason_cannot_stand(signed):
    assign(signed)
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError):
        CaregiverAssignment.objects.update(ended_date=timezone.localdate())


def test_a_caregiver_who_is_named_again_reads_of_no_end(signed):
    answers = factories.caregiver()
    by = signed.physician.user
    actions.assign_caregiver(certification=signed, caregiver=answers, by=by)
    actions.end_caregiver(certification=signed, reason="By mistake.", by=by)
    message = Notification.objects.filter(kind="caregiver_ended").first()
    assert caregiver_ended(message)["ended_date"] == timezone.localdate()
    actions.assign_caregiver(certification=signed, caregiver=answers, by=by)
    assert caregiver_ended(message) is None


# --- Doors ----------------------------------------------------------------------------------------------------------


def test_the_office_names_changes_and_ends_a_caregiver(client, signed):
    assert client.post(url(signed, "assign"), forms.caregiver()).url == url(signed, "confirmation")
    page = client.get(url(signed, "confirmation")).content.decode()
    assert "Elena Delgado" in page and "Not affirmed yet: cannot order before." in page
    change = forms.caregiver(first_name="Nora", phone="203-555-0188", email="nora@example.org")
    form = client.post(url(signed, "assign"), change).context["form"]
    assert list(form.errors) == ["reason"] and form["first_name"].value() == "Nora"
    client.post(url(signed, "assign"), {**change, "reason": "Elena is ill."})
    assert "Elena is ill." in client.get(url(signed, "confirmation")).content.decode()
    assert client.post(url(signed, "end-caregiver"), {"reason": "Not needed."}).url == url(signed, "confirmation")
    assert "Nobody acts for this patient." in client.get(url(signed, "confirmation")).content.decode()


@pytest.mark.parametrize("reason", ["", "  ", "🌿", "x" * 501])
def test_the_end_of_a_caregiver_wants_a_reason_in_words(client, signed, reason):
    assign(signed)
    form = client.post(url(signed, "end-caregiver"), {"reason": reason}).context["form"]
    assert list(form.errors) == ["reason"]
    assert CaregiverAssignment.objects.get().ended_date is None


def test_a_caregiver_of_somebody_else_who_is_no_family_is_refused_in_words(client, physician, signed):
    factories.certification(
        physician, joined=False, caregiver=factories.caregiver(relationship="other", phone="+12035550199")
    )
    typed = forms.caregiver(**forms.date_boxes("birth_date", date(1975, 1, 2)), relationship="other")
    form = client.post(url(signed, "assign"), typed).context["form"]
    assert "already acts for another patient" in form.non_field_errors()[0]
    assert signed.patient.current_assignment is None
