"""The ledger of an allotment, and the allotment entries."""

import re
from calendar import SATURDAY
from datetime import date, time, timedelta
from itertools import islice

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Event
from certification.rules import ounces_to_mg
from delivery import actions, rules
from delivery.models import AllotmentEntry, DeliveryWindow, Order
from notifications.models import Notification
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)
WEDNESDAY = date(2026, 11, 25)
OZ_3_5 = 99_223


@shared
def pharmacist():
    return factories.staff("Pharmacist")


@shared
def patient():
    return factories.patient()


def enter(patient, amount_mg, *, by, day=MONDAY, origin="counter", reason="Sold on Monday."):
    return actions.record_allotment_entry(
        patient=patient, day=day, amount_mg=amount_mg, origin=origin, reason=reason, by=by
    )


def left(patient, day=WEDNESDAY):
    certification = patient.certification_on(day)
    return rules.allotment_left_mg(patient=patient, day=day, certification=certification, days=30)


# --- Rules ----------------------------------------------------------------------------------------------------------

SOME_DAYS = st.integers(0, 120).map(lambda days: WEDNESDAY + timedelta(days=days - 60))


@given(st.lists(st.tuples(SOME_DAYS, st.integers(1, OZ_3_5)), max_size=12), st.integers(1, 40))
def test_left_on_keeps_every_span_within_the_limit_and_wastes_nothing(asked, days):
    used = {}
    for day, amount_mg in asked:
        left_mg = rules.left_on(day, used=used, limit_mg=OZ_3_5, days=days)
        used[day] = used.get(day, 0) + min(amount_mg, left_mg)
    spans = [
        sum(mg for day, mg in used.items() if first <= day < first + timedelta(days=days))
        for first in (WEDNESDAY + timedelta(days=offset) for offset in range(-110, 70))
    ]
    assert max(spans) <= OZ_3_5
    for day, left_mg in ((day, rules.left_on(day, used=used, limit_mg=OZ_3_5, days=days)) for day in used):
        around = [
            sum(mg for other, mg in used.items() if first <= other < first + timedelta(days=days))
            for first in (day - timedelta(days=back) for back in range(days))
        ]
        assert left_mg == OZ_3_5 - max(around)


def test_left_on_is_never_more_than_the_limit():
    assert rules.left_on(WEDNESDAY, used={WEDNESDAY: -500}, limit_mg=1_000, days=30) == 1_000


def delivery_days(after, *windows):
    return rules.delivery_days(windows, policy=rules.policy_on(after), after=after)


def first_with_more(day, used, certification, *windows):
    later = delivery_days(day, *windows)
    return rules.first_day_with_more(day, later=later, used=used, certification=certification, days=30)


def test_first_day_with_more_is_a_wednesday_after_the_thirty_days(patient):
    """A Wednesday's amount is free again on a Friday; the page names the first Wednesday after that."""
    certification = patient.certification_on(WEDNESDAY)
    assert first_with_more(WEDNESDAY, {WEDNESDAY: 1_000}, certification) == (date(2026, 12, 30), OZ_3_5)
    earlier = {date(2026, 11, 4): 700, WEDNESDAY: 1_000}
    assert first_with_more(WEDNESDAY, earlier, certification) == (date(2026, 12, 9), OZ_3_5 - 1_000)
    assert first_with_more(WEDNESDAY, {}, certification) is None


def test_first_day_with_more_is_none_where_the_certification_ends_before():
    certification = factories.certification(on=date(2025, 12, 20))  # valid through December 19, 2026
    assert first_with_more(WEDNESDAY, {WEDNESDAY: 1_000}, certification) is None


def test_first_day_with_more_is_a_delivery_day_of_the_terms(patient):
    """From a Friday added by hand the next is a Wednesday; with two delivery days a week it is the nearer day."""
    certification, friday = patient.certification_on(WEDNESDAY), WEDNESDAY + timedelta(days=2)
    assert first_with_more(friday, {WEDNESDAY: 1_000}, certification) == (date(2026, 12, 30), OZ_3_5)
    people.policy(friday, weekdays=(1 << WEDNESDAY.weekday()) + (1 << SATURDAY))
    assert first_with_more(friday, {WEDNESDAY: 1_000}, certification) == (date(2026, 12, 26), OZ_3_5)


