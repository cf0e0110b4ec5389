import itertools
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.models import Patient
from certification.rules import ounces_to_mg
from delivery import actions, rules
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product
from delivery.reference import POLICIES
from tests import factories
from tests.delivery import people
from tests.guard import unguarded

TERMS = DeliveryPolicy(**POLICIES[0])
WEDNESDAY = date(2026, 11, 25)
SECOND = timedelta(seconds=1)
OZ_3_5 = 99_223


def window_on(day, starts="09:30", ends="13:30", **over):
    times = {"starts": time.fromisoformat(starts), "ends": time.fromisoformat(ends)}
    return DeliveryWindow(date=day, capacity=20, **times, **over)


# --- Answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thc_mg", "other_mg", "amount_mg"),
    [(20, 0, 80), (1750, 0, 7000), (0, 500, 1000), (1, 1, 6), (500, 0, 2000), (0, 0, 0)],
)
def test_flower_equivalent_follows_the_states_formula(thc_mg, other_mg, amount_mg):
    assert rules.flower_equivalent_mg(thc_mg=thc_mg, other_cannabinoids_mg=other_mg) == amount_mg


@pytest.mark.parametrize(("weight_mg", "counted"), [(None, 600), (3_500, 3_500), (0, 0)])
def test_counted_mg_is_the_own_weight_or_the_formula(weight_mg, counted):
    assert rules.counted_mg(Product(thc_mg=100, cbd_mg=100, weight_mg=weight_mg)) == counted


def test_check_product_counts_for_something():
    rules.check_product_counts(Product(name="Balm", amount_mg=1))
    with pytest.raises(rules.ProductError, match="THC or CBD of Balm") as refusal:
        rules.check_product_counts(Product(name="Balm", amount_mg=0))
    assert refusal.value.field == "thc_mg"


@pytest.mark.django_db
def test_policy_on_a_day_is_the_latest_in_force():
    people.policy(date(2026, 12, 1), minimum_cents=9000)
    assert rules.policy_on(date(2026, 11, 30)).minimum_cents == 7500
    assert rules.policy_on(date(2026, 12, 1)).minimum_cents == 9000


def test_every_wednesday_opens_at_half_past_nine_in_new_york():
    day = date(2026, 1, 7)
    while day.year <= 2030:
        starts_at = window_on(day).starts_at
        assert (starts_at.hour, starts_at.minute, starts_at.date()) == (9, 30, day)
        assert starts_at.astimezone(UTC).hour == (13 if starts_at.dst() else 14)
        day += timedelta(weeks=1)


def test_control_weeks_counted_in_utc_leave_half_past_nine():
    first = window_on(date(2026, 1, 7)).starts_at
    in_utc = [first.astimezone(UTC) + timedelta(weeks=week) for week in range(52)]
    assert {moment.astimezone(first.tzinfo).hour for moment in in_utc} == {9, 10}


@pytest.mark.parametrize("day", [date(2026, 3, 11), date(2026, 11, 4), WEDNESDAY])
def test_closes_at_24_real_hours_before_the_start(day):
    window = window_on(day)
    assert window.starts_at.astimezone(UTC) - rules.closes_at(window, TERMS) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("sunday", "closes"), [(date(2026, 3, 8), (8, 30)), (date(2026, 11, 1), (10, 30))], ids=["clocks on", "clocks back"]
)
def test_closes_at_counts_real_hours_over_a_change_of_the_clocks(sunday, closes):
    local = rules.closes_at(window_on(sunday), TERMS).astimezone(window_on(sunday).starts_at.tzinfo)
    assert (local.date(), (local.hour, local.minute)) == (sunday - timedelta(days=1), closes)


@pytest.mark.django_db
def test_bookable_windows_are_those_before_their_cut_off():
    actions.make_windows(today=date(2026, 11, 23), by=None)
    closes = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
    codes = [window.code for window in rules.bookable_windows(now=closes, policy=TERMS)]
    assert codes[0] == "2026-11-25-0930"
    assert len(codes) == 16
    late = [window.code for window in rules.bookable_windows(now=closes + SECOND, policy=TERMS)]
    assert late == codes[1:]


