"""What is short when an order is packed: what is offered, who answers, and what the order becomes."""

from datetime import date, timedelta

import pytest
from django.db.models import Sum
from django.urls import reverse

from delivery import actions, rules
from delivery.models import Order, Product, Shortage
from delivery.presenters.shortages import changes_of, questions_of, shortages_of
from delivery.writes.locks import lock_order
from delivery.writes.shortages import settle_unanswered
from notifications.actions import send_due
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.test_models import refused
from tests.guard import unguarded
from tests.mails import delivered
from tests.shared import shared

pytestmark = pytest.mark.django_db
STEP = "admin:delivery_order_step"


@shared
def technician():
    return factories.staff("Technician")


@shared
def order():
    """A confirmed order of two tinctures for $80 and three capsules for $60, with a substitute for the tinctures."""
    tincture = factories.product(sku="TIN", stock=10)
    capsule = factories.product(sku="CAP", name="Quiet Capsules", form="capsule", price_cents=2000, stock=10)
    factories.product(sku="SUB", name="Harbor Dusk Tincture", price_cents=4500, thc_mg=300, stock=10)
    return factories.confirmed_order(lines=[(tincture, 2), (capsule, 3)])


def now_of(order):
    return Order.objects.get(pk=order.pk)


def line_of(order, sku="TIN"):
    return order.lines.select_related("product").get(product__sku=sku)


def change(order, kind, by, *, sku="TIN", **offer):
    return actions.change_order(order=order, line=line_of(order, sku), kind=kind, by=by, **offer)


def product(sku):
    return Product.objects.get(sku=sku)


def answer(order, is_accepted, by=None):
    shortage = order.shortages.latest("pk")
    return actions.answer_shortage(order=order, shortage=shortage, is_accepted=is_accepted, by=by or order.placed_by)


def state_of(order):
    """Return lines, total and amount of an order, after looking whether it agrees with stock and places."""
    order = now_of(order)
    held = dict(order.movements.held().values_list("product__sku").annotate(total=Sum("quantity")))
    lines = {line.product.sku: (line.quantity, line.unit_price_cents) for line in order.lines.select_related("product")}
    assert not rules.stock_mismatches() and not rules.window_mismatches()
    if order.has_hold:
        assert {sku: -total for sku, total in held.items() if total} == {sku: row[0] for sku, row in lines.items()}
    return lines, order.subtotal_cents, order.amount_mg


def told(kind):
    return Notification.objects.filter(kind=kind).count()


# --- Entering what is short -----------------------------------------------------------------------------------------


def test_change_order_drops_a_line_and_tells_the_new_cash(order, technician):
    shortage = change(order, "drop", technician)
    assert state_of(order) == ({"CAP": (3, 2000)}, 6000, 3000)  # below the minimum of $75: the shortage is ours
    assert (shortage.answer, shortage.how, product("TIN").stock) == ("dropped", "staff", 8)
    assert rules.quarantined(product("TIN")) == 0
    assert (told("order_changed"), told("order_short")) == (1, 0)
    send_due(by=None)
    body = delivered()[-1].body
    assert "Have exactly $60.00 in cash ready" in body and "Tincture" not in body


def test_change_order_lessens_a_line_and_asks(order, technician):
    change(order, "lessen", technician, quantity=1)
    assert state_of(order) == ({"TIN": (1, 4000), "CAP": (3, 2000)}, 10_000, 4000)
    assert product("TIN").stock == 8  # what is missing cannot be ordered by somebody else
    send_due(by=None)
    body = delivered()[-1].body
    assert "The total is $100.00 with it and $60.00 without it" in body and "Tincture" not in body
    assert f"/delivery/orders/{order.number}/" in body


def test_change_order_puts_a_substitute_that_costs_no_more(order, technician):
    change(order, "substitute", technician, quantity=2, substitute=product("SUB"))
    assert state_of(order) == ({"SUB": (2, 4000), "CAP": (3, 2000)}, 14_000, 5400)
    assert (product("SUB").stock, product("TIN").stock) == (8, 8)
    assert rules.lots_of(line_of(now_of(order), "SUB")) == [("LOT-1", 2)]


def test_change_order_cancels_an_order_without_a_line(technician):
    order = factories.confirmed_order()
    line = order.lines.get()
    actions.change_order(order=order, line=line, kind="drop", by=technician)
    ended = now_of(order)
    assert (ended.status, ended.ended_reason) == ("cancelled", rules.NOTHING_LEFT)
    assert (ended.window.booked, Product.objects.get().stock) == (0, 48)
    assert (told("order_cancelled"), told("order_changed")) == (1, 0)


