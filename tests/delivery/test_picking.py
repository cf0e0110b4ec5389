"""Packing an order by scanning the lot of each item: what is refused, and what the order holds afterwards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from delivery import actions, rules
from delivery.models import Lot, Order, Product
from tests import factories
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def product():
    return factories.product(stock=0, days_supply=10, price_cents=8000)


@shared
def pharmacist():
    return factories.staff("Pharmacist")


def receive(product, lot, quantity=5, *, days=365):
    """Receive some of a lot that is good for so many days from Monday; without details where `days` is None."""
    ends = None if days is None else timezone.localdate() + timedelta(days=days)
    details = ends and factories.lot_details(expires_date=ends)
    actions.receive_stock(product=product, quantity=quantity, lot=lot, details=details, by=None)
    product.refresh_from_db()


def confirmed(product, quantity=2):
    order = factories.confirm(factories.order(lines=[(product, quantity)]))
    return order, order.lines.select_related("product", "order__window").get()


def pack(order, by, *lots, **more):
    return actions.pack_order(order=order, lots={order.lines.get().pk: lots}, by=by, **more)


def test_pack_order_takes_each_item_from_the_lot_that_was_scanned(product, pharmacist):
    receive(product, "SOON", days=30)
    receive(product, "LATE", days=90)
    order, line = confirmed(product, 3)
    pack(order, pharmacist, "SOON", "LATE", "LATE")
    assert rules.lots_of(line) == [("LATE", 2), ("SOON", 1)]
    assert rules.lots_with_stock(product) == [("SOON", 4), ("LATE", 3)]
    assert sorted(order.units.values_list("lot_number", flat=True)) == ["LATE", "LATE", "SOON"]
    assert Product.objects.get().stock == 7 and rules.stock_mismatches() == []


def test_pack_order_gives_a_lot_to_what_had_none(product, pharmacist):
    receive(product, "TOMORROW", days=1)
    order, line = confirmed(product)
    assert rules.lots_of(line) == []
    receive(product, "NEW", quantity=2)
    assert rules.suggested_lots(line, today=timezone.localdate()) == ["NEW", "NEW"]
    pack(order, pharmacist, "NEW", "NEW")
    assert rules.lots_of(line) == [("NEW", 2)]


def test_check_lot_is_of_product_names_the_product_it_is_of(product):
    receive(product, "OURS")
    other = factories.product(name="Quiet Capsules", stock=0)
    receive(other, "THEIRS")
    with pytest.raises(rules.StockError, match="THEIRS is of Quiet Capsules, not of Harbor Mist Tincture. Put this"):
        rules.check_lot_is_of_product(product, "THEIRS")
    with pytest.raises(rules.StockError, match="No lot NOBODYS was received. Check the label"):
        rules.check_lot_is_of_product(product, "NOBODYS")
    receive(other, "OURS")
    rules.check_lot_is_of_product(product, "OURS")


def test_check_lot_is_not_in_quarantine_refuses_a_lot_that_is_set_aside(product, pharmacist):
    receive(product, "LOT-2")
    rules.check_lot_is_not_in_quarantine(product, "LOT-2")
    actions.quarantine_lot(lot=Lot.objects.get(), reason="A seal", by=pharmacist)
    with pytest.raises(rules.StockError, match="Lot LOT-2 is in quarantine. Put the item aside"):
        rules.check_lot_is_not_in_quarantine(product, "LOT-2")


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (0, "good until Monday, November 23, 2026, before the delivery on Wednesday"),
        (1, "good until Tuesday, November 24, 2026, before the delivery on Wednesday"),
        (None, "nobody has entered the details of lot OTHER"),
    ],
)
def test_check_scanned_lot_refuses_what_is_not_good_on_wednesday(product, pharmacist, days, sentence):
    receive(product, "GOOD")
    order, line = confirmed(product)
    receive(product, "OTHER", days=days)
    with pytest.raises(rules.StockError, match=sentence):
        pack(order, pharmacist, "GOOD", "OTHER")
    assert rules.lots_of(line) == [("GOOD", 2)] and not order.units.exists()


def test_check_scanned_lot_refuses_a_lot_that_has_ended(product, monday):
    receive(product, "GOOD")
    receive(product, "GONE", days=0)
    _order, line = confirmed(product)
    monday.shift(timedelta(days=1))
    with pytest.raises(rules.StockError, match="Lot GONE ended on Monday, November 23, 2026. Put it aside"):
        rules.check_scanned_lot(line, "GONE", today=timezone.localdate())


def test_check_lot_has_enough_counts_what_the_order_holds_and_no_other_order(product, pharmacist):
    receive(product, "FEW", quantity=3, days=30)
    receive(product, "MANY")
    confirmed(product, 1)  # holds one of FEW
    order, line = confirmed(product, 3)
    assert rules.available_of_lot(line, "FEW") == 2
    with pytest.raises(rules.StockError, match="Lot FEW has only 2 for this order; other orders have the rest"):
        pack(order, pharmacist, "FEW", "FEW", "FEW")
    pack(order, pharmacist, "FEW", "FEW", "MANY")


@pytest.mark.parametrize("lots", [["LOT-2"], ["LOT-2"] * 3, []])
def test_check_scanned_is_as_ordered_refuses_another_number_of_items(product, pharmacist, lots):
    receive(product, "LOT-2")
    order, _line = confirmed(product)
    with pytest.raises(rules.ChangedError, match="The order has changed meanwhile"):
        pack(order, pharmacist, *lots)


def test_check_scanned_lots_looks_at_each_line(product, pharmacist):
    receive(product, "LOT-2")
    other = factories.product(name="Quiet Capsules", stock=5)
    order = factories.confirm(factories.order(lines=[(product, 1), (other, 2)]))
    lines = list(order.lines.select_related("product", "order__window"))
    scanned = {line.pk: ["LOT-2"] * line.quantity for line in lines}
    with pytest.raises(rules.StockError, match="not of Quiet Capsules"):
        rules.check_scanned_lots(lines, scanned, today=timezone.localdate())


# --- The page -------------------------------------------------------------------------------------------------------


def page_of(order, name="pack"):
    return reverse("admin:delivery_order_step", args=[order.pk, name])


def boxes(line, *lots, **more):
    return {f"lot-{line.pk}-{number}": lot for number, lot in enumerate(lots, start=1)} | more


def test_the_page_names_the_lot_of_each_item_and_takes_what_is_scanned(product, pharmacist):
    receive(product, "Soon-1", quantity=1, days=30)
    receive(product, "LATE", days=90)
    order, line = confirmed(product)
    client = factories.client_for(pharmacist)
    words = words_of(client.get(page_of(order)))
    assert "Take from Soon-1 good until Dec 23, 2026" in words and "Take from LATE good until Feb 21, 2027" in words
    done = client.post(page_of(order), boxes(line, " soon-1 ", "late"))
    assert done.status_code == 302
    assert rules.lots_of(line) == [("LATE", 1), ("Soon-1", 1)]


@pytest.mark.parametrize(
    ("lot", "sentence"),
    [
        ("", "Scan the lot of this item, or type it."),
        ("NOBODYS", "No lot NOBODYS was received."),
        ("=1+1", "No lot =1+1 was received."),
        ("x" * 41, "This is longer than a lot. Scan one item into each box."),
        ("\0", "Some characters here cannot be read."),
        ("ÉTÉ🌿", "No lot ÉTÉ🌿 was received."),
        ("TOMORROW", "before the delivery on Wednesday, November 25, 2026. Take another lot."),
        ("FEW", "Lot FEW has only 1 for this order"),
    ],
)
def test_a_wrong_lot_is_told_at_its_box_and_the_others_stay_typed(product, pharmacist, lot, sentence):
    receive(product, "LOT-2")
    receive(product, "FEW", quantity=1)
    order, line = confirmed(product, 3)
    receive(product, "TOMORROW", days=1)
    client = factories.client_for(pharmacist)
    typed = boxes(line, "LOT-2", "FEW", lot, **{f"days_{line.pk}": "12"})
    page = client.post(page_of(order), typed)
    form = page.context["form"]
    assert sentence in " ".join(form.errors[f"lot-{line.pk}-3"]) and list(form.errors) == [f"lot-{line.pk}-3"]
    assert sentence in words_of(page)
    assert form[f"lot-{line.pk}-1"].value() == "LOT-2" and form[f"days_{line.pk}"].value() == "12"
    assert Order.objects.get().status == "confirmed"


@pytest.mark.parametrize("days", ["0", "366", "1e9", "ten", "１０"])
def test_bad_days_get_a_sentence(product, pharmacist, days):
    receive(product, "LOT-2")
    order, line = confirmed(product)
    page = factories.client_for(pharmacist).post(
        page_of(order), boxes(line, "LOT-2", "LOT-2", **{f"days_{line.pk}": days})
    )
    assert page.context["form"].errors.keys() == {f"days_{line.pk}"}
    assert Order.objects.get().status == "confirmed"


def reviewed(product, by):
    """Return an order that is confirmed, without days stated."""
    order = actions.confirm_order(
        order=factories.order(lines=[(product, 2)]), monitoring_reviewed_date=timezone.localdate(), by=by
    )
    return order, order.lines.get()


def test_a_pharmacist_states_the_days_by_packing_and_a_technician_reads_them(product, pharmacist):
    receive(product, "LOT-2")
    order, line = reviewed(product, pharmacist)
    technician = factories.client_for(factories.staff("Technician"))
    words = words_of(technician.get(page_of(order)))
    assert "A pharmacist has to state the days’ supply before this can be packed." in words
    assert f"days_{line.pk}" not in technician.get(page_of(order)).content.decode()
    sneaked = boxes(line, "LOT-2", "LOT-2", **{f"days_{line.pk}": "5"})
    refused = words_of(technician.post(page_of(order), sneaked))
    assert "A pharmacist has to state the days’ supply first: Harbor Mist Tincture." in refused
    client = factories.client_for(pharmacist)
    assert 'value="10"' in client.get(page_of(order)).content.decode()
    assert client.post(page_of(order), {**sneaked, f"days_{line.pk}": "12"}).status_code == 302
    line.refresh_from_db()
    assert (line.days, line.days_by) == (12, pharmacist)


def test_a_pharmacist_states_the_days_of_one_order_and_of_many(product, pharmacist):
    receive(product, "LOT-2", quantity=9)
    one, line = reviewed(product, pharmacist)
    client = factories.client_for(pharmacist)
    assert client.post(page_of(one, "days"), {f"days_{line.pk}": "12"}).status_code == 302
    other, other_line = reviewed(product, pharmacist)
    packed = factories.packed_order()
    address = reverse("admin:delivery_order_changelist") + "?status=all"
    chosen = {"action": "days", "_selected_action": [one.pk, other.pk, packed.pk]}
    words = words_of(client.post(address, chosen))
    assert "Harbor Mist Tincture: 12 days" in words and "Harbor Mist Tincture: 10 days" in words
    assert f"{packed.number}, Rosa Delgado The days’ supply is stated while an order is confirmed" in words
    client.post(address, {**chosen, "perform": "1", "_selected_action": [one.pk, other.pk], "left_out": packed.pk})
    for each in (line, other_line):
        each.refresh_from_db()
    assert (line.days, other_line.days, other_line.days_by) == (12, 10, pharmacist)
    technician = factories.client_for(factories.staff("Technician"))
    assert "One item lasts 12 days, as" in words_of(technician.get(page_of(one)))
    assert technician.get(page_of(one, "days")).status_code == 403


def test_many_orders_are_packed_from_the_lots_that_are_suggested(product):
    receive(product, "SOON", quantity=3, days=30)
    receive(product, "LATE", days=90)
    orders = [confirmed(product)[0] for _time in range(2)]
    client = factories.client_for(factories.staff("Technician"))
    address = reverse("admin:delivery_order_changelist") + "?status=confirmed"
    chosen = {"action": "pack", "_selected_action": [order.pk for order in orders]}
    assert "each item from the lot that is suggested" in words_of(client.post(address, chosen))
    client.post(address, {**chosen, "perform": "1"})
    assert set(Order.objects.values_list("status", flat=True)) == {"packed"}
    assert rules.lots_with_stock(product) == [("LATE", 4)]