def test_totals_are_at_todays_prices():
    product = Product(price_cents=4100, amount_mg=1200)
    line = OrderLine(product=product, quantity=3, unit_price_cents=4000, amount_mg=1000)
    assert rules.totals([line]) == (12_300, 3600)


@pytest.mark.parametrize(
    ("zip_code", "served"),
    [
        ("06510", True),
        ("06390", False),  # Fishers Island, New York
        ("06504", False),  # PO boxes
        ("06701", False),  # a post office, though the list says STANDARD
        ("06156", False),  # one insurance company
        ("06828", False),  # one company, though the list says STANDARD
        ("06269", False),  # the university
        ("06832", False),  # retired
        ("06497", False),  # without homes, though the list says STANDARD
        ("06243", True),  # a village
        ("10001", False),
        ("00000", False),
        ("0651", False),
        ("06510-1234", False),
        ("٠٦٥١٠", False),
        ("", False),
    ],
)
def test_zip_is_served_in_connecticut_only(zip_code, served):
    assert rules.zip_is_served(zip_code, TERMS) is served


def test_zip_is_served_within_the_radius_where_one_is_set():
    near = DeliveryPolicy(**{**POLICIES[0], "radius_miles": 15, "origin_zip": "06510"})
    assert rules.zip_is_served("06511", near)
    assert rules.zip_is_served("06460", near)  # Milford
    assert not rules.zip_is_served("06103", near)  # Hartford, 35 miles


def test_zip_is_served_from_its_own_point_and_not_from_new_havens():
    near = DeliveryPolicy(**{**POLICIES[0], "radius_miles": 2, "origin_zip": "06510"})
    assert rules.zip_is_served("06511", near)
    for elsewhere in ("06512", "06525"):  # East Haven, Woodbridge
        assert not rules.zip_is_served(elsewhere, near)
        assert rules.zip_is_served(
            elsewhere, DeliveryPolicy(**{**POLICIES[0], "radius_miles": 6, "origin_zip": "06510"})
        )


@pytest.mark.parametrize(
    ("street", "unit", "is_business"),
    [
        ("40 Orange Street", "", False),
        ("12 Church Street", "Apt 4", False),  # people live there
        ("12 Store Hill Road", "", False),
        ("12 Church St, 2nd Fl Front", "", False),  # the parser's tag() raises an error for a floor with a side
        ("12-14 Church St 2nd Floor Rear", "", False),
        ("100 Church Hill Rd, Bldg 2, 1st Fl Left", "", False),
        ("12 Church Street", "2nd Fl Front", False),
        ("12 Church St Suite 5, 2nd Fl Front", "", True),
        ("Beauty Salon, 12 Elm St, 2nd Fl Front", "", True),
        ("88 Main Street", "Suite 200", True),
        ("88 Main Street Ste 5", "", True),
        ("100 College Street Dormitory", "", True),
        ("Omni Hotel", "", True),
        ("Acme Corp, 3 Elm Street", "", True),
        ("", "", False),
    ],
)
def test_looks_like_business_asks_about_business_words(street, unit, is_business):
    assert rules.looks_like_business(street, unit) is is_business


@given(st.text(max_size=60), st.text(max_size=20))
def test_looks_like_business_reads_any_text(street, unit):
    assert rules.looks_like_business(street, unit) in (True, False)


# --- Moves ----------------------------------------------------------------------------------------------------------

S = Order.Status
ALLOWED = {
    ("place", S.CART), ("confirm", S.PLACED), ("pack", S.CONFIRMED), ("unpack", S.PACKED), ("dispatch", S.PACKED),
    ("hand_over", S.OUT_FOR_DELIVERY), ("return", S.OUT_FOR_DELIVERY),
    *itertools.product(("refuse", "cancel", "lapse"), (S.PLACED, S.CONFIRMED, S.PACKED)),
}  # fmt: skip