def test_the_page_does_not_name_a_closed_day(patient):
    factories.order(patient, into=factories.window(WEDNESDAY), lines=[(factories.product(amount_mg=28_350), 2)])
    client = factories.client_for(patient.user)
    assert "can be used by Wednesday, December 30, 2026." in words_of(client.get(url("allotment")))
    actions.close_date(day=date(2026, 12, 30), reason="Snow", is_moving=False, by=factories.staff("Manager"))
    assert "can be used by Wednesday, January 6, 2027." in words_of(client.get(url("allotment")))
    actions.close_date(day=WEDNESDAY, reason="Snow", is_moving=False, by=factories.staff("Manager"))
    assert "left for Wednesday, December 2, 2026" in words_of(client.get(url("allotment")))


def test_delivery_days_are_those_with_open_windows_and_then_those_of_the_terms():
    factories.window(WEDNESDAY)
    friday, last = date(2026, 12, 4), date(2027, 1, 13)
    actions.close_date(day=date(2026, 12, 2), reason="Snow", is_moving=False, by=factories.staff("Manager"))
    actions.add_window(day=friday, starts=time(9), ends=time(12), capacity=3, by=factories.staff("Manager"))
    days = list(islice(delivery_days(WEDNESDAY, *DeliveryWindow.objects.all()), 9))
    assert days[:2] == [friday, date(2026, 12, 9)]
    assert days[-3:] == [last, last + timedelta(days=7), last + timedelta(days=14)]


def test_check_entry_day_takes_a_year_back_and_no_future():
    for day in (MONDAY, MONDAY - timedelta(days=365)):
        rules.check_entry_day(day, today=MONDAY)
    for day in (MONDAY + timedelta(days=1), MONDAY - timedelta(days=366)):
        with pytest.raises(rules.AllotmentError, match="last 12 months") as refusal:
            rules.check_entry_day(day, today=MONDAY)
        assert refusal.value.field == "day"


def test_check_entry_origin_leaves_deliveries_to_corrections():
    for origin in rules.STAFF_ORIGINS:
        rules.check_entry_origin(origin)
    for origin in ("delivery", "", "gift"):
        with pytest.raises(rules.AllotmentError, match="Choose where the amount comes from"):
            rules.check_entry_origin(origin)


def test_check_entry_amount_takes_back_no_more_than_was_entered():
    rules.check_entry_amount(500_000, origin="counter", entered_mg=0)
    rules.check_entry_amount(1_000, origin="correction", entered_mg=1_000)
    with pytest.raises(rules.AllotmentError, match=r"hold 1 g"):
        rules.check_entry_amount(1_001, origin="correction", entered_mg=1_000)
    for amount_mg in (0, -1, 500_001):
        with pytest.raises(rules.AllotmentError, match="500 grams"):
            rules.check_entry_amount(amount_mg, origin="counter", entered_mg=0)


# --- The action -----------------------------------------------------------------------------------------------------


def test_an_entry_counts_on_its_day_and_a_correction_takes_it_back(patient, pharmacist):
    enter(patient, 3_500, by=pharmacist)
    assert left(patient) == OZ_3_5 - 3_500
    assert left(patient, MONDAY + timedelta(days=30)) == OZ_3_5
    enter(patient, 3_500, by=pharmacist, origin="correction", reason="Another person.")
    assert left(patient) == OZ_3_5
    assert list(AllotmentEntry.objects.values_list("amount_mg", "by")) == [
        (3_500, pharmacist.pk),
        (-3_500, pharmacist.pk),
    ]
    assert Event.objects.filter(action="allotment.record", outcome="done").count() == 2


def test_an_impossible_entry_writes_nothing(patient, pharmacist):
    for over in ({"day": MONDAY + timedelta(days=1)}, {"amount_mg": 0}, {"origin": "correction"}):
        with pytest.raises(rules.AllotmentError):
            enter(**{"patient": patient, "amount_mg": 1_000, "by": pharmacist, **over})
    assert not AllotmentEntry.objects.exists()
    assert Event.objects.filter(action="allotment.record", outcome="refused").count() == 3