def test_items_of_a_lot_in_quarantine_stay_there(order, technician):
    apart = {"product": product("TIN"), "lot": "LOT-1", "reason": "Seal", "by": factories.staff("Pharmacist")}
    actions.quarantine_stock(quantity=8, **apart)
    change(order, "drop", technician)
    assert (rules.quarantined(product("TIN"), "LOT-1"), product("TIN").stock) == (10, 0)


def test_check_may_be_changed_refuses_placed_and_closed_orders(technician):
    order = factories.order()
    with pytest.raises(rules.TransitionError, match="not confirmed yet"):
        rules.check_may_be_changed(order)
    with pytest.raises(rules.TransitionError, match="This order is out for delivery"):
        rules.check_may_be_changed(Order(status="out_for_delivery"))


def test_a_packed_order_stays_packed(order, technician):
    actions.pack_order(order=order, by=technician)
    change(order, "lessen", technician, quantity=1)
    assert now_of(order).status == "packed"


@pytest.mark.parametrize("by_phone", [True, False])
def test_a_packed_order_is_packed_again_without_what_the_orderer_does_not_take(order, technician, by_phone):
    """Otherwise the bag goes out with items that are neither paid nor counted."""
    change(order, "lessen", technician, quantity=1)
    actions.pack_order(order=order, by=technician)
    answer(order, is_accepted=False, by=technician if by_phone else None)
    assert (now_of(order).status, now_of(order).packed_at) == ("confirmed", None)
    change(order, "lessen", technician, sku="CAP", quantity=2)
    actions.pack_order(order=order, by=technician)
    answer(order, is_accepted=True)
    assert now_of(order).status == "packed"


def test_check_line_waits_for_no_answer_and_check_is_in_order(order, technician):
    """The second of two technicians reads what the first has done."""
    stale = line_of(order)
    change(order, "lessen", technician, quantity=1)
    with pytest.raises(rules.TransitionError, match="waits for an answer already"):
        change(order, "drop", technician)
    answer(order, is_accepted=False)
    with pytest.raises(rules.TransitionError, match="no longer in the order"):
        actions.change_order(order=order, line=stale, kind="drop", by=technician)
    assert order.shortages.count() == 1


@pytest.mark.parametrize(
    ("kind", "quantity", "sku", "words"),
    [
        ("lessen", 2, None, "from 1 to 1"),
        ("lessen", 0, None, "from 1 to 1"),
        ("substitute", 3, "SUB", "from 1 to 2"),
        ("substitute", 1, None, "Choose the product"),
        ("substitute", 1, "CAP", "too different"),
        ("substitute", 1, "TIN", "in this order already"),
    ],
)
def test_check_offer_and_check_is_chosen_refuse(order, technician, kind, quantity, sku, words):
    before = state_of(order)
    with pytest.raises(rules.DeliveryError, match=words):
        change(order, kind, technician, quantity=quantity, substitute=sku and product(sku))
    assert (state_of(order), Shortage.objects.count(), told("order_short")) == (before, 0, 0)


def test_check_offer_of_fewer_than_one_is_refused(order):
    line = line_of(order)
    line.quantity = 1
    with pytest.raises(rules.QuantityError, match="Only one was ordered"):
        rules.check_offer(line, "lessen", 1)


def test_check_is_close_takes_a_quarter_more_or_less(order):
    line = line_of(order)
    for more, is_close in (({"price_cents": 5000}, True), ({"price_cents": 5001}, False), ({"thc_mg": 312}, True),
                           ({"thc_mg": 313}, False), ({"form": "capsule"}, False)):  # fmt: skip
        sentence = rules.refusal_of(rules.check_is_close, line, factories.product(**more))
        assert ("too different" in sentence) is not is_close, more


def test_check_substitute_asks_for_stock_allotment_and_menu(order):
    line, fits = line_of(order), product("SUB")
    rules.check_substitute(order, line, fits, 2)
    assert rules.substitutes_for(order, line) == [fits]
    for over, error in (({"stock": 1}, rules.StockError), ({"is_active": False}, rules.ProductError)):
        with pytest.raises(error):
            rules.check_substitute(order, line, factories.product(**over), 2)
    with unguarded():
        Product.objects.filter(pk=fits.pk).update(weight_mg=97_000, amount_mg=97_000)
    with pytest.raises(rules.AllotmentError):
        rules.check_substitute(order, line, product("SUB"), 1)
    assert product("SUB") not in rules.substitutes_for(order, line)


def test_a_substitute_waits_for_a_pharmacist_who_states_its_days(order, technician):
    change(order, "substitute", technician, quantity=2, substitute=product("SUB"))
    answer(order, is_accepted=True)
    with pytest.raises(rules.ReviewError, match="state the days’ supply first"):
        actions.pack_order(order=order, by=technician)
    factories.state_days(now_of(order))
    assert actions.pack_order(order=order, by=technician).status == "packed"