@pytest.mark.parametrize(("verb", "before"), list(itertools.product(rules.MOVES, S)))
def test_check_move_allows_these_pairs_and_no_other(verb, before):
    order = Order(status=before)
    assert rules.can_move(verb, order) is ((verb, before) in ALLOWED)
    if (verb, before) in ALLOWED:
        rules.check_move(verb, order)
    else:
        sentence = f"This order (is {before.label.lower()}; that is no longer possible|is not|has not left yet)"
        with pytest.raises(rules.TransitionError, match=sentence):
            rules.check_move(verb, order)


def test_each_verb_leads_to_its_status():
    leads = {verb: move.to for verb, move in rules.MOVES.items()}
    assert leads == {
        "place": "placed", "confirm": "confirmed", "pack": "packed", "unpack": "confirmed",
        "dispatch": "out_for_delivery", "hand_over": "delivered", "return": "returned", "refuse": "refused",
        "cancel": "cancelled", "lapse": "lapsed",
    }  # fmt: skip


# --- Who may order --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_check_orderer_takes_the_patient_and_the_caregiver():
    patient, caregiver = people.patient_with_caregiver()
    rules.check_orderer(patient, user=patient.user, today=WEDNESDAY)
    rules.check_orderer(patient, user=caregiver.user, today=WEDNESDAY)


@pytest.mark.django_db
def test_check_orderer_refuses_a_stranger():
    with pytest.raises(rules.OrdererError, match="Only the patient"):
        rules.check_orderer(factories.patient(), user=factories.user(), today=WEDNESDAY)


@pytest.mark.django_db
def test_check_orderer_asks_to_affirm_first():
    patient = factories.certification(caregiver=factories.caregiver(), joined=False).patient
    people.join_without_affirming(patient)
    with pytest.raises(rules.OrdererError, match="patient’s statement first"):
        rules.check_orderer(patient, user=patient.user, today=WEDNESDAY)
    caregiver = people.join_without_affirming(patient.current_assignment.caregiver)
    with pytest.raises(rules.OrdererError, match="caregiver’s statement first"):
        rules.check_orderer(patient, user=caregiver.user, today=WEDNESDAY)


@pytest.mark.django_db
def test_check_orderer_asks_to_affirm_for_each_patient():
    caregiver, _child = people.guardian_of_a_child(phone="+12035550177")
    _same, sibling = people.guardian_of_a_child(phone="+12035550177", email=caregiver.email)
    with pytest.raises(rules.OrdererError, match="caregiver’s statement first"):
        rules.check_orderer(sibling, user=caregiver.user, today=WEDNESDAY)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"birth_date": date(2010, 1, 1)}, {"has_legal_capacity": False}])
def test_check_orderer_leaves_ordering_to_the_caregiver_of_a_minor_or_incapable(change):
    patient, caregiver = people.patient_with_caregiver()
    for name, value in change.items():
        setattr(patient, name, value)
    with pytest.raises(rules.OrdererError, match="the caregiver orders"):
        rules.check_orderer(patient, user=patient.user, today=WEDNESDAY)
    rules.check_orderer(patient, user=caregiver.user, today=WEDNESDAY)


# --- Certification and window ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_check_certification_covers_the_delivery_day():
    certification = factories.certification(on=date(2025, 11, 26))  # valid through November 25, 2026
    rules.check_certification_covers(certification, window_on(WEDNESDAY))
    for late in (certification, None):
        with pytest.raises(rules.CertificationNotValid, match="December 2, 2026"):
            rules.check_certification_covers(late, window_on(date(2026, 12, 2)))


@pytest.mark.parametrize(
    "day", [date(2026, 3, 11), date(2026, 11, 4), WEDNESDAY], ids=["DST begins", "DST ends", "plain"]
)
def test_check_lead_time_to_the_second(day):
    window = window_on(day)
    closes = window.starts_at - timedelta(hours=24)
    rules.check_lead_time(window, TERMS, now=closes - SECOND)
    rules.check_lead_time(window, TERMS, now=closes)
    with pytest.raises(rules.WindowError, match=r"closed at 9:30 a.m. on Tuesday") as refusal:
        rules.check_lead_time(window, TERMS, now=closes + SECOND)
    assert refusal.value.field == "window"


