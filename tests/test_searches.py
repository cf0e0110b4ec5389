"""Every search of the portal takes a name, a phone, a number and a birth date in any form."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from audit import names
from audit.changelists import ShortPaginator
from certification.models import Card, Caregiver, Certification, Patient
from delivery import actions
from delivery.models import AllotmentEntry, Order, StockMovement
from notifications.actions import queue
from notifications.models import Notification
from pages.actions import receive_message
from pages.models import ContactMessage
from tests import factories
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
PHONE, CAREGIVERS_PHONE = "+12035551142", "+12035551999"


@shared
def made():
    """A certification of Rosa Núñez, whose caregiver is Nora Hart, beside another that no search may find."""
    factories.certification(profile=factories.profile(first_name="Walter", last_name="Kowalski", phone="+12035558811"))
    return factories.certification(
        profile=factories.profile(
            first_name="Rosa", last_name="Núñez", birth_date=date(1955, 3, 4), phone=PHONE, email="rosa@example.org"
        ),
        caregiver=factories.caregiver(first_name="Nora", last_name="Hart", phone=CAREGIVERS_PHONE),
    )


def spellings(number):
    plain = number.replace("-", "")
    return [
        number,
        number.lower(),
        plain,
        plain.lower(),
        f" {number.replace('-', ' ')} ",
        number.replace("-", "\u2013"),
    ]


def found(model, term):
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return list(client.post(address, {"q": term}, follow=True).context["cl"].result_list)


def check(model, terms, expected):
    assert [(term, found(model, term)) for term in terms] == [(term, expected) for term in terms]


def of_rosa(patient, *, with_day=True):
    typed = [
        "1142",
        "(203) 555-1142",
        "1 203 555 1142",
        "nunez",
        "Nu\u0301n\u0303ez, rosa",
    ]
    days = ["3/4/1955", "March 4, 1955"] if with_day else []
    return [*typed, *days, *spellings(patient.number)]


def caregiver_of(certification):
    return certification.patient.current_assignment.caregiver


def test_a_patient_is_found(made):
    terms = [*of_rosa(made.patient), *spellings(caregiver_of(made).number)]

    check(Patient, terms, [made.patient])
    check(Certification, [*terms, *spellings(made.number)], [made])


def test_a_caregiver_is_found_by_number_and_phone(made):
    caregiver = caregiver_of(made)

    check(Caregiver, ["1999", "203-555-1999", "hart", *spellings(caregiver.number)], [caregiver])


def test_an_office_finds_its_patients_by_everything(made):
    client = factories.client_for(made.physician.user)
    for term in [*of_rosa(made.patient), *spellings(caregiver_of(made).number), *spellings(made.number)]:
        client.post("/certification/", {"term": term})
        assert (term, len(client.get("/certification/").context["rows"])) == (term, 1)
    client.post("/certification/", {"term": "8811"})
    assert not client.get("/certification/").context["rows"]


def test_the_trail_finds_people(made):
    assert {tuple(one.pk for one in names.search(term)) for term in of_rosa(made.patient)} == {(made.patient.pk,)}
    for person, label in ((caregiver_of(made), "certification.caregiver"), (made, "certification.certification")):
        for term in spellings(person.number):
            assert [(one.label, one.pk) for one in names.search(term)] == [(label, person.pk)]


def test_cards_entries_orders_and_movements_are_found(made):
    order, staff = factories.order(), factories.staff("Pharmacist")
    factories.confirm(order, by=staff)
    patient = order.patient
    card = factories.card(patient)
    entry = actions.record_allotment_entry(
        patient=patient, day=timezone.localdate(), amount_mg=100, origin="counter", reason="Counter.", by=staff
    )
    terms = [*spellings(patient.number), str(patient.phone)[-4:], f"{patient.last_name.upper()}, {patient.first_name}"]

    check(Card, terms, [card])
    check(AllotmentEntry, terms, [entry])
    check(Order, [*terms, *spellings(order.number)], [order])
    assert all(StockMovement.objects.filter(order=order).count() == len(found(StockMovement, term)) > 0
               for term in spellings(order.number))  # fmt: skip
    card = factories.card(caregiver_of(made))
    check(Card, spellings(caregiver_of(made).number), [card])


@pytest.mark.parametrize("written", [str, lambda phone: "(203) 555-1142"], ids=["E.164", "as calls are queued"])
def test_calls_are_found_by_the_person_and_by_the_phone(made, written):
    words = {"kind": "expiry_30", "context": {}, "by": None}
    queue(**words, recipient=written(PHONE), channel="phone", dedupe_key="one")
    queue(**words, recipient="+12035558811", channel="phone", dedupe_key="two")
    call = Notification.objects.get(dedupe_key="one")

    for term in [PHONE, "51142", "5551142", "2035551142", *of_rosa(made.patient, with_day=False)]:
        assert (term, call in (rows := found(Notification, term))) == (term, True)
        assert "two" not in [row.dedupe_key for row in rows]


def test_messages_are_found_by_their_number_in_any_spelling():
    message = receive_message(name="Rosa", email="rosa@example.org", message="When?", address="192.0.2.1", by=None)

    check(ContactMessage, [*spellings(message.number), "ROSA", "rosa@example.org"], [message])


def test_a_physician_is_found_by_phone_name_and_each_number():
    factories.physician(last_name="Okafor")
    june = factories.physician(
        first_name="June", last_name="Park", npi="1245319599", phone="+12035551000", email="june@example.org"
    )
    licence = june.registrations.get(kind="medical_license").number
    terms = ["PARK, JUNE DO", "june", "1000", "(203) 555-1000", "1245319599", "124-531-9599", june.dea_number.lower(),
             f" {june.dea_number} ", licence, licence.removeprefix("1."), "June@example.org"]  # fmt: skip

    check(type(june), terms, [june])


def test_what_is_searched_is_tidied():
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))

    page = client.post(
        reverse("admin:certification_patient_changelist"), {"q": " Nu\u0301n\u0303ez\u200b  Ana"}, follow=True
    )

    assert page.context["cl"].query == "N\u00fa\u00f1ez Ana"


# --- Lists that are cut -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "says"), [(3, "3 patients"), (2, "More than 2 patients. These pages show the first 2")]
)
def test_a_list_that_is_cut_says_so_and_how_to_reach_the_rest(monkeypatch, most, says):
    """Exactly as many as are counted are all of them."""
    factories.copies(factories.certification(), 2)
    monkeypatch.setattr(ShortPaginator, "MOST_COUNTED", most)
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))

    page = words_of(client.get(reverse("admin:certification_patient_changelist")))

    assert says in page
    assert ("search, filter or sort to see others" in page) is (most == 2)


def test_a_search_that_finds_too_many_says_so(monkeypatch):
    factories.copies(factories.certification(profile=factories.profile(last_name="Delgado")), 2)
    monkeypatch.setattr(ShortPaginator, "MOST_COUNTED", 2)
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))

    page = client.post(reverse("admin:certification_patient_changelist"), {"q": "delgado"}, follow=True)

    assert "more than 2 results: type more to find fewer" in words_of(page)


@pytest.mark.parametrize("count", [20, 21])
def test_the_trail_says_when_a_search_finds_more_people_than_it_shows(count):
    factories.copies(factories.certification(profile=factories.profile(last_name="Delgado")), count - 1)
    client = factories.client_for(factories.staff("Auditor"))

    page = client.post(reverse("admin:audit_event_changelist"), {"q": "delgado"}, follow=True)

    assert len(page.context["found"]) == 20
    assert ("More than 20 are called that, and the first 20 are shown." in words_of(page)) is (count == 21)
