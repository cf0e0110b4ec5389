"""The list of lots, and the pages on which their labels are entered, corrected, and a lot is set aside."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions, rules
from delivery.models import Lot
from tests import factories
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST = reverse("admin:delivery_lot_changelist")
LABEL = {"producer": "Shoreline Growers", "expires_date": "11/30/2027", "thc_mg": "250", "cbd_mg": "0"}


@shared
def pharmacist():
    return factories.client_for(factories.staff("Pharmacist"))


def step(lot, name):
    return reverse("admin:delivery_lot_step", args=[lot.pk, name])


def receive(product, number, *, days=None, quantity=4):
    said = None if days is None else factories.lot_details(expires_date=timezone.localdate() + timedelta(days=days))
    actions.receive_stock(product=product, quantity=quantity, lot=number, details=said, by=None)
    return Lot.objects.get(number=number)


def test_the_list_says_until_when_each_lot_is_good_and_where_it_is(monday):
    product = factories.product(stock=10)
    receive(product, "UNKNOWN")
    receive(product, "NEAR", days=5)
    receive(product, "GONE", days=1)
    factories.confirmed_order(lines=[(product, 3)])
    monday.shift(timedelta(days=3))
    pharmacist = factories.client_for(factories.staff("Pharmacist"))
    words = words_of(pharmacist.get(LIST))
    name = f"Harbor Mist Tincture ({product.sku})"
    assert f"UNKNOWN {name} Details are missing 4 0 0" in words
    assert f"GONE {name} Shoreline Growers Ended on Nov 24, 2026 250 mg, 0 mg 4 0 0" in words
    assert f"NEAR {name} Shoreline Growers Nov 28, 2026, in 2 days 250 mg, 0 mg 1 3 0" in words
    assert words.index("UNKNOWN") < words.index("GONE") < words.index("NEAR") < words.index("LOT-1")
    ending = words_of(pharmacist.get(LIST, {"lots": "ending"}))
    assert "GONE" in ending and "NEAR" in ending and "LOT-1" not in ending and "UNKNOWN" not in ending
    missing = words_of(pharmacist.get(LIST, {"lots": "missing"}))
    assert "UNKNOWN" in missing and "NEAR" not in missing


def test_a_technician_enters_missing_details_and_the_start_page_counts_them():
    lot = receive(factories.product(stock=0), "LOT-9")
    receive(factories.product(stock=0), "USED-UP", quantity=1)
    actions.write_off(
        product=Lot.objects.get(number="USED-UP").product, quantity=1, lot="USED-UP", reason="Broken",
        by=factories.staff("Pharmacist"),
    )  # fmt: skip
    technician = factories.client_for(factories.staff("Technician"))
    assert "1 lot without its details" in words_of(technician.get("/admin/"))
    assert technician.post(step(lot, "describe"), LABEL).status_code == 302
    lot.refresh_from_db()
    assert rules.details_of(lot) == rules.LotDetails("Shoreline Growers", date(2027, 11, 30), 250, 0)
    assert "without its details" not in words_of(technician.get("/admin/"))
    assert technician.get(step(lot, "correct")).status_code == 403


def test_a_pharmacist_corrects_details_on_a_form_that_begins_with_them(pharmacist):
    lot = receive(factories.product(stock=0), "LOT-9", days=7)
    page = pharmacist.get(step(lot, "correct")).content.decode()
    assert 'value="11/30/2026"' in page and 'value="Shoreline Growers"' in page
    assert pharmacist.post(step(lot, "correct"), {**LABEL, "thc_mg": "1,000"}).status_code == 302
    lot.refresh_from_db()
    assert (lot.thc_mg, lot.expires_date) == (1000, date(2027, 11, 30))


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"producer": ""}, "Enter producer"),
        ({"producer": "Growers 🌿"}, "without emoji"),
        ({"producer": "x" * 121}, "Shorten this to 120"),
        ({"expires_date": "30.11.2027"}, "month/day/year"),
        ({"expires_date": ""}, "Enter the last day"),
        ({"expires_date": "11/30/2127"}, "Check the year"),
        ({"thc_mg": "1e9"}, "Enter a whole number"),
        ({"thc_mg": "100001"}, "Enter 100000 or less"),
        ({"cbd_mg": "２５"}, "Enter a whole number"),
    ],
)
def test_bad_details_get_a_sentence_and_stay_typed(pharmacist, over, sentence):
    lot = receive(factories.product(stock=0), "LOT-9")
    page = pharmacist.post(step(lot, "describe"), {**LABEL, **over})
    assert sentence in words_of(page)
    assert page.context["form"]["cbd_mg"].value() == {**LABEL, **over}["cbd_mg"]
    lot.refresh_from_db()
    assert not lot.has_details


def test_a_lot_is_received_with_its_label_or_told_what_is_missing(pharmacist):
    product = factories.product(stock=0)
    address = reverse("admin:delivery_product_step", args=[product.pk, "receive"])
    typed = {"quantity": "3", "lot": "L-7"}
    part = words_of(pharmacist.post(address, {**typed, "producer": "Shoreline"}))
    assert part.count("Enter this from the label as well") == 3
    assert "ended on Sunday, November 22, 2026" in words_of(
        pharmacist.post(address, {**typed, **LABEL, "expires_date": "11/22/2026"})
    )
    assert not Lot.objects.exists()
    assert pharmacist.post(address, {**typed, **LABEL}).status_code == 302
    assert "received with other details" in words_of(pharmacist.post(address, {**typed, **LABEL, "thc_mg": "5"}))
    assert pharmacist.post(address, typed).status_code == 302
    product.refresh_from_db()
    assert (product.stock, Lot.objects.get().thc_mg) == (6, 250)


def test_a_whole_lot_goes_into_quarantine(pharmacist):
    product = factories.product(stock=0)
    lot = receive(product, "LOT-9", days=90, quantity=9)
    product.refresh_from_db()
    factories.confirmed_order(lines=[(product, 2)])
    asked = words_of(pharmacist.get(step(lot, "quarantine")))
    assert "7 in no order, 2 reserved by orders, 0 in quarantine. 7 go into quarantine" in asked
    assert "Enter a reason." in words_of(pharmacist.post(step(lot, "quarantine"), {}))
    pharmacist.post(step(lot, "quarantine"), {"reason": "A cracked seal"})
    assert "0 2 7" in words_of(pharmacist.get(LIST, {"lots": "quarantine"}))


def test_products_without_a_code_are_marked_and_filtered(pharmacist):
    factories.product(sku="WITH", report_unit="03", report_quantity="3.5")
    factories.product(sku="WITHOUT", report_code="")
    address = reverse("admin:delivery_product_changelist")
    words = words_of(pharmacist.get(address))
    assert "3.5 grams" in words and "Code is missing" in words
    assert "WITHOUT" in (missing := words_of(pharmacist.get(address, {"code": "none"}))) and "WITH " not in missing