def test_check_window_has_room_for_the_last_place():
    rules.check_window_has_room(window_on(WEDNESDAY, booked=19))
    with pytest.raises(rules.WindowError, match="filled a moment ago"):
        rules.check_window_has_room(window_on(WEDNESDAY, booked=20))
    with pytest.raises(rules.WindowError, match="No delivery: Heavy snow"):
        rules.check_window_has_room(window_on(WEDNESDAY, is_open=False, closed_reason="Heavy snow"))


# --- Amounts --------------------------------------------------------------------------------------------------------


def test_check_minimum_takes_75_dollars_and_not_a_cent_less():
    rules.check_minimum(7500, TERMS)
    with pytest.raises(rules.MinimumError, match=r"\$0\.01 short of the \$75\.00"):
        rules.check_minimum(7499, TERMS)


def test_check_allotment_left_takes_the_last_milligram():
    rules.check_allotment_left(OZ_3_5, OZ_3_5)
    with pytest.raises(rules.AllotmentError, match=r"This is 0\.001 g more .* \(99\.223 g\)"):
        rules.check_allotment_left(OZ_3_5 + 1, OZ_3_5)


@pytest.mark.parametrize(
    ("left_mg", "stock", "fits"),
    [(10_000, 9, 5), (4_999, 9, 3), (2_000, 9, 1), (1_999, 9, 0), (0, 9, 0), (9_000, 2, 2)],
)
def test_largest_quantity_that_fits_beside_the_other_lines(left_mg, stock, fits):
    product = Product(amount_mg=1_000, stock=stock)
    assert rules.largest_quantity_that_fits(product, 5, cart_mg=6_000, left_mg=left_mg) == fits


@pytest.mark.parametrize("quantity", [0, 1, 99])
def test_check_quantity_takes(quantity):
    rules.check_quantity(quantity)


@pytest.mark.parametrize("quantity", [-1, 100, 1_000_000])
def test_check_quantity_refuses(quantity):
    with pytest.raises(rules.QuantityError, match="from 1 to 99"):
        rules.check_quantity(quantity)


@pytest.mark.django_db
def test_check_is_in_cart():
    patient, product = factories.patient(), factories.product()
    cart = factories.cart(patient, (product, 1))
    rules.check_is_in_cart(cart, product)
    with pytest.raises(rules.QuantityError, match="not in your cart"):
        rules.check_is_in_cart(cart, factories.product())


def test_check_stock_takes_the_whole_stock():
    rules.check_stock(Product(name="Balm", stock=3), 3)
    with pytest.raises(rules.StockError, match="Only 3 of Balm left"):
        rules.check_stock(Product(name="Balm", stock=3), 4)
    with pytest.raises(rules.StockError, match="Balm is sold out"):
        rules.check_stock(Product(name="Balm", stock=0), 1)


@pytest.mark.django_db
def test_check_product_fits_patient_by_age_on_the_delivery_day():
    patient = factories.patient()
    patient.birth_date = date(2008, 11, 26)  # 18 the day after that Wednesday
    vape = Product(name="Pen", is_inhaled=True, is_active=True)
    with pytest.raises(rules.ProductError, match="under 18"):
        rules.check_product_fits_patient(vape, patient, day=WEDNESDAY)
    rules.check_product_fits_patient(vape, patient, day=WEDNESDAY + timedelta(days=1))
    rules.check_product_fits_patient(Product(name="Balm", is_inhaled=False), patient, day=WEDNESDAY)
    with pytest.raises(rules.ProductError, match="no longer on the menu"):
        rules.check_product_fits_patient(Product(name="Balm", is_active=False), patient, day=WEDNESDAY)


def test_check_subtotal_is_as_seen():
    rules.check_subtotal_is_as_seen(8000, 8000)
    with pytest.raises(rules.ChangedError, match=r"now \$82\.00"):
        rules.check_subtotal_is_as_seen(8200, 8000)


# --- Allotment over every span --------------------------------------------------------------------------------------


def ounces(n):
    return ounces_to_mg(Decimal(n))


