import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import Event
from delivery import actions
from delivery.models import Product, StockMovement
from tests import factories
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db
UPLOAD, LOT, EXPORT = (reverse(f"admin:delivery_stockmovement_{name}") for name in ("upload", "lot", "export_csv"))


@shared
def pharmacist():
    return factories.client_for(factories.staff("Pharmacist"))


def step(product, name):
    return reverse("admin:delivery_product_step", args=[product.pk, name])


def note(text):
    return SimpleUploadedFile("note.csv", text.encode())


def test_each_action_page_shows_the_figures_and_does_its_work(pharmacist):
    product = factories.product(stock=10)
    out = {"quantity": "4", "lot": "LOT-1", "reason": "A cracked seal"}
    for name, data, stock in (
        ("receive", {"quantity": "1", "lot": "LOT-2"}, 11),
        ("quarantine", out, 7),
        ("clear", {**out, "quantity": "1"}, 8),
        ("write-off", {**out, "quantity": "3", "is_in_quarantine": "on"}, 8),
        ("count", {"quantity": "6", "lot": "LOT-1"}, 6),
        ("low", {"low_stock_at": "6"}, 6),
    ):
        assert f"{product.sku}" in words_of(pharmacist.get(step(product, name)))
        assert pharmacist.post(step(product, name), data).status_code == 302, name
        product.refresh_from_db()
        assert (name, product.stock) == (name, stock)
    assert product.is_low


def test_a_page_that_is_sent_twice_counts_once(pharmacist):
    product = factories.product(stock=10)
    key = pharmacist.get(step(product, "receive")).context["form"]["entry_key"].value()
    for _time in range(2):
        pharmacist.post(step(product, "receive"), {"quantity": "1", "lot": "LOT-2", "entry_key": str(key)})
    product.refresh_from_db()
    assert product.stock == 11


@pytest.mark.parametrize("bad", [{"quantity": "9" * 50}, {"lot": "=1"}, {"lot": "\0"}, {"reason": ""}, {"lot": "🏠"}])
def test_bad_input_gets_a_sentence_and_moves_nothing(pharmacist, bad):
    product = factories.product(stock=10)
    data = {"quantity": "4", "lot": "LOT-1", "reason": "Why", **bad}
    for name in ("quarantine", "write-off"):
        response = pharmacist.post(step(product, name), data)
        assert "Please correct what is marked below." in words_of(response)
    assert StockMovement.objects.count() == 1


def test_low_stock_is_marked_and_filtered(pharmacist):
    low, plenty = factories.product(stock=5), factories.product(stock=6)
    address = reverse("admin:delivery_product_changelist")
    words = words_of(pharmacist.get(address, {"stock": "low"}))
    assert low.sku in words
    assert plenty.sku not in words
    assert low.sku not in words_of(pharmacist.get(address, {"stock": "none"}))


def test_a_delivery_note_is_tried_and_then_received(pharmacist):
    product = factories.product(stock=1)
    rows = f"sku,lot,quantity\n{product.sku},L-7,3"
    words = words_of(pharmacist.post(UPLOAD, {"file": note(rows), "is_dry_run": "on"}))
    assert "nothing was added" in words
    assert f"{product.sku} L-7 3 1" in words
    assert "Received: 3 items in 1 rows." in words_of(pharmacist.post(UPLOAD, {"file": note(rows)}, follow=True))
    assert "was received before" in words_of(pharmacist.post(UPLOAD, {"file": note(rows)}))
    assert Product.objects.get().stock == 4


def test_a_wrong_note_names_its_lines(pharmacist):
    response = pharmacist.post(UPLOAD, {"file": note("sku,lot,quantity\n=cmd(),L-7,3")})
    assert "2 The cell “sku” holds a formula. Type its value." in words_of(response)
    for content in ("", "\0", "x"):
        assert (
            "The first line must name" in words_of(pharmacist.post(UPLOAD, {"file": note(content)})) or content == "\0"
        )
    assert "Error:" in words_of(pharmacist.post(UPLOAD, {}))


def test_a_lot_lists_its_orders_and_the_view_leaves_an_event(pharmacist):
    product = factories.product(stock=10)
    order = factories.order(lines=[(product, 2)])
    query = {"sku": product.sku, "lot": "LOT-1"}
    assert "No order holds or took any of it" in words_of(pharmacist.get(LOT, query))
    factories.confirm(order, by=factories.staff("Pharmacist"))
    words = words_of(pharmacist.get(LOT, query))
    assert f"{order.number} 2 Wednesday, November 25, 2026 Confirmed" in words
    assert "8 not given to an order" in words
    assert "Delgado" not in words
    assert Event.objects.filter(action="lot.view", subject_id=product.pk).count() == 2
    for other in ({}, {"sku": product.sku}, {**query, "lot": "LOT-9"}):
        assert pharmacist.get(LOT, other).status_code == 404