def test_check_may_put_substitute_into_a_packed_order_is_a_pharmacists(order, technician):
    pharmacist = factories.staff("Pharmacist")
    actions.pack_order(order=order, by=technician)
    with pytest.raises(rules.TransitionError, match="Unpack the order first"):
        change(order, "substitute", technician, quantity=2, substitute=product("SUB"))
    change(order, "substitute", pharmacist, quantity=2, substitute=product("SUB"))
    line = order.lines.get(product=product("SUB"))
    assert (line.days, line.days_by) == (line.product.days_supply, pharmacist)
    assert order.units.filter(place="bag", product=line.product).count() == 2


def test_check_substitute_refuses_an_inhaled_product_for_a_child(order):
    inhaled = factories.product(is_inhaled=True)
    order.patient.birth_date = date(2014, 5, 1)
    with pytest.raises(rules.ProductError, match="under 18"):
        rules.check_substitute(order, line_of(order), inhaled, 1)


# --- Answering ------------------------------------------------------------------------------------------------------


def test_an_accepted_offer_stays_as_it_is(order, technician):
    change(order, "substitute", technician, quantity=2, substitute=product("SUB"))
    before = state_of(order)
    answer(order, is_accepted=True)
    shortage = order.shortages.get()
    assert state_of(order) == before
    assert (shortage.answer, shortage.how, shortage.answered_by) == ("accepted", "link", order.placed_by)


def test_a_dropped_offer_gives_its_items_back(order, technician):
    change(order, "substitute", technician, quantity=2, substitute=product("SUB"))
    answer(order, is_accepted=False, by=technician)
    assert state_of(order) == ({"CAP": (3, 2000)}, 6000, 3000)
    assert (product("SUB").stock, order.shortages.get().how, told("order_changed")) == (10, "phone", 1)


def test_check_can_be_answered_says_answered_and_too_late(order, technician):
    change(order, "lessen", technician, quantity=1)
    answer(order, is_accepted=True)
    with pytest.raises(rules.TransitionError, match="answered already: accepted"):
        answer(order, is_accepted=False)
    leave(order)
    with pytest.raises(rules.TransitionError, match="too late to answer"):
        answer(order, is_accepted=False)
    assert order.shortages.get().answer == "accepted"


def leave(order):
    """Write the status of an order on its way, as the run of a driver does."""
    with unguarded():
        Order.objects.filter(pk=order.pk).update(status="out_for_delivery", packed_at=order.confirmed_at)


def test_an_answer_by_somebody_else_is_refused(order, technician):
    change(order, "lessen", technician, quantity=1)
    with pytest.raises(rules.OrdererError):
        answer(order, is_accepted=True, by=factories.user())
    stranger = factories.client_for(factories.patient().user)
    post = {"shortage": order.shortages.get().pk, "answer": "accepted"}
    assert stranger.post(people.url("order-answer", order.number), post).status_code == 404
    assert not order.shortages.get().is_answered


def test_settle_unanswered_drops_what_nobody_answered(order, technician):
    change(order, "lessen", technician, quantity=1)
    change(order, "lessen", technician, sku="CAP", quantity=2)
    answer(order, is_accepted=True)  # the capsules
    with unguarded():
        settled = settle_unanswered(lock_order(order), by=None)
    assert (settled.status, state_of(order)) == ("confirmed", ({"CAP": (2, 2000)}, 4000, 2000))
    assert [(each.answer, each.how) for each in order.shortages.all()] == [("dropped", "nobody"), ("accepted", "link")]


def test_settle_unanswered_cancels_an_order_of_which_nothing_is_left(order, technician):
    change(order, "lessen", technician, quantity=1)
    change(order, "lessen", technician, sku="CAP", quantity=2)
    with unguarded():
        settled = settle_unanswered(lock_order(order), by=None)
    assert (settled.status, now_of(order).window.booked) == ("cancelled", 0)
    assert (product("TIN").stock, product("CAP").stock) == (9, 9)  # one of each was not found
    assert not order.shortages.unanswered().exists()


@pytest.mark.parametrize("end", ["cancel", "lapse"])
def test_an_order_that_ends_closes_its_questions(order, technician, end):
    """The patient cancels while it is being packed, or nobody brings it."""
    change(order, "lessen", technician, quantity=1)
    if end == "cancel":
        actions.cancel_order(order=order, by=order.placed_by)
    else:
        assert actions.lapse_orders(now=order.window.ends_at + timedelta(hours=14), by=None) == 1
    assert not order.shortages.unanswered().exists() and questions_of(now_of(order)) == []
    assert (product("TIN").stock, product("CAP").stock, now_of(order).window.booked) == (9, 10, 0)
    with pytest.raises(rules.TransitionError):
        actions.pack_order(order=order, by=technician)
    send_due(by=None)
    assert not [mail for mail in delivered() if "we need your answer" in mail.subject]  # it no longer holds


