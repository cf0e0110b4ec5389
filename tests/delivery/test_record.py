"""A patient's record: certifications, papers, and who viewed it."""

from datetime import date, timedelta

import pytest

from audit.actions import record
from audit.context import Origin, origin
from delivery.presenters.record_views import page_of_record_views
from delivery.rules import days_with_more, delivery_days, policy_on
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of

pytestmark = pytest.mark.django_db


def page_of(account):
    return words_of(factories.client_for(account).get(url("record")))


def test_the_record_shows_each_certification_and_its_status():
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    patient = factories.certification(physician, on=date(2026, 3, 4)).patient
    words = page_of(patient.user)
    assert "Certified by Dr. Amara Osei on March 4, 2026, through March 3, 2027." in words
    assert "What the physician certified" in words and "Condition: Cancer" in words
    assert "Nobody else has looked at it yet." in words


def test_the_record_names_no_condition_to_a_caregiver_who_is_no_guardian():
    certification = factories.certification(caregiver=factories.caregiver())
    caregiver = factories.join(certification.patient.current_assignment.caregiver)
    words = page_of(caregiver.user)
    assert certification.number in words and "cancer" not in words.lower()


def record_views_of(patient, cursor=None):
    """Return who, what and why of each record view, the latest first."""
    views, _page = page_of_record_views(patient, but=patient.user, cursor=cursor)
    return [(view.who, view.what, view.why) for view in views]


def test_the_record_says_who_viewed_it_without_the_patient():
    physician = factories.identified_physician(first_name="Amara", last_name="Osei")
    patient = factories.certification(physician).patient
    certification, order = patient.certifications.get(), factories.order(patient)
    for account, action, subject in (
        (physician.user, "certification.view", certification),
        (factories.delegate(physician), "certification.view", certification),
        (factories.staff("Driver", "Pharmacist", first_name="Dana"), "order.view", order),
        (factories.staff(), "patient.view", patient),
        (patient.user, "certification.view", certification),
        (factories.staff("Pharmacist"), "order.view", factories.order()),
    ):
        record(action=action, by=account, subject=subject)

    number = f"certification {certification.number}"
    assert record_views_of(patient) == [
        ("Staff of the program or the dispensary", ["the data on record"], []),
        ("A pharmacist of the dispensary (Dana)", ["an order"], [f"order {order.number}"]),
        ("Elm Street Medicine, the office of Dr. Amara Osei", ["the certification"], [number]),
        ("Dr. Amara Osei", ["the certification"], [number]),
    ]
    assert f"Dr. Amara Osei the certification {number}" in page_of(patient.user)


def test_a_record_view_is_listed_once_however_many_pages_were_opened():
    patient, pharmacist = factories.patient(), factories.staff("Pharmacist")
    order, another = (
        factories.order(patient),
        factories.order(patient, into=factories.window(factories.next_wednesday(1))),
    )
    for subject, action in ((order, "order.view"), (order, "order.confirm"), (patient, "patient.view"),
                            (another, "order.view"), (order, "order.view")):  # fmt: skip
        record(action=action, by=pharmacist, subject=subject)
    assert record_views_of(patient) == [
        (
            "A pharmacist of the dispensary",
            ["an order", "the data on record"],
            [f"order {order.number}", f"order {another.number}"],
        )
    ]


def test_another_session_is_another_record_view():
    patient, pharmacist = factories.patient(), factories.staff("Pharmacist")
    for session in ("a", "b", "a"):
        token = origin.set(Origin(session=session))
        record(action="patient.view", by=pharmacist, subject=patient)
        origin.reset(token)
    assert len(record_views_of(patient)) == 2


def test_a_record_view_during_a_renewal_names_the_renewal():
    physician = factories.identified_physician()
    patient = factories.certification(physician).patient
    record(action="certification.view", by=physician.user, subject=patient.certifications.get())
    record(action="certification.renew", by=physician.user, subject=patient.certifications.get())
    assert "renewal" in record_views_of(patient)[0][2]


def test_a_caregiver_views_the_record_and_the_patient_reads_of_it():
    patient, caregiver = people.patient_with_caregiver(first_name="Elena", last_name="Ruiz")
    assert "What the physician certified" not in page_of(caregiver.user)
    assert "Elena Ruiz, caregiver the data on record" in page_of(patient.user)


def test_record_views_are_paged_and_a_broken_page_is_the_first(django_assert_max_num_queries):
    patient = factories.patient()
    for number in range(25):
        token = origin.set(Origin(session=f"s{number}"))
        record(action="patient.view", by=factories.staff("Pharmacist"), subject=patient)
        origin.reset(token)
    client = factories.client_for(patient.user)
    with django_assert_max_num_queries(16):
        first = client.get(url("record"))
    assert (len(first.context["record_views"]), "Older" in first.content.decode()) == (20, True)
    older = client.get(url("record"), {"page": first.context["page"].next})
    assert (len(older.context["record_views"]), "Newer" in older.content.decode()) == (5, True)
    assert len(client.get(url("record"), {"page": "x"}).context["record_views"]) == 20


def test_the_record_is_read_in_spanish():
    patient, pharmacist = factories.patient(), factories.staff("Pharmacist")
    order = factories.order(patient)
    record(action="order.view", by=pharmacist, subject=order)
    page = factories.client_for(patient.user).get(url("record"), HTTP_ACCEPT_LANGUAGE="es").content.decode()
    assert "Personal de farmacia del dispensario" in page and f"pedido {order.number}" in page


def test_the_home_says_what_is_left_and_when_more_can_be_used(monday):
    patient = factories.patient()
    factories.order(patient, lines=[(factories.product(amount_mg=28_350), 2)])
    words = words_of(factories.client_for(patient.user).get(url("home")))
    assert "42.523 g (1.49 oz) of 99.223 g (3.50 oz) left for November 25 99.223 g (3.50 oz) by December 30" in words


def test_days_with_more_names_each_day_on_which_an_amount_is_free_again():
    certification = factories.certification()
    day = factories.next_wednesday(4)
    later = delivery_days([], policy=policy_on(day), after=day)
    used = {day - timedelta(days=7): 10_000, day: 20_000}
    found = list(days_with_more(day, used=used, later=later, certification=certification, days=30))
    assert [amount for _day, amount in found] == [79_223, 99_223]
    assert [(returns - day).days for returns, _amount in found] == [28, 35]