@pytest.fixture
def order_of(db):
    """Place orders of one patient: grams of flower for the Wednesday that is `weeks` after the next."""
    patient = factories.patient()
    people.policy(date(2026, 11, 1), minimum_cents=100, capacity=90)

    def place(weeks, amount_mg):
        product = factories.product(price_cents=8000, amount_mg=amount_mg)
        return factories.order(patient, into=factories.window(factories.next_wednesday(weeks)), lines=[(product, 1)])

    place.patient = patient
    return place


def left(patient, weeks, **over):
    day = factories.next_wednesday(weeks)
    certification = patient.certification_on(day)
    return rules.allotment_left_mg(patient=patient, day=day, certification=certification, days=30, **over)


def test_allotment_left_is_all_of_it_at_first_and_nothing_without_a_certification(order_of):
    assert left(order_of.patient, 0) == OZ_3_5
    assert rules.allotment_left_mg(patient=order_of.patient, day=WEDNESDAY, certification=None, days=30) == 0


def test_allotment_left_counts_earlier_and_later_orders(order_of):
    order_of(4, ounces("2.00"))
    assert [left(order_of.patient, weeks) for weeks in (0, 4, 8)] == [OZ_3_5 - ounces("2.00")] * 3
    assert left(order_of.patient, 9) == OZ_3_5  # 35 days later


def test_allotment_left_keeps_seven_ounces_out_of_one_span(order_of):
    """Counting backwards alone would allow 3.5 oz today beside 3.5 oz booked for four weeks later."""
    order_of(4, ounces("3.50"))
    with pytest.raises(rules.AllotmentError):
        order_of(0, ounces("0.01"))
    assert left(order_of.patient, 0) == 0


def test_allotment_left_is_the_smallest_rest_of_the_spans_on_both_sides(order_of):
    order_of(0, ounces("1.00"))
    order_of(7, ounces("2.00"))
    assert left(order_of.patient, 4) == OZ_3_5 - ounces("2.00")  # 28 days from the one, 21 from the other: 49 apart
    order_of(3, ounces("1.00"))
    assert left(order_of.patient, 4) == OZ_3_5 - ounces("1.00") - ounces("2.00")


def test_allotment_left_grows_when_an_order_is_cancelled(order_of):
    order = order_of(0, ounces("3.50"))
    assert left(order_of.patient, 1) == 0
    assert left(order_of.patient, 1, without=order) == OZ_3_5
    actions.cancel_order(order=order, by=order_of.patient.user)
    assert left(order_of.patient, 1) == OZ_3_5


@pytest.mark.parametrize("seed", range(4))
def test_no_span_of_30_days_ever_holds_more_than_the_allotment(order_of, seed):
    chance = random.Random(seed)
    for _try in range(14):
        try:
            order_of(chance.randrange(8), ounces(chance.choice(["0.40", "1.10", "1.75", "3.50"])))
        except rules.AllotmentError:
            continue
    held = Order.objects.with_hold().values_list("window__date", "amount_mg")
    first = WEDNESDAY - timedelta(days=30)
    for start in (first + timedelta(days=n) for n in range(100)):
        assert sum(amount for day, amount in held if start <= day < start + timedelta(days=30)) <= OZ_3_5


# --- Address, payment, repetition, cancelling -----------------------------------------------------------------------


def address(**over):
    return {
        "street": "40 Orange Street",
        "unit": "",
        "zip_code": "06510",
        "is_residence": True,
        "policy": TERMS,
        **over,
    }


def test_check_address_takes_a_home():
    rules.check_address(**address())
    rules.check_address(**address(street="12 Boxwood Lane", unit="Apt 4"))


@pytest.mark.parametrize(
    "street",
    ["PO Box 12", "P.O. Box 9", "p o box 1", "POB 44", "PO Box12", "Post Office Box 3", "Box 44", "General Delivery"],
)
def test_check_address_refuses_a_po_box(street):
    with pytest.raises(rules.AddressError, match="PO box") as refusal:
        rules.check_address(**address(street=street))
    assert refusal.value.field == "street"


