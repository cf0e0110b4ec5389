"""Lists and pages of staff ask as many statements with many rows as with 3."""

from itertools import count
from uuid import uuid4

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from delivery import actions
from delivery.models import (
    AllotmentEntry,
    HandOver,
    ItemReport,
    Lot,
    Order,
    ReturnedItem,
    Run,
    StockMovement,
)
from pages.actions import add_note, answer_message, receive_message
from pages.models import ContactMessage
from tests import factories
from tests.delivery import door, people
from tests.delivery.test_door import bring_back
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
MOST = 300
DEAR = 60
numbers = count(1000)


@shared
def manager():
    return factories.staff("Manager")


@shared
def day(manager, monday):
    """One row for each list: a message that was answered, an order handed over and reported, and one brought back."""
    handed, returned = factories.order(), factories.order()
    run = door.under_way(door.run_of(handed, returned), monday)
    actions.hand_over(order=handed, run=run, answers=door.answers(handed), stated_at=None, by=run.driver)
    said = {"line": handed.lines.get(), "what": "wrong", "words": "It is another strain."}
    actions.report_item(order=handed, by=handed.placed_by, **said)
    bring_back(returned, run)
    actions.take_in(order=returned, by=factories.staff("Technician"))
    actions.record_allotment_entry(
        patient=handed.patient, day=timezone.localdate(), amount_mg=100, origin="counter", reason="Sold.", by=manager
    )
    message = receive_message(name="Lee", email="lee@example.org", message="Open?", address=None, by=None)
    answer_message(message=message, text="Yes.", way="email", seen=0, by=manager)
    add_note(message=message, text="Called.", by=manager)
    return run


@pytest.fixture
def asked(manager):
    """Return a function that returns how many statements a page asks, and the page."""

    def ask(address, client=None, **posted):
        client = client or factories.client_for(manager)
        client.get(reverse("admin:login"))
        with CaptureQueriesContext(connection) as queries:
            page = client.post(address, posted) if posted else client.get(address)
        assert page.status_code == 200
        return len(queries), page

    return ask


def like(row, times, **own):
    """Insert `times` rows like this row, fast; `own` names what each has of its own, and a function that makes it."""
    fields = {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields if not each.primary_key}
    with unguarded():
        return type(row).objects.bulk_create(
            type(row)(**{**fields, **{name: make() for name, make in own.items()}}) for _time in range(times)
        )


def like_orders(order, times):
    """Insert `times` orders like this order, each of a window's run at its own place; return them."""
    first = next(numbers)
    for _time in range(times):
        next(numbers)
    people.copy(order, times=times, first=first)
    return Order.objects.filter(number__in=[f"D-{n:04d}-COPY" for n in range(first, first + times)])


def more_hand_overs(hand_over, times):
    keys = iter(like_orders(hand_over.order, times).values_list("pk", flat=True))
    like(hand_over, times, order_id=lambda: next(keys))


def more_reports(report, times):
    """Insert reports, each of the line of another order."""
    orders = list(like_orders(report.order, times).values_list("pk", flat=True))
    keys = iter(orders)
    lines = iter([each.pk for each in like(report.line, times, order_id=lambda: next(keys))])
    keys_again = iter(orders)
    like(report, times, order_id=lambda: next(keys_again), line_id=lambda: next(lines))


def more_lots(lot, times):
    """Insert lots with something of each on the shelf."""
    received = StockMovement.objects.filter(kind="received", lot=lot.number, product=lot.product).first()
    made = like(lot, times, number=lambda: f"LOT-{next(numbers)}")
    names = iter([each.number for each in made])
    like(received, times, lot=lambda: next(names), entry_key=lambda: None)


MORE = {
    ContactMessage: lambda row, times: like(row, times, number=lambda: f"M-{next(numbers)}-COPY"),
    Run: lambda row, times: like(row, times, number=lambda: next(numbers), uuid=uuid4),
    HandOver: more_hand_overs,
    ReturnedItem: like,
    ItemReport: more_reports,
    StockMovement: like,
    AllotmentEntry: like,
    Lot: more_lots,
}


@pytest.mark.parametrize("model", MORE, ids=lambda model: model._meta.model_name)
def test_a_list_of_staff_asks_as_much_with_300_rows_as_with_3(model, day, asked):
    row = model.objects.order_by("pk").last()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    MORE[model](row, 2)
    asked(address)  # the first look may find more to ask
    few, page = asked(address)
    shown = len(page.context["cl"].result_list)
    assert shown >= 3
    MORE[model](row, MOST - 3)
    many, page = asked(address)
    assert len(page.context["cl"].result_list) == 50 > shown
    assert (many, many <= 20) == (few, True)


