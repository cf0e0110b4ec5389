"""Packing an order, unpacking it, and what becomes of a packed order that changes."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.actions.staff import STAFF_GROUPS
from delivery import actions, rules
from delivery.models import Order, Product
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def technician():
    return factories.staff("Technician")


def now_of(order):
    return Order.objects.get(pk=order.pk)


def hold_of(order):
    """Return booked places, stock, lots of the order, and the patient's allotment left on its day."""
    order = now_of(order)
    (line,) = order.lines.all()
    left = rules.allotment_left_mg(
        patient=order.patient, day=order.window.date, certification=order.certification, days=30
    )
    return order.window.booked, line.product.stock, rules.lots_of(line), left


def test_pack_order_keeps_the_hold_and_writes_no_message(technician):
    order = factories.confirmed_order()
    held, told = hold_of(order), Notification.objects.count()
    for _time in range(2):
        packed = actions.pack_order(order=order, by=technician)
    assert (packed.status, packed.packed_at is not None) == ("packed", True)
    assert (hold_of(order), Notification.objects.count()) == (held, told)
    assert held == (1, 48, [("LOT-1", 2)], 99_223 - 2_000)


def test_pack_order_refuses_what_is_not_confirmed(technician):
    order = factories.order()
    with pytest.raises(rules.TransitionError, match="not confirmed yet: a pharmacist reviews it first"):
        actions.pack_order(order=order, by=technician)
    actions.cancel_order(order=order, by=order.placed_by)
    with pytest.raises(rules.TransitionError, match="This order is cancelled"):
        actions.pack_order(order=order, by=technician)


def test_check_can_be_packed_refuses_a_lot_in_quarantine(technician):
    order = factories.confirmed_order()
    product = order.lines.get().product
    held = {"product": product, "lot": "LOT-1", "reason": "Seal", "by": factories.staff("Pharmacist")}
    actions.quarantine_stock(quantity=47, **held)
    rules.check_can_be_packed(order)  # one of the lot can still be ordered, so only some of it is set aside
    actions.quarantine_stock(quantity=1, **held)
    with pytest.raises(rules.StockError, match="lot LOT-1 is in quarantine. Take another lot, or enter it as short"):
        actions.pack_order(order=order, by=technician)
    assert now_of(order).status == "confirmed"
    actions.receive_stock(product=product, quantity=5, lot="LOT-2", details=factories.lot_details(), by=None)
    actions.change_lot(order=order, product=product, lot="LOT-2", by=technician)
    assert actions.pack_order(order=order, by=technician).status == "packed"


def test_check_line_can_be_packed_refuses_items_without_a_lot():
    order = factories.confirmed_order()
    with unguarded():
        order.movements.update(lot="")
    with pytest.raises(rules.StockError, match="Harbor Mist Tincture: no lot has 2 of it"):
        rules.check_line_can_be_packed(order.lines.get())


def test_unpack_order_keeps_the_hold(technician):
    order = factories.packed_order()
    held = hold_of(order)
    for _time in range(2):
        actions.unpack_order(order=order, by=technician)
    assert (now_of(order).status, now_of(order).packed_at, hold_of(order)) == ("confirmed", None, held)


@pytest.mark.parametrize(("verb", "status"), [("cancel", "cancelled"), ("refuse", "refused")])
def test_a_packed_order_that_staff_end_gives_everything_back(verb, status):
    order = factories.packed_order()
    action = {"cancel": actions.cancel_order, "refuse": actions.refuse_order}[verb]
    action(order=order, reason="Recalled.", by=factories.staff("Manager"))
    assert now_of(order).status == status
    assert hold_of(order) == (0, 50, [], 99_223)


def test_a_packed_order_that_moves_is_unpacked_and_keeps_its_stock():
    order = factories.packed_order()
    later = factories.window(factories.next_wednesday(weeks=1))
    actions.move_order(order=order, window=later, by=order.placed_by)
    moved = now_of(order)
    assert (moved.status, moved.packed_at, moved.window) == ("confirmed", None, later)
    assert hold_of(order) == (1, 48, [("LOT-1", 2)], 99_223 - 2_000)


