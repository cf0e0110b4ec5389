import re
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.changelists import ShortPaginator
from audit.models import Event
from delivery.models import DeliveryWindow, Order, Product
from tests import factories
from tests.delivery import people
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:delivery_order_changelist")


@shared
def pharmacist():
    return factories.client_for(factories.staff("Pharmacist"))


def as_(group):
    return factories.client_for(factories.staff(group))


def page(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def step(row, name):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_step", args=[row.pk, name])


# --- Orders ---------------------------------------------------------------------------------------------------------


def test_the_list_begins_with_orders_to_review(pharmacist):
    waiting, confirmed = factories.order(), factories.order()
    factories.confirm(confirmed, by=factories.staff("Pharmacist"))
    factories.cart(waiting.patient, by=waiting.placed_by)
    words = words_of(pharmacist.get(ORDERS))
    assert "Wednesday, November 25, 2026, 9:30 a.m. to 1:30 p.m. 1 order" in words
    assert f"Rosa Delgado {waiting.number} Patient First order Placed, to review $80.00" in words
    assert confirmed.number not in words
    assert confirmed.number in words_of(pharmacist.get(ORDERS, {"status": "confirmed"}))
    everything = words_of(pharmacist.get(ORDERS, {"status": "all"}))
    assert waiting.number in everything
    assert confirmed.number in everything
    assert "cart" not in everything


def test_staff_move_an_order_after_the_cut_off_for_a_caller(pharmacist, monday):
    order, later = factories.order(), factories.window(factories.next_wednesday(1))
    monday.move_to(order.window.starts_at - timedelta(hours=2))
    pharmacist = factories.client_for(factories.staff("Pharmacist"))
    assert "Wed, Dec 2, 2026, 9:30 a.m. to 1:30 p.m., 20 left" in pharmacist.get(step(order, "move")).content.decode()

    refused = pharmacist.post(
        step(order, "move"), {"window": DeliveryWindow.objects.get(date=order.window.date, starts="13:30").pk}
    )
    assert "closed at" in refused.content.decode()
    pharmacist.post(step(order, "move"), {"window": later.pk})

    assert Order.objects.get(pk=order.pk).window == later


@pytest.mark.parametrize("window", ["", "0", "abc", "9" * 30, "\x00"])
def test_an_unknown_window_moves_nothing(pharmacist, window):
    order = factories.order()
    assert b"errorlist" in pharmacist.post(step(order, "move"), {"window": window}).content
    assert Order.objects.get(pk=order.pk).moves == 0


def test_staff_cancel_an_order_with_a_reason(pharmacist):
    order = factories.order()
    assert "Enter a reason." in pharmacist.post(step(order, "cancel"), {"reason": " "}).content.decode()
    pharmacist.post(step(order, "cancel"), {"reason": "The patient called and is away."})
    cancelled = Order.objects.get(pk=order.pk)
    assert (cancelled.status, cancelled.ended_reason) == ("cancelled", "The patient called and is away.")
    assert pharmacist.get(step(order, "cancel")).status_code == 302


def test_a_search_by_number_or_phone_in_any_format_finds_all_orders(pharmacist):
    order, other = factories.order(address=factories.address(phone="+12035550199")), factories.order()
    factories.confirm(order, by=factories.staff("Pharmacist"))
    code = order.number.replace("-", "")
    for term in (order.number, code.lower(), code[1:], "(203) 555-0199", "203.555.0199", "+1 203 555 0199", "0199"):
        words = words_of(pharmacist.post(ORDERS, {"q": term}, follow=True))
        assert order.number in words, term
        assert other.number not in words, term


@pytest.mark.parametrize("term", ["\0", "x" * 3000, "🏠", "٠٦٥١٠", "%", "2" * 50])
def test_any_search_is_answered(pharmacist, term):
    assert pharmacist.post(ORDERS, {"q": term}, follow=True).status_code == 200


def test_a_page_shows_what_the_door_needs_and_nothing_of_the_certification():
    made = factories.certification(statement=factories.statement(directions="Twice a day."))
    order = factories.order(made.patient)
    factories.confirm(order, by=factories.staff("Pharmacist"))
    for group in ("Technician", "Pharmacist", "Auditor"):  # a driver sees the own runs: test_drivers
        words = words_of(as_(group).get(page(order)))
        for shown in ("Rosa Delgado", "40 Orange Street", "(203) 555-0142", "$80.00", "Harbor Mist Tincture", "2 g"):
            assert shown in words
        for hidden in ("Cancer", "cancer", made.number):
            assert hidden not in words
        evidence = ("Twice a day", made.physician.last_name)
        assert all((word in words) is (group == "Pharmacist") for word in evidence)
    assert Event.objects.filter(action="order.view", subject_id=order.pk).count() == 3


def test_each_list_and_each_action_page_leaves_an_event(pharmacist):
    order = factories.order()
    pharmacist.get(ORDERS)
    pharmacist.get(step(order, "confirm"))
    assert Event.objects.filter(action="order.list").count() == 1
    assert Event.objects.filter(action="order.view", subject_id=order.pk).count() == 1


def test_no_name_is_in_the_title(pharmacist):
    order = factories.order()
    title = re.search(r"<title>.*?</title>", pharmacist.get(page(order)).content.decode(), re.DOTALL)[0]
    assert order.number in title and "Delgado" not in title
    assert str(order) == order.number
    assert str(order.lines.get()).startswith("line ")


def test_confirming_shows_what_will_happen_and_does_it(pharmacist):
    order = factories.order()
    words = words_of(pharmacist.get(step(order, "confirm")))
    assert (
        f"Order {order.number} for Wed, Nov 25, 2026, 9:30 a.m. to 1:30 p.m., $80.00, "
        "to 40 Orange Street, New Haven, CT 06510." in words
    )
    assert Order.objects.get().status == "placed"
    response = pharmacist.post(step(order, "confirm"), people.review(), follow=True)
    assert "Confirm: done." in words_of(response)
    assert Order.objects.get().status == "confirmed"
    assert "Refuse" in words_of(response)


def test_refusing_asks_a_reason(pharmacist):
    order = factories.order()
    pharmacist.post(step(order, "refuse"), {"reason": ""})
    assert Order.objects.get().status == "placed"
    pharmacist.post(step(order, "refuse"), {"reason": "That address is a shop."})
    order.refresh_from_db()
    assert (order.status, order.ended_reason) == ("refused", "That address is a shop.")


def test_a_form_sent_twice_acts_once_and_the_second_sender_reads_it(pharmacist):
    order = factories.order()
    pharmacist.post(step(order, "confirm"), people.review())
    assert "Confirm: done." in words_of(pharmacist.post(step(order, "confirm"), people.review(), follow=True))
    assert 'type="submit" class="default" value="Refuse"' in pharmacist.get(step(order, "refuse")).content.decode()
    pharmacist.post(step(order, "refuse"), {"reason": "A recall."})
    response = pharmacist.post(step(order, "confirm"), people.review())
    assert "This order is refused; that is no longer possible." in words_of(response)


@pytest.mark.parametrize("group", ["Driver", "Auditor", "Registrar"])
def test_staff_without_the_permission_cannot_change_an_order(group):
    order = factories.order()
    client = as_(group)
    assert client.post(step(order, "confirm")).status_code in (403, 404)
    assert Order.objects.get().status == "placed"
    assert "Confirm</a>" not in client.get(page(order)).content.decode()


def test_nothing_is_edited_added_or_deleted_directly(pharmacist):
    order = factories.order()
    assert pharmacist.post(page(order), {"status": "delivered"}).status_code == 403
    assert pharmacist.get(reverse("admin:delivery_order_add")).status_code == 403
    assert pharmacist.post(reverse("admin:delivery_order_delete", args=[order.pk])).status_code == 403


def test_list_and_page_cost_the_same_with_300_orders(pharmacist, django_assert_max_num_queries):
    order = factories.order()
    people.copy(order, times=2)
    pharmacist.get(ORDERS)
    with django_assert_max_num_queries(14) as few:
        pharmacist.get(ORDERS)
    with django_assert_max_num_queries(36) as few_of_page:
        pharmacist.get(page(order))
    people.copy(order, times=297, first=100)
    with django_assert_max_num_queries(14) as many:
        pharmacist.get(ORDERS)
    with django_assert_max_num_queries(36) as many_of_page:
        pharmacist.get(page(order))
    assert (len(many), len(many_of_page)) == (len(few), len(few_of_page))


def test_the_list_does_not_count_all_orders(pharmacist, monkeypatch, django_assert_max_num_queries):
    people.copy(factories.order(), times=60)
    assert "61 orders" in words_of(pharmacist.get(ORDERS))
    monkeypatch.setattr(ShortPaginator, "MOST_COUNTED", 55)
    with django_assert_max_num_queries(14) as queries:
        response = pharmacist.get(ORDERS, {"status": "all"})
    assert "More than 55 orders. These pages show the first 55: search, filter or sort to see others" in words_of(
        response
    )
    counted = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert all("UNION ALL" in sql and "= 'placed'" in sql for sql in counted)  # those in the bar that wait
    assert len(counted) == 1
    assert [order.pk for order in response.context["cl"].result_list] == sorted(
        Order.objects.values_list("pk", flat=True), reverse=True
    )[:50]


# --- Products, windows, terms ---------------------------------------------------------------------------------------


def test_stock_is_received_on_an_action_page(pharmacist):
    product = factories.product(stock=4)
    words = words_of(pharmacist.get(step(product, "receive")))
    assert "4 can be ordered, 0 are reserved for open orders, 0 are in quarantine. What came in is added." in words
    pharmacist.post(step(product, "receive"), {"quantity": "6", "lot": "LOT-9"})
    product.refresh_from_db()
    assert product.stock == 10


@pytest.mark.parametrize("quantity", ["0", "-1", "10001", "abc", "", "\0"])
def test_an_impossible_quantity_of_stock_is_refused(pharmacist, quantity):
    product = factories.product(stock=4)
    assert pharmacist.post(step(product, "receive"), {"quantity": quantity, "lot": "LOT-9"}).status_code == 200
    product.refresh_from_db()
    assert product.stock == 4


def test_a_price_is_changed_on_an_action_page(pharmacist):
    product = factories.product()
    assert "costs $40.00" in words_of(pharmacist.get(step(product, "price")))
    pharmacist.post(step(product, "price"), {"price_cents": "$41.05"})
    product.refresh_from_db()
    assert product.price_cents == 4105
    for price in ("0", "0.00", "-1", "abc", "NaN", "1e3", "1.234", "99999999", "４２", ""):
        page = words_of(pharmacist.post(step(product, "price"), {"price_cents": price}))
        assert "Enter a price in dollars and cents, like 42.50" in page or not price
    assert Product.objects.get().price_cents == 4105


def test_a_product_is_taken_off_the_menu_and_put_back(pharmacist):
    product = factories.product()
    for is_active in (False, True):
        pharmacist.get(step(product, "menu"))
        pharmacist.post(step(product, "menu"))
        assert Product.objects.get().is_active is is_active


def test_a_technician_sees_products_and_changes_no_price():
    product = factories.product(stock=4)
    client = as_("Technician")
    assert "4" in words_of(client.get(page(product)))
    assert client.post(step(product, "price"), {"price_cents": "6"}).status_code == 403


def test_the_list_of_windows_begins_with_the_days_to_come(monday):
    order = factories.order()
    client, address = as_("Technician"), reverse("admin:delivery_deliverywindow_changelist")
    words = words_of(client.get(address))
    assert "2026-11-25-0930 Nov. 25, 2026 9:30 a.m. 1:30 p.m. 1 of 20" in words
    monday.move_to(order.window.ends_at.replace(day=26))
    client = as_("Technician")
    assert "2026-11-25-0930" not in words_of(client.get(address))
    for when in ("past", "all"):
        assert "2026-11-25-0930" in words_of(client.get(address, {"when": when}))


@pytest.mark.parametrize("model", ["product", "deliverywindow", "deliverypolicy", "stockmovement"])
def test_a_manager_reads_lists_and_rows(model):
    factories.order()
    client = as_("Manager")
    response = client.get(reverse(f"admin:delivery_{model}_changelist"))
    assert response.status_code == 200
    row = response.context["cl"].queryset.first()
    assert client.get(page(row)).status_code == 200


def test_a_number_with_a_digit_finds_its_order_alone_and_one_of_letters_names_too():
    order = factories.order(factories.patient(last_name="Danesteel"))
    client = factories.client_for(factories.staff("Pharmacist"))
    with unguarded():
        Order.objects.filter(pk=order.pk).update(number="D-7KQ4-M2XP")

    def found(term):
        address = client.post("/admin/delivery/order/", {"q": term}).url
        return [each.number for each in client.get(address).context["cl"].result_list]

    assert found("d 7kq4 m2xp") == found("danesteel") == ["D-7KQ4-M2XP"]
    assert found("D-7KQ4-M2XQ") == []
