"""The list of orders and the page of one order: who receives it, flags, evidence, and what each reader may know."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from certification.models import CaregiverAssignment
from delivery import actions
from delivery.models import Order
from delivery.presenters.staff.evidence import Sight
from delivery.presenters.staff.order_list import order_rows
from delivery.presenters.staff.receivers import receiver_of
from delivery.presenters.staff.review import order_review
from tests import factories
from tests.delivery import people
from tests.delivery.people import words_of
from tests.guard import unguarded

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ORDERS = reverse("admin:delivery_order_changelist")
ALL = Sight(certification=True, birth_date=True, directions=True, allotment=True)


def read(order):
    related = ("window", "patient", "policy", "certification", "placed_by", "assisted_by")
    return Order.objects.select_related(*related).get(pk=order.pk)


def review_of(order, sight=ALL):
    return order_review(read(order), sight=sight, now=timezone.now())


def evidence(order, sight=ALL):
    """Return by label the fact and detail of each row, and which labels are missing."""
    rows = review_of(order, sight).evidence
    return {row.label: f"{row.fact} {row.detail}".strip() for row in rows}, [
        row.label for row in rows if row.is_missing
    ]


def flags(order):
    return [flag.words for flag in order_rows([read(order)], shows_allotment=True)[0].flags]


def page(order):
    return reverse("admin:delivery_order_change", args=[order.pk])


def of_a_child(**over):
    caregiver, child = people.guardian_of_a_child()
    return factories.order(child, by=caregiver.user, **over)


# --- Who receives it ------------------------------------------------------------------------------------------------


def test_only_the_guardian_of_a_child_receives():
    order = of_a_child()
    shown = review_of(order)
    assert shown.receiver.words == "Only Nora Hart"
    assert shown.receiver.about == "Parent and caregiver. Milo Hart is under 18, so the guardian orders and receives."
    assert order_rows([read(order)], shows_allotment=False)[0].receiver == "Only Nora Hart"
    facts, missing = evidence(order)
    assert facts["Age"].startswith("12, born ")
    assert facts["Age"].endswith("No inhaled form in this order.")
    assert missing == ["Monitoring"]


def test_nobody_receives_while_a_guardian_has_not_affirmed():
    order = of_a_child()
    with unguarded():
        CaregiverAssignment.objects.update(affirmed_at=None)
    assert review_of(order).receiver.words == "Nobody yet"
    assert evidence(order)[1] == ["Monitoring", "Caregiver"]
    people.end(order.patient.current_assignment)
    assert "No guardian is named." in review_of(order).receiver.about


def test_an_adult_and_the_affirmed_caregiver_receive():
    patient, caregiver = people.patient_with_caregiver()
    order = factories.order(patient, by=patient.user)
    assert review_of(order).receiver.words == f"{patient.name} or {caregiver.name}"
    assert receiver_of(patient, None, day=order.window.date).words == f"Only {patient.name}"
    patient.has_legal_capacity = False
    assert receiver_of(patient, patient.current_assignment, day=order.window.date).words == f"Only {caregiver.name}"


# --- Flags and evidence ---------------------------------------------------------------------------------------------


def test_flags_say_what_to_look_at_and_what_to_know():
    strict = factories.certification(statement=factories.statement(monthly_allotment_oz=Decimal("1.00")))
    flower = factories.product(amount_mg=26_000, price_cents=9_000)
    order = factories.order(
        strict.patient, lines=[(flower, 1)], address=factories.address(street="88 Main Street Suite 5")
    )
    assert flags(order) == ["Address: ask", "Near the limit", "First order"]
    with unguarded():
        Order.objects.update(declined_at=timezone.now(), assisted_by=order.placed_by)
        type(strict).objects.filter(pk=strict.pk).update(expires_date=order.window.date)
    assert flags(order)[:2] == ["Cannot take it", "Certification ends before"]
    assert flags(order)[-1] == "By phone"
    facts, missing = evidence(order)
    assert missing == ["Monitoring", "Card on the day", "Address"]
    assert facts["Card on the day"] == "No certification is valid on the day of delivery"
    assert facts["Address"].endswith("It reads like a business: ask before confirming.")
    assert flags(of_a_child()) == ["Under 18", "First order"]


def test_a_second_order_is_no_first_order_and_a_cancelled_one_does_not_count():
    first = factories.order()
    actions.cancel_order(order=first, by=first.placed_by)
    second = factories.order(first.patient, by=first.placed_by)
    third = factories.order(first.patient, by=first.placed_by, into=factories.window(factories.next_wednesday(1)))
    assert [flags(second), flags(third)] == [["First order"], []]


def test_the_allotment_before_and_after_adds_up_and_what_is_too_much_is_missing():
    order = factories.order(lines=[(factories.product(amount_mg=3_500, price_cents=9_000), 1)])
    row = next(row for row in review_of(order).evidence if row.label == "Allotment")
    assert row.fact == "3.50 oz before, 3.37 oz after of 3.50 oz a month"
    assert (row.meter.before_mg, row.meter.this_mg, row.meter.left_mg) == (0, 3_500, 99_223 - 3_500)
    actions.record_allotment_entry(
        patient=order.patient,
        day=timezone.localdate(),
        amount_mg=95_000,
        origin="counter",
        reason="Sold.",
        by=factories.staff("Pharmacist"),
    )
    with unguarded():
        Order.objects.update(amount_mg=5_000)
    facts, missing = evidence(order)
    assert "Allotment" in missing
    assert "0.777 g more than is left" in facts["Allotment"]


def test_an_inhaled_product_under_18_and_stock_that_is_not_set_aside_stand_on_top():
    order = of_a_child()
    with unguarded():
        order.lines.get().product.__class__.objects.update(is_inhaled=True)
        order.movements.all().delete()
    facts, missing = evidence(order)
    assert missing == ["Monitoring", "Age", "Minimum, stock"]
    assert "Not set aside: Harbor Mist Tincture" in facts["Minimum, stock"]


@pytest.mark.parametrize(("was_short", "is_missing"), [(True, False), (False, True)])
def test_an_order_below_the_minimum_is_missing_unless_a_shortage_of_ours_explains_it(was_short, is_missing):
    small, large = factories.product(price_cents=2000, stock=10), factories.product(price_cents=6000, stock=10)
    order = factories.confirmed_order(lines=[(small, 1), (large, 1)])
    if was_short:
        line = order.lines.get(product=small)
        actions.change_order(order=order, line=line, kind="drop", by=factories.staff("Technician"))
    else:
        with unguarded():
            Order.objects.filter(pk=order.pk).update(subtotal_cents=6000)
    facts, missing = evidence(order)
    why = " because of a shortage of ours. That is allowed" if was_short else ""
    assert facts["Minimum, stock"] == f"$60.00 is below $75.00{why}. Everything is set aside."
    assert ("Minimum, stock" in missing) == is_missing


def test_an_order_that_was_short_and_lacks_stock_is_missing_still():
    order = factories.confirmed_order(lines=[(factories.product(stock=10), 1), (factories.product(stock=10), 1)])
    dropped, kept = order.lines.order_by("pk")
    actions.change_order(order=order, line=dropped, kind="drop", by=factories.staff("Technician"))
    with unguarded():
        order.movements.filter(product=kept.product_id).delete()
    facts, missing = evidence(order)
    assert "a shortage of ours" in facts["Minimum, stock"] and "Not set aside" in facts["Minimum, stock"]
    assert "Minimum, stock" in missing


def test_after_confirming_the_review_and_the_lots_stand_on_the_page():
    earlier = factories.confirm(factories.order())
    order = factories.order(earlier.patient, by=earlier.placed_by, into=factories.window(factories.next_wednesday(1)))
    assert evidence(order)[0]["Monitoring"] == "Not reviewed yet for this order Last review on November 23, 2026"
    shown = review_of(factories.confirm(order))
    assert shown.evidence[0].fact == "Reviewed on November 23, 2026"
    assert shown.lines[0].lots == "LOT-1"
    assert {str(moment.what) for moment in shown.timeline} == {
        "Stated the days’ supply of an order", "Message: order confirmed, queued", "Confirmed",
        "Message: order placed, queued", "Placed", "The order before",
    }  # fmt: skip
    assert shown.timeline[-1].number == earlier.number


def test_orders_to_the_same_door_are_linked():
    first = factories.order()
    second = factories.order(factories.patient(first_name="Ada", last_name="Lindqvist"))
    row = next(row for row in review_of(first).evidence if row.label == "Address")
    assert [(link.words, link.url) for link in row.links[1:]] == [("Ada Lindqvist, $80.00", page(second))]
    assert row.links[0].url == ("https://www.openstreetmap.org/search?query=40+Orange+Street%2C+New+Haven%2C+CT+06510")


def test_the_page_names_the_place_in_the_window_and_leads_to_the_next():
    orders = people.orders_of_many(3)
    places = [review_of(order).place for order in orders]
    assert [(place.number, place.of, place.next_pk) for place in places] == [
        (1, 3, orders[1].pk), (2, 3, orders[2].pk), (3, 3, orders[0].pk),
    ]  # fmt: skip
    assert review_of(factories.confirm(orders[0])).place.next_pk == orders[1].pk


# --- Who may know what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("group", "labels"),
    [
        (
            "Pharmacist",
            {"Monitoring", "Card on the day", "Age", "Directions", "Caregiver", "Allotment", "Minimum, stock"},
        ),
        ("Auditor", {"Monitoring", "Card on the day", "Age", "Caregiver", "Allotment", "Minimum, stock"}),
        ("Manager", {"Allotment", "Minimum, stock"}),
        ("Technician", {"Minimum, stock"}),
    ],
)
def test_each_group_reads_the_evidence_for_its_work_alone(group, labels):
    patient, _caregiver = people.patient_with_caregiver(factories.statement(directions="Twice a day."))
    order = factories.confirm(factories.order(patient, by=patient.user))
    response = factories.client_for(factories.staff(group)).get(page(order))
    assert {row.label for row in response.context["review"].evidence} == {*labels, "Address"}
    words = words_of(response)
    assert "Timeline" in words
    assert ("Twice a day" in words) is (group == "Pharmacist")
    for shown in ("Who may receive it", patient.name, "(203) 555-0142", "To pack", "LOT-1"):
        assert shown in words


def test_only_who_may_confirm_reads_the_form_and_the_page_has_one_filled_button():
    order = factories.order()
    content = factories.client_for(factories.staff("Pharmacist")).get(page(order)).content.decode()
    assert content.count('type="submit" class="default"') == 1
    assert "I reviewed Rosa Delgado in the monitoring program" in content
    assert "Confirm the order" not in factories.client_for(factories.staff("Manager")).get(page(order)).content.decode()


# --- The list -------------------------------------------------------------------------------------------------------


def test_orders_are_found_by_name_phone_and_number_of_the_caregiver():
    caregiver, child = people.guardian_of_a_child(first_name="Dana", last_name="Quist", phone="+12035557766")
    order, _other = factories.order(child, by=caregiver.user), factories.order()
    client = factories.client_for(factories.staff("Technician"))
    for term in ("quist", "Quist, Dana", "(203) 555-7766", caregiver.number, "milo hart", order.number):
        found = client.post(ORDERS, {"q": term}, follow=True)
        assert (term, list(found.context["cl"].result_list)) == (term, [order])
    assert list(client.post(ORDERS, {"q": "01/02/1975"}, follow=True).context["cl"].result_list) == []


def test_the_list_stands_by_window_and_an_empty_one_says_so():
    client = factories.client_for(factories.staff("Pharmacist"))
    assert "No order waits here." in words_of(client.get(ORDERS))
    later, sooner = factories.order(into=factories.window(starts="13:30")), factories.order()
    groups = client.get(ORDERS).context["cl"].groups
    assert [(group.window, [row.pk for row in group.rows]) for group in groups] == [
        (sooner.window, [sooner.pk]), (later.window, [later.pk]),
    ]  # fmt: skip
    assert "No order is found." in words_of(client.post(ORDERS, {"q": "nobody called so"}, follow=True))


def test_an_age_is_that_of_the_delivery_day():
    order = of_a_child()
    with unguarded():
        type(order.patient).objects.filter(pk=order.patient_id).update(
            birth_date=order.window.date.replace(year=order.window.date.year - 18) + timedelta(days=1)
        )
    assert "Under 18" in flags(order)