def test_orders_that_no_longer_fit_are_cancelled_the_latest_first(patient, pharmacist):
    product = factories.product(amount_mg=40_000)
    windows = [factories.window(factories.next_wednesday(weeks)) for weeks in (0, 1)]
    first, second = (_big_order(patient, product, window) for window in windows)
    enter(patient, ounces_to_mg(2), by=pharmacist)
    statuses = [Order.objects.get(pk=order.pk).status for order in (first, second)]
    assert statuses == ["placed", "cancelled"]
    assert Notification.objects.filter(kind="order_cancelled").count() == 1


def _big_order(patient, product, window):
    balm = factories.product(price_cents=8000, thc_mg=1)
    return factories.order(patient, into=window, lines=[(product, 1), (balm, 1)])


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"origin": "counter", "amount_mg": -1}, "entry_sign_fits_origin"),
        ({"origin": "correction", "amount_mg": 1}, "entry_sign_fits_origin"),
        ({"origin": "gift"}, "entry_sign_fits_origin"),
        ({"amount_mg": 0}, "entry_sign_fits_origin"),
        ({"reason": ""}, "entry_has_reason"),
    ],
)
def test_an_impossible_entry_is_refused_by_the_database(patient, pharmacist, fields, constraint):
    row = {"patient": patient, "day": MONDAY, "amount_mg": 1, "origin": "counter", "by": pharmacist, "reason": "x"}
    with unguarded(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AllotmentEntry.objects.create(**{**row, **fields})


# --- The page -------------------------------------------------------------------------------------------------------


def ledger(client, *args):
    return words_of(client.get(url("allotment-of", *args) if args else url("allotment")))


def test_patient_and_caregiver_physician_and_staff_read_the_same_figures(pharmacist):
    made = factories.certification(caregiver=factories.caregiver(relationship="child"))
    patient, caregiver = made.patient, factories.join(made.patient.current_assignment.caregiver)
    order = factories.order(patient, lines=[(factories.product(amount_mg=14_175), 2)])  # 1.0001 oz
    enter(patient, 3_500, by=pharmacist)
    people_and_pages = [(patient.user, []), (caregiver.user, [])] + [
        (account, [made.uuid]) for account in (made.physician.user, factories.delegate(made.physician), pharmacist)
    ]
    for account, args in people_and_pages:
        words = ledger(factories.client_for(account), *args)
        for said in (
            "67.373 g (2.37 oz) of 99.223 g (3.50 oz) left for Wednesday, November 25, 2026",
            "70.873 g (2.50 oz) can be used by Wednesday, December 23, 2026.",
            "Limit of the certification 99.223 g (3.50 oz)",
            "Held by open orders 28.35 g (1.01 oz)",
            "Entered by our pharmacists 3.5 g (0.13 oz)",
            order.number,
            "Sold at our counter",
            "We cannot see what is bought elsewhere",
        ):
            assert said in words, (account.role, said)
        assert ("Sold on Monday." in words) is (account == pharmacist)
    assert Event.objects.filter(action="allotment.view", subject_id=patient.pk).count() == len(people_and_pages)


def test_a_passed_order_is_used_and_no_longer_held(monday):
    order = factories.order()
    factories.confirm(order, by=factories.staff("Pharmacist"))
    monday.move_to(order.window.ends_at + timedelta(days=1))
    words = ledger(factories.client_for(order.placed_by))
    assert "Delivered or on its way 2 g (0.08 oz)" in words
    assert "Held by open orders 0 g (0.00 oz)" in words


def test_an_unused_allotment_and_an_ended_certification_say_so(patient):
    assert "Nothing counts at the moment" in ledger(factories.client_for(patient.user))
    ended = factories.certification(on=date(2025, 11, 1)).patient
    assert "0 g (0.00 oz) of 99.223 g (3.50 oz) left" in ledger(factories.client_for(ended.user))


def test_the_figures_of_the_ledger_add_up(patient, pharmacist):
    """In ounces of two decimals they did not: 0.13 and twice 0.06 read as 0.25 where 0.23 was meant."""
    for weeks, amount_mg in enumerate((3_501, 1_601, 1_607)):
        enter(patient, amount_mg, by=pharmacist, day=MONDAY - timedelta(weeks=weeks), reason="Sold.")
    words = ledger(factories.client_for(patient.user))
    in_mg = {name: round(float(said) * 1000) for name, said in re.findall(r"([a-z]+) ([\d.]+) g \(", words)}
    rows = [round(float(said) * 1000) for said in re.findall(r"counter ([\d.]+) g", words)]
    left_mg = round(float(re.search(r"([\d.]+) g \([\d.]+ oz\) of 99.223 g", words)[1]) * 1000)
    assert sum(rows) == in_mg["pharmacists"] == 6_709 and left_mg + sum(rows) == in_mg["certification"] == OZ_3_5
    later = [round(float(said) * 1000) for said in re.findall(r"([\d.]+) g \([\d.]+ oz\) can be used by", words)]
    assert later == [left_mg + 1_607, left_mg + 1_607 + 1_601, OZ_3_5]


def test_the_ledger_is_hidden_from_everybody_else(patient):
    uuid = patient.certification_on(MONDAY).uuid
    caregiver, _child = people.guardian_of_a_child()
    others = [factories.identified_physician().user, factories.patient().user, patient.user, caregiver.user]
    for account in [*others, factories.staff("Driver"), factories.staff("Technician")]:
        assert factories.client_for(account).get(url("allotment-of", uuid)).status_code == 404


def test_a_draft_has_no_ledger():
    draft = factories.draft()
    for account in (draft.physician.user, factories.staff("Pharmacist")):
        assert factories.client_for(account).get(url("allotment-of", draft.uuid)).status_code == 404


def test_the_cart_names_the_first_wednesday_with_more(patient):
    factories.order(patient, lines=[(factories.product(amount_mg=14_200), 2)])
    factories.cart(patient, (factories.product(amount_mg=3_500), 1))
    words = words_of(factories.client_for(patient.user).get(url("cart")))
    assert "2.37 of 3.50 oz left for Wednesday, November 25, after this cart." in words
    assert "1.12 oz more from Wednesday, December 30." in words


# --- The door in the admin ------------------------------------------------------------------------------------------


def step(patient):
    return reverse("admin:certification_patient_step", args=[patient.pk, "allotment"])


def typed(**over):
    return {
        "day_month": "11",
        "day_day": "23",
        "day_year": "2026",
        "amount_mg": "3.5",
        "origin": "elsewhere",
        "reason": "Seen in the monitoring program.",
        **over,
    }


def test_a_pharmacist_enters_a_sale_after_seeing_what_it_does(patient, pharmacist):
    order, client = factories.order(patient), factories.client_for(pharmacist)
    words = words_of(client.get(step(patient)))
    assert "Monthly limit 99.223 g; 97.223 g left for Wednesday, November 25, 2026." in words
    assert f"Orders that count: {order.number}." in words
    assert not AllotmentEntry.objects.exists()
    assert client.post(step(patient), typed()).status_code == 302
    entry = AllotmentEntry.objects.get()
    assert (entry.day, entry.amount_mg, entry.origin) == (MONDAY, 3_500, "elsewhere")
    assert "See what counts" in words_of(client.get(reverse("admin:delivery_allotmententry_change", args=[entry.pk])))


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"amount_mg": "3,5"}, "Enter grams with at most 3 decimals, like 3.5"),
        ({"amount_mg": "٣"}, "Enter grams with at most 3 decimals, like 3.5"),
        ({"amount_mg": "1" * 1_000_000}, "Enter grams with at most 3 decimals, like 3.5"),
        ({"amount_mg": "\0"}, "Enter grams with at most 3 decimals, like 3.5"),
        ({"amount_mg": "600"}, "Enter an amount from 0.001 to 500 grams."),
        ({"amount_mg": ""}, "Enter flower equivalent in grams"),
        ({"day_day": "24"}, "Day must be today or in the past"),
        ({"day_year": "2024"}, "Enter today, or a day of the last 12 months."),
        ({"origin": "gift"}, "Choose one of the answers in the list."),
        ({"origin": "correction"}, "a correction takes back no more than that"),
        ({"reason": ""}, "Enter reason"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_input_gets_its_sentence_and_enters_nothing(patient, pharmacist, over, sentence):
    response = factories.client_for(pharmacist).post(step(patient), typed(**over))
    assert response.status_code == 200
    assert sentence in words_of(response)
    assert not AllotmentEntry.objects.exists()


@pytest.mark.parametrize("group", ["Registrar", "Manager", "Auditor"])
def test_only_a_pharmacist_enters(patient, group):
    response = factories.client_for(factories.staff(group)).post(step(patient), typed())
    assert response.status_code == 403
    assert not AllotmentEntry.objects.exists()