def test_check_address_refuses_a_po_box_beside_a_street():
    with pytest.raises(rules.AddressError, match="PO box"):
        rules.check_address(**address(unit="PO Box 4"))


@pytest.mark.parametrize(
    ("over", "field"), [({"zip_code": "06390"}, "zip_code"), ({"is_residence": False}, "is_residence")]
)
def test_check_address_names_the_field(over, field):
    with pytest.raises(rules.AddressError) as refusal:
        rules.check_address(**address(**over))
    assert refusal.value.field == field


def test_check_payment_takes_cash_and_debit():
    rules.check_payment("cash")
    rules.check_payment("debit")
    with pytest.raises(rules.PaymentError):
        rules.check_payment("credit")


def test_check_same_request():
    order = Order(request_digest="a")
    rules.check_same_request(order, "a")
    with pytest.raises(rules.RepeatedWithOtherContent):
        rules.check_same_request(order, "b")


def test_check_may_cancel_until_the_cut_off_and_staff_later():
    window = window_on(WEDNESDAY)
    order, closes = Order(status=S.CONFIRMED, window=window, policy=TERMS), rules.closes_at(window, TERMS)
    rules.check_may_cancel(order, by_staff=False, now=closes)
    with pytest.raises(rules.WindowError, match="too late"):
        rules.check_may_cancel(order, by_staff=False, now=closes + SECOND)
    rules.check_may_cancel(order, by_staff=True, now=closes + SECOND)
    with pytest.raises(rules.TransitionError):
        rules.check_may_cancel(Order(status=S.LAPSED, window=window, policy=TERMS), by_staff=True, now=closes)


def test_check_may_move_until_the_cut_off_and_staff_later():
    window = window_on(WEDNESDAY)
    order, closes = Order(status=S.PLACED, window=window, policy=TERMS), rules.closes_at(window, TERMS)
    rules.check_may_move(order, by_staff=False, now=closes)
    with pytest.raises(rules.WindowError, match="too late to move"):
        rules.check_may_move(order, by_staff=False, now=closes + SECOND)
    rules.check_may_move(order, by_staff=True, now=closes + SECOND)
    with pytest.raises(rules.TransitionError, match="cancelled"):
        rules.check_may_move(Order(status=S.CANCELLED, window=window, policy=TERMS), by_staff=True, now=closes)


def test_check_may_decline_between_the_cut_off_and_the_end():
    window = window_on(WEDNESDAY)
    order, closes = Order(status=S.CONFIRMED, window=window, policy=TERMS), rules.closes_at(window, TERMS)
    for now in (closes + SECOND, window.ends_at - SECOND):
        rules.check_may_decline(order, now=now)
    for now, words in ((closes, "still cancel or move"), (window.ends_at, "is over")):
        with pytest.raises(rules.WindowError, match=words):
            rules.check_may_decline(order, now=now)
    with pytest.raises(rules.TransitionError):
        rules.check_may_decline(Order(status=S.REFUSED, window=window, policy=TERMS), now=closes + SECOND)


def test_check_product_fits_age_asks_nothing_about_the_menu():
    patient = Patient(birth_date=date(2008, 11, 26))  # 18 the day after that Wednesday
    pen = Product(name="Pen", is_inhaled=True, is_active=False)
    rules.check_product_fits_age(pen, patient, day=WEDNESDAY + timedelta(days=1))
    with pytest.raises(rules.ProductError, match="under 18"):
        rules.check_product_fits_age(pen, patient, day=WEDNESDAY)


# --- The nightly check ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_mismatches_are_none_after_orders_and_found_after_a_stray_write():
    order = factories.order()
    actions.cancel_order(order=factories.order(), by=factories.staff("Manager"))
    assert (list(rules.stock_mismatches()), list(rules.window_mismatches())) == ([], [])
    with unguarded():
        Product.objects.update(stock=7)
        DeliveryWindow.objects.filter(pk=order.window_id).update(booked=5)
    assert len(rules.stock_mismatches()) == 2
    assert rules.window_mismatches() == [order.window]