def test_another_lot_is_entered_on_an_action_page_of_the_order(pharmacist):
    product, staff = factories.product(stock=10), factories.staff("Pharmacist")
    actions.receive_stock(product=product, quantity=2, lot="A-2", by=staff)
    order = factories.confirm(factories.order(lines=[(product, 2)]), by=staff)
    address = reverse("admin:delivery_order_step", args=[order.pk, "lot"])
    assert f"{product.sku}: LOT-1 × 2" in words_of(pharmacist.get(address))
    assert "Enter the SKU" in words_of(pharmacist.post(address, {"product": "x", "lot": "A-2"}))
    pharmacist.post(address, {"product": product.sku, "lot": "A-2"})
    page = reverse("admin:delivery_order_change", args=[order.pk])
    assert "A-2 2 g 2 $80.00" in words_of(pharmacist.get(page))


def test_a_technician_receives_and_counts_and_decides_nothing_else():
    product = factories.product(stock=10)
    technician, driver = (factories.client_for(factories.staff(group)) for group in ("Technician", "Driver"))
    assert technician.post(step(product, "receive"), {"quantity": "2", "lot": "LOT-2"}).status_code == 302
    assert technician.get(UPLOAD).status_code == 200
    product.refresh_from_db()
    assert product.stock == 12
    assert [technician.post(step(product, name), {}).status_code for name in ("write-off", "price")] == [403, 403]
    assert [driver.get(address).status_code for address in (UPLOAD, EXPORT, LOT)] == [403, 403, 403]
    assert factories.client_for(factories.staff("Auditor")).get(UPLOAD).status_code == 403


# --- The menu's rows ------------------------------------------------------------------------------------------------

NEW = "/admin/delivery/product/new/"


def typed(**over):
    row = {
        "sku": "TI-NEW-300", "name": "Harbor drops, 30 mL", "form": "tincture",
        "color": "green", "price_cents": "42.50", "weight_mg": "",
        "thc_mg": "300", "cbd_mg": "20", "low_stock_at": "5", "report_code": "99999000105", "report_unit": "02",
        "report_quantity": "30", "days_supply": "15",
    }  # fmt: skip
    return {**row, **over}


def test_add_product_counts_by_the_formula_and_is_sold_out(pharmacist):
    response = pharmacist.post(NEW, typed(), follow=True)
    product = Product.objects.get(sku="TI-NEW-300")
    assert (product.price_cents, product.amount_mg, product.stock, product.is_inhaled) == (4250, 1240, 0, False)
    reported = (product.report_code, product.report_unit, product.report_quantity, product.days_supply)
    assert reported == ("99999000105", "02", 30, 15)
    assert "Add a product: done." in response.content.decode()
    assert Event.objects.filter(action="product.add", outcome="done").count() == 1


def test_check_sku_is_new(pharmacist):
    factories.product(sku="TI-NEW-300", name="Older drops")
    assert "on the list already" in pharmacist.post(NEW, typed()).content.decode()
    assert Product.objects.get(sku="TI-NEW-300").name == "Older drops"


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"sku": "ti new"}, "Use capital letters"),
        ({"sku": "\x00"}, "Some characters"),
        ({"name": "Drops 🌿"}, "without emoji"),
        ({"name": "x" * 121}, "Shorten this to 120"),
        ({"price_cents": "0"}, "Enter a price"),
        ({"price_cents": "1e3"}, "Enter a price"),
        ({"weight_mg": "heavy"}, "Enter grams"),
        ({"thc_mg": "-1"}, "Enter 0 or more."),
        ({"thc_mg": "0", "cbd_mg": "0"}, "Enter the THC or CBD"),
        ({"form": "drink"}, "Choose one of the answers"),
        ({"report_code": "9999900010"}, "Enter the eleven digits"),
        ({"report_code": "99999-0001-05"}, "Enter the eleven digits"),
        ({"report_code": "９９９９９０００１０５"}, "Enter the eleven digits"),
        ({"report_unit": "04"}, "Choose one of the answers"),
        ({"report_quantity": "0"}, "Enter how much one item is"),
        ({"report_quantity": "1e9"}, "Enter how much one item is"),
        ({"report_quantity": "3.5555"}, "Enter how much one item is"),
        ({"days_supply": "366"}, "Enter 365 or less"),
    ],
)
def test_an_impossible_product_gets_a_sentence_and_stays_typed(pharmacist, over, sentence):
    page = pharmacist.post(NEW, typed(**over)).content.decode()
    assert sentence in page and 'value="20"' in page or "cbd_mg" in over
    assert not Product.objects.exists()


def test_a_product_is_changed_on_a_form_that_begins_with_its_values(pharmacist):
    product = factories.product(sku="FL-1", form="flower", weight_mg=3_500, is_inhaled=True)
    page = pharmacist.get(step(product, "edit")).content.decode()
    assert 'value="3.5"' in page and "checked" in page
    pharmacist.post(step(product, "edit"), typed(form="flower", weight_mg="7", name="Harbor Haze, 7 g"))
    product.refresh_from_db()
    assert (product.sku, product.amount_mg, product.name, product.is_inhaled) == (
        "FL-1",
        7_000,
        "Harbor Haze, 7 g",
        False,
    )


def test_only_staff_who_keep_the_menu_change_products():
    driver = factories.client_for(factories.staff("Driver"))
    assert (driver.get(NEW).status_code, driver.post(NEW, typed()).status_code) == (403, 403)