def test_changes_are_told_in_words(order, technician):
    change(order, "substitute", technician, quantity=1, substitute=product("SUB"))
    (question,) = questions_of(now_of(order))
    assert question.sentence == (
        "Harbor Mist Tincture is short. We can bring 1 × Harbor Dusk Tincture instead, at $40.00 each."
    )
    assert (question.accept, question.with_cents, question.without_cents) == (
        "Take 1 × Harbor Dusk Tincture", 10_000, 6000,
    )  # fmt: skip
    answer(order, is_accepted=True)
    (told_change,) = changes_of(shortages_of(now_of(order)))
    assert told_change.sentence == "1 × Harbor Dusk Tincture in the place of 2 × Harbor Mist Tincture"


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_the_orderer_answers_on_the_page_of_the_order(order, technician):
    client = factories.client_for(order.placed_by)
    change(order, "lessen", technician, quantity=1)
    page = people.words_of(client.get(people.url("order-detail", order.number)))
    assert "We have only 1 of the 2 × Harbor Mist Tincture" in page and "Take 1" in page
    address, post = people.url("order-answer", order.number), {"shortage": order.shortages.get().pk}
    assert "Choose one of the two answers" in people.words_of(client.post(address, post, follow=True))
    done = people.words_of(client.post(address, {**post, "answer": "dropped"}, follow=True))
    assert "Your answer is entered" in done and "2 × Harbor Mist Tincture: left out" in done and "$60.00" in done
    again = people.words_of(client.post(address, {**post, "answer": "accepted"}, follow=True))
    assert "answered already: left out" in again


def test_a_technician_packs_by_a_checklist_and_enters_what_is_short(order, technician):
    client = factories.client_for(technician)
    pack, short, said = (reverse(STEP, args=[order.pk, name]) for name in ("pack", "short", "answer"))
    page = people.words_of(client.get(pack))
    assert "2 × Harbor Mist Tincture Tincture, TIN Short Harbor Mist Tincture" in page
    assert page.count("Take from LOT-1 good until Nov 23, 2027") == 5
    line = line_of(order)
    asked = client.get(short, {"line": line.pk}).content.decode()
    assert asked.count("checked") == 1  # the line that was pressed
    assert "Harbor Dusk Tincture, $45.00, 10 in stock" in asked
    wrong = people.words_of(client.post(short, {"line": line.pk, "kind": "lessen", "quantity": "2"}))
    assert "Enter how many you have, from 1 to 1." in wrong
    done = client.post(short, {"line": line.pk, "kind": "lessen", "quantity": "1"}, follow=True)
    assert "Waits for an answer" in people.words_of(done) and done.request["PATH_INFO"] == pack
    shortage = order.shortages.get()
    assert "We have only 1 of the 2" in people.words_of(client.get(said))
    client.post(said, {"said": f"{shortage.pk}-1"})
    client.post(pack, people.scanned(order))
    assert (now_of(order).status, order.shortages.get().how) == ("packed", "phone")
    shown = people.words_of(client.get(reverse("admin:delivery_order_change", args=[order.pk])))
    assert "What was short" in shown and "accepted, by phone" in shown


@pytest.mark.parametrize(
    ("post", "words"),
    [({}, "Choose what is short."), ({"line": "999999", "kind": "drop"}, "Choose what is short."),
     ({"line": "TIN", "kind": "burn"}, "Choose what we do about it."),
     ({"line": "TIN", "kind": "substitute", "quantity": "1", "substitute": "NONE"}, "Choose a product of the list"),
     ({"line": "TIN", "kind": "lessen", "quantity": "many"}, "Enter a whole number")],
)  # fmt: skip
def test_the_page_for_what_is_short_answers_nonsense_with_a_sentence(order, technician, post, words):
    if post.get("line") == "TIN":
        post = {**post, "line": line_of(order).pk}
    response = factories.client_for(technician).post(reverse(STEP, args=[order.pk, "short"]), post)
    assert response.status_code == 200 and words in people.words_of(response)
    assert not Shortage.objects.exists()


# --- What the database refuses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"kind": "drop"}, "shortage_offer_fits_kind"),
        ({"quantity": 2}, "shortage_offer_fits_kind"),
        ({"kind": "substitute"}, "shortage_offer_fits_kind"),
        ({"answer": "accepted"}, "shortage_answer_is_whole"),
        ({"line": None}, "shortage_asks_about_a_line"),
    ],
)
def test_an_impossible_shortage_is_refused(order, technician, changes, constraint):
    change(order, "lessen", technician, quantity=1)
    refused(lambda: Shortage.objects.update(**changes), constraint)


def test_a_line_has_one_question_at_a_time(order, technician):
    shortage = change(order, "lessen", technician, quantity=1)
    shortage.pk = None
    refused(lambda: Shortage.objects.bulk_create([shortage]))