def of_a_message(_run):
    message = ContactMessage.objects.get()
    answer, note = message.answers.get(), message.notes.get()
    return reverse("admin:pages_contactmessage_change", args=[message.pk]), lambda times: (
        like(answer, times), like(note, times)
    )  # fmt: skip


def of_a_run(run):
    order = run.orders.first()
    return reverse("admin:delivery_run_change", args=[run.pk]), lambda times: like_orders(order, times)


def of_a_plan(run):
    """Orders in a run, orders without one, and runs."""
    order, nothing = run.orders.first(), lambda: None
    later = actions.make_run(window=run.window, by=factories.staff("Manager"))
    waits = {
        "number": lambda: f"D-{next(numbers)}-WAIT", "idempotency_key": uuid4, "status": lambda: "placed",
        "kept": lambda: "",
        **dict.fromkeys(("run_id", "position", "planned_at", "packed_at", "confirmed_at", "ended_at"), nothing),
    }  # fmt: skip
    return reverse("admin:delivery_run_plan", args=[run.window_id]), lambda times: (
        like_orders(order, times), like(order, times, **waits), MORE[Run](later, times)
    )  # fmt: skip


def of_a_returned_item(_run):
    item, pharmacist = ReturnedItem.objects.get(), factories.staff("Pharmacist")
    words = {"kind": "quarantined", "quantity": 1, "reason": "Opened.", "entry_key": uuid4()}
    decision = actions.decide_returned(item=item, by=pharmacist, **words)
    page = reverse("admin:delivery_returneditem_change", args=[item.pk])
    return page, lambda times: like(decision, times, entry_key=uuid4)


def of_who_got_a_lot(run):
    sold = StockMovement.objects.filter(kind="sold").first()

    def more(times):
        keys = iter(like_orders(sold.order, times).values_list("pk", flat=True))
        like(sold, times, order_id=lambda: next(keys))

    return f"{reverse('admin:delivery_stockmovement_lot')}?sku={sold.product.sku}&lot={sold.lot}", more


def of_packing(_run):
    """Lines of an order, each of a product with a lot of its own."""
    order = factories.confirmed_order(into=factories.window(factories.next_wednesday(1)))
    line = order.lines.get()
    lot = line.product.lots.get()

    def more(times):
        made = [each.pk for each in like(line.product, times, sku=lambda: f"SKU-{next(numbers)}")]
        for row in (lot, *StockMovement.objects.filter(product=line.product), line):
            keys = iter(made)
            like(row, times, product_id=lambda keys=keys: next(keys))

    return reverse("admin:delivery_order_step", args=[order.pk, "pack"]), more


@pytest.mark.parametrize(
    "page_of", [of_a_message, of_a_run, of_a_plan, of_a_returned_item, of_who_got_a_lot, of_packing]
)
def test_a_page_of_staff_asks_as_much_with_60_rows_as_with_3(page_of, day, asked):
    address, more = page_of(day)
    client = factories.client_for(factories.staff(is_superuser=True))
    more(2)
    asked(address, client)
    few, page = asked(address, client)
    length = len(page.content)
    more(DEAR - 3)
    many, page = asked(address, client)
    assert len(page.content) > length + 50 * DEAR  # the new rows are on the page
    assert (many, many <= 40) == (few, True)


@pytest.mark.parametrize(
    ("name", "status"),
    [*[(name, "placed") for name in ("confirm", "refuse", "move", "assign", "cancel")],
     *[(name, "confirmed") for name in ("pack", "days")]],
)  # fmt: skip
def test_the_page_for_many_orders_asks_as_much_for_60_as_for_3(name, status, monday, asked):
    orders = people.orders_of_many(DEAR)
    if status == "confirmed":
        today = timezone.localdate()
        actions.confirm_orders(orders=orders, monitoring_reviewed_date=today, by=factories.staff("Pharmacist"))
    client = factories.client_for(factories.staff(is_superuser=True))
    costs = []
    for some in (orders[:3], orders[:3], orders):
        keys = [order.pk for order in some]
        cost, page = asked(
            reverse("admin:delivery_order_changelist"), client, action=name, **{ACTION_CHECKBOX_NAME: keys}
        )
        assert len(page.context["will"]) == len(some)
        costs.append(cost)
    assert costs[2] == costs[1] <= 30


def test_the_page_for_many_returned_items_asks_as_much_for_60_as_for_3(day, asked):
    item = ReturnedItem.objects.get()
    keys = [item.pk, *[each.pk for each in like(item, DEAR - 1)]]
    address, client = (
        reverse("admin:delivery_returneditem_changelist"),
        factories.client_for(factories.staff("Manager")),
    )
    costs = [
        asked(address, client, action="decide", **{ACTION_CHECKBOX_NAME: some})[0]
        for some in (keys[:3], keys[:3], keys)
    ]
    assert costs[2] == costs[1] <= 20