def leave(order, status="out_for_delivery", **times):
    """Write a later status, as the run of a driver does."""
    with unguarded():
        Order.objects.filter(pk=order.pk).update(status=status, **times)
    return now_of(order)


def test_an_order_that_has_left_holds_everything_and_cannot_be_changed(monday):
    order = leave(factories.packed_order())
    manager = factories.staff("Manager")
    later = factories.window(factories.next_wednesday(weeks=1))
    tries = [
        lambda: actions.cancel_order(order=order, by=manager),
        lambda: actions.refuse_order(order=order, reason="Recalled.", by=manager),
        lambda: actions.move_order(order=order, window=later, by=manager),
        lambda: actions.change_lot(order=order, product=Product.objects.get(), lot="LOT-1", by=manager),
        lambda: actions.unpack_order(order=order, by=manager),
    ]
    for attempt in tries:
        with pytest.raises(rules.TransitionError):
            attempt()
    actions.undo_uncovered_orders(patient=order.patient, from_day=order.window.date, by=None)
    actions.close_date(day=order.window.date, reason="Snow", is_moving=False, by=manager)
    assert actions.lapse_orders(now=order.window.ends_at + timedelta(hours=14), by=None) == 0
    assert (now_of(order).status, hold_of(order)) == ("out_for_delivery", (1, 48, [("LOT-1", 2)], 97_223))


def test_a_delivered_order_counts_for_ever_and_a_returned_one_until_it_is_taken_in(monday):
    order = factories.packed_order()
    ended = {"ended_at": order.window.ends_at}
    for status, taken_in_at, left in (
        ("delivered", None, 97_223), ("returned", None, 97_223), ("returned", order.window.ends_at, 99_223),
    ):  # fmt: skip
        leave(order, status, taken_in_at=taken_in_at, **ended)
        assert hold_of(order)[3] == left
        assert bool(rules.window_mismatches()) is (taken_in_at is not None)  # take_in gives the place back


def test_items_on_the_way_are_not_on_the_shelf_that_is_counted():
    product = factories.product()
    order = factories.packed_order(lines=[(product, 2)])
    assert rules.held_by_orders(product) == 2
    leave(order)
    assert rules.held_by_orders(product) == 0


def test_the_pages_of_patients_and_drivers_name_each_status(client):
    order = factories.packed_order()
    client = factories.client_for(order.placed_by)
    says = {
        "packed": "Your order is packed", "out_for_delivery": "Your order is on its way",
        "delivered": "Your order was delivered", "returned": "We could not hand over this order",
    }  # fmt: skip
    account = factories.staff("Driver")
    actions.make_run(window=order.window, orders=[order], driver=account, by=factories.staff("Manager"))
    driver, sheet = factories.client_for(account), reverse("delivery:run-detail", args=[Order.objects.get().run.uuid])
    for status, title in says.items():
        leave(order, status, ended_at=order.packed_at if status in ("delivered", "returned") else None)
        page = people.words_of(client.get(people.url("order-detail", order.number)))
        assert title in page and ("Cancel this order" in page) is (status == "packed")
        seen = driver.get(sheet).context["sheet"]
        assert bool(seen.at_hand or seen.not_left) is (status in ("packed", "out_for_delivery"))
        calendar = client.get(people.url("order-calendar", order.number)).content.decode()
        assert ("STATUS:CANCELLED" in calendar) is (status == "returned")


def test_technicians_and_pharmacists_pack():
    assert {group for group, codes in STAFF_GROUPS.items() if "delivery.pack_order" in codes} == {
        "Technician",
        "Pharmacist",
    }


def test_an_order_confirmed_before_the_portal_knew_what_leaves_does_not_lapse():
    order = factories.confirmed_order()
    with unguarded():
        Order.objects.filter(pk=order.pk).update(monitoring_reviewed_date=None, predates_review=True)
    assert actions.lapse_orders(now=order.window.ends_at + timedelta(days=30), by=None) == 0
    assert Order.objects.get(pk=order.pk).status == Order.Status.CONFIRMED
