"""Scanning a photo ID on the sheet: what the portal answers, what it keeps, and which pages may use the camera."""

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from delivery.models import HandOver, IdDifference, Order
from tests import factories
from tests.delivery import door, licenses, people
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
WASM = "script-src 'self' 'wasm-unsafe-eval'"


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


@shared
def client(run):
    return factories.client_for(run.driver)


def url(name, run, *numbers):
    return reverse(f"delivery:run-{name}", args=[run.uuid, *numbers])


def compare(client, run, order, data, received_by=""):
    address = f"{url('compare-id', run, order.number)}?received_by={received_by}"
    answer = client.post(address, data, content_type="application/octet-stream", HTTP_ACCEPT="application/json")
    return answer.status_code, answer.json()


def test_a_photo_id_that_fits_fills_the_boxes(client, run, order):
    status, said = compare(client, run, order, licenses.of_person(order.patient))
    assert (status, said) == (200, {
        "fields": {"id_number": "123456780", "id_state": "CT", "id_expires_date": "10/18/2031"},
        "received_by": "patient",
        "is_fine": True,
        "sentences": [f"Name and birth date are those of {order.patient.name}."],
    })  # fmt: skip
    assert Event.objects.get(action="order.compare_id").reason == "fits"
    assert not IdDifference.objects.exists()


def test_the_photo_id_says_who_takes_the_order(monday):
    adult, caregiver = people.patient_with_caregiver()
    order = factories.order(adult)
    run = door.under_way(door.run_of(order), monday)
    client = factories.client_for(run.driver)
    assert compare(client, run, order, licenses.of_person(caregiver), "patient")[1]["received_by"] == "caregiver"
    said = compare(client, run, order, licenses.of_person(caregiver, DCS="ORTIZ"), "caregiver")[1]
    assert (said["received_by"], said["is_fine"]) == ("caregiver", False)
    assert IdDifference.objects.get().received_by == "caregiver"


def test_a_photo_id_that_differs_is_shown_until_a_pharmacist_decides(client, run, order):
    _status, said = compare(client, run, order, licenses.of_person(order.patient, DBB="01011950", DBA="01012020"))
    assert said["is_fine"] is False
    assert "birth date on the photo ID is January 1, 1950" in said["sentences"][0]
    assert "This photo ID expired on January 1, 2020" in said["sentences"][1]
    assert "Call our pharmacists" in said["sentences"][2]
    assert "photo ID of the patient differs from our record" in words_of(client.get(url("detail", run)))
    page = client.post(url("hand-over", run, order.number), door.typed(order))
    assert "one of them has to allow it first" in words_of(page)
    assert b"January 1, 1950" not in page.content  # what it says stays sealed
    assert not HandOver.objects.exists()


@pytest.mark.parametrize("noise", [b"", b"\x00\xff" * 900, b"@\n\x1e\rANSI 636006", licenses.current() * 40, b"<svg>"])
def test_a_scan_of_noise_gets_a_sentence(client, run, order, noise):
    status, said = compare(client, run, order, noise)
    assert (status, list(said)) == (422, ["sentences"])
    assert "cannot be read as a license" in said["sentences"][0]


def test_a_scan_leaves_nothing_in_the_logs_or_events(client, run, order, caplog):
    compare(client, run, order, licenses.of_person(order.patient, DAQ="987654321"))
    compare(client, run, order, licenses.of_person(order.patient, DAQ="987654321", DCS="ORTIZ"))
    kept = caplog.text + " ".join(map(str, Event.objects.values_list("reason", "action")))
    assert "987654321" not in kept and "ORTIZ" not in kept.upper()


def test_an_order_of_another_run_cannot_be_compared(order, monday):
    theirs, run = factories.order(), door.under_way(door.run_of(order), monday)
    client = factories.client_for(run.driver)
    data = licenses.of_person(theirs.patient)
    address = url("compare-id", run, theirs.number)
    assert client.post(address, data, content_type="application/octet-stream").status_code == 404
    assert client.get(address).status_code == 405


def test_the_camera_and_webassembly_are_allowed_on_the_sheet_alone(client, run, order):
    sheets = [
        client.get(url("detail", run)),
        client.post(url("hand-over", run, order.number), door.typed(order, cash_cents="1")),
        client.post(url("attempt", run, order.number), {"outcome": "?", "entry_key": "x"}),
    ]
    for page in sheets:
        assert page.status_code == 200 and WASM in page["Content-Security-Policy"]
        assert page["Permissions-Policy"].startswith("camera=(self)")
    patient = factories.client_for(order.patient.user)
    manager = factories.client_for(factories.staff("Manager"))
    others = [(client, reverse("delivery:run-list")), (patient, reverse("delivery:product-list")),
              (patient, reverse("delivery:order-detail", args=[order.number])), (client, "/"), (client, "/nowhere/"),
              (manager, reverse("admin:index"))]  # fmt: skip
    for account, address in others:
        page = account.get(address)
        assert "wasm-unsafe-eval" not in page["Content-Security-Policy"]
        assert page["Permissions-Policy"].startswith("camera=()")


def test_check_is_not_undone_says_that_an_order_was_cancelled(client, run, order):
    with unguarded():
        Order.objects.update(
            status="cancelled", ended_at=timezone.now(), run=None, position=None, planned_at=None, kept=""
        )
    for name, posted in (("hand-over", door.typed(order)), ("attempt", {"outcome": "refused"}), ("compare-id", {})):
        page = client.post(url(name, run, order.number), posted, follow=True)
        assert f"Order {order.number} was cancelled. Do not deliver it: bring it back." in words_of(page)
