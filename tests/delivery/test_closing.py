"""Closed days, what becomes of their orders, and windows that are added in their place."""

from datetime import date, time, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from audit.models import Event
from delivery import actions, rules
from delivery.models import AffectedOrder, Closure, DeliveryWindow, Order
from notifications.actions import send_due
from tests import factories
from tests.certification import forms
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared
from ui import holidays

pytestmark = pytest.mark.django_db
CLOSE = "/admin/delivery/closure/close/"
EXTRA = "/admin/delivery/deliverywindow/extra/"


@shared
def manager():
    return factories.staff("Manager")


@shared
def client(manager):
    return factories.client_for(manager)


def close(day, by, *, reason="Heavy snow", is_moving=True):
    return actions.close_date(day=day, reason=reason, is_moving=is_moving, by=by)


def now_of(order):
    return Order.objects.select_related("window").get(pk=order.pk)


def typed(day, **over):
    return {**forms.date_boxes("day", day), "reason": "Heavy snow", "orders": "move", **over}


# --- Closing --------------------------------------------------------------------------------------------------------


def test_close_date_moves_what_fits_to_the_same_hours_of_the_next_day(manager):
    first, second = factories.order(), factories.order(into=factories.window(starts="13:30"))

    closure = close(first.window.date, manager)

    later = factories.next_wednesday(1)
    assert [now_of(order).window.code for order in (first, second)] == [f"{later}-0930", f"{later}-1330"]
    assert [now_of(order).status for order in (first, second)] == ["placed", "placed"]
    assert not DeliveryWindow.objects.filter(date=first.window.date, is_open=True).exists()
    assert set(DeliveryWindow.objects.filter(date=first.window.date).values_list("booked", flat=True)) == {0}
    assert {affected.window.date for affected in closure.affected.all()} == {later}
    assert (list(rules.stock_mismatches()), list(rules.window_mismatches())) == ([], [])


def test_close_date_cancels_orders_that_do_not_fit_and_says_why(manager):
    confirmed, ending = factories.order(), factories.order()
    later = factories.next_wednesday(1)
    with unguarded():
        ending.certification.expires_date = later
        ending.certification.save()

    closure = close(confirmed.window.date, manager)

    assert (now_of(confirmed).status, now_of(ending).status) == ("placed", "cancelled")
    assert closure.affected.get(order=ending).why.startswith("No certification is valid")
    assert (now_of(ending).ended_reason, ending.movements.count()) == ("Heavy snow", 2)
    assert (list(rules.stock_mismatches()), list(rules.window_mismatches())) == ([], [])


def test_close_date_gives_the_last_places_to_the_earliest_orders(manager):
    first, second = factories.order(), factories.order()
    later = DeliveryWindow.objects.filter(date=factories.next_wednesday(1))
    with unguarded():
        later.update(capacity=1)
        later.filter(starts="13:30").update(booked=1)

    closure = close(first.window.date, manager)

    assert (now_of(first).window.date, now_of(second).status) == (factories.next_wednesday(1), "cancelled")
    assert "filled a moment ago" in closure.affected.get(order=second).why


def test_close_date_without_moving_cancels_all_orders_and_notifies_the_orderers(manager):
    order = factories.order()
    mail.outbox.clear()

    close(order.window.date, manager, is_moving=False)
    send_due(by=None)

    assert now_of(order).status == "cancelled"
    assert "We cannot come on that day: Heavy snow." in mail.outbox[-1].body
    assert "snow" not in mail.outbox[-1].subject


def test_the_orderer_of_a_moved_order_reads_the_reason_in_their_language(manager):
    order = factories.order()
    with unguarded():
        order.patient.language = "es"
        order.patient.save()
    mail.outbox.clear()

    close(order.window.date, manager, reason="Veterans Day")
    send_due(by=None)

    assert "Día de los Veteranos" in mail.outbox[-1].body


def test_close_date_again_changes_nothing(manager):
    order = factories.order()
    first, second = (close(order.window.date, manager) for _ in range(2))
    assert first == second and AffectedOrder.objects.count() == 1
    assert now_of(order).moves == 1


def test_close_date_is_all_or_nothing(manager, monkeypatch):
    order, _other = factories.order(), factories.order()
    monkeypatch.setattr(AffectedOrder.objects, "create", _fail_on_second(AffectedOrder.objects.create))

    with pytest.raises(RuntimeError):
        close(order.window.date, manager)

    assert (now_of(order).moves, now_of(order).window.booked) == (0, 2)
    assert not Closure.objects.filter(date=order.window.date).exists()
    assert DeliveryWindow.objects.get(pk=order.window.pk).is_open


def _fail_on_second(create):
    calls = []

    def failing(**fields):
        calls.append(fields)
        if len(calls) == 2:
            raise RuntimeError
        return create(**fields)

    return failing


def test_check_may_be_closed_today_and_later(manager):
    today = timezone.localdate()
    rules.check_may_be_closed(today, today=today)
    with pytest.raises(rules.WindowError, match="is over"):
        close(today - timedelta(days=1), manager)


def test_check_closing_reason_is_not_empty(manager):
    with pytest.raises(rules.WindowError, match="Say why"):
        close(factories.next_wednesday(), manager, reason=" \n")
    assert not Closure.objects.filter(date=factories.next_wednesday()).exists()


def test_next_windows_are_the_windows_of_the_next_day_that_has_any(manager):
    factories.window()
    later = factories.next_wednesday(1)
    close(later, manager)
    assert {window.date for window in rules.next_windows(factories.next_wednesday())} == {factories.next_wednesday(2)}


def test_open_date_takes_orders_again_and_leaves_moved_orders(manager):
    order = factories.order()
    closure = close(order.window.date, manager)

    for _ in range(2):
        actions.open_date(closure=closure, by=manager)

    assert DeliveryWindow.objects.filter(date=closure.date, is_open=True).count() == 2
    assert now_of(order).window.date == factories.next_wednesday(1)
    assert Event.objects.filter(action="date.open", outcome="done").count() == 1
    factories.order(into=order.window)


def test_a_closed_day_tells_the_orderer_why(manager):
    order = factories.order()
    close(order.window.date, manager)
    patient = order.patient
    factories.cart(patient)
    page = factories.client_for(patient.user).get("/delivery/checkout/").content.decode()
    assert "No delivery: Heavy snow. Choose another window." in page


@pytest.mark.parametrize(
    ("model", "fields", "name"),
    [
        (Closure, {"reason": ""}, "closure_has_reason"),
        (DeliveryWindow, {"is_open": False}, "window_closed_has_reason"),
        (AffectedOrder, {"why": "Full."}, "affected_order_moved_or_why_not"),
    ],
)
def test_database_refuses(manager, model, fields, name):
    close(factories.order().window.date, manager)
    open_rows = model.objects.filter(is_open=True) if model is DeliveryWindow else model.objects.all()
    with unguarded(), pytest.raises(IntegrityError, match=name), transaction.atomic():
        open_rows.update(**fields)


# --- Holidays -------------------------------------------------------------------------------------------------------


def test_make_windows_closes_the_holidays_first():
    actions.make_windows(today=date(2029, 6, 1), by=None)

    closure = Closure.objects.get(date=date(2029, 7, 4))
    assert (closure.reason, closure.is_holiday) == ("Independence Day", True)
    closed = DeliveryWindow.objects.filter(date=closure.date)
    assert {(window.is_open, window.closed_reason) for window in closed} == {(False, "Independence Day")}


def test_a_holiday_that_staff_opened_stays_open(manager):
    actions.make_windows(today=date(2029, 6, 1), by=None)
    actions.open_date(closure=Closure.objects.get(date=date(2029, 7, 4)), by=manager)

    actions.make_windows(today=date(2029, 6, 2), by=None)

    assert Closure.objects.get(date=date(2029, 7, 4)).lifted_at is not None
    assert DeliveryWindow.objects.filter(date=date(2029, 7, 4), is_open=True).count() == 2


def test_every_holiday_of_the_next_years_has_a_name_in_spanish():
    named = set(holidays.holidays_between(date(2026, 1, 1), date(2036, 12, 31)).values())
    with translation.override("es"):
        untranslated = {name for name in named if translation.gettext(name) == name}
    assert not untranslated and named <= set(holidays.NAMES)


# --- Windows by hand ------------------------------------------------------------------------------------------------


def add(by, day=None, starts=time(10), ends=time(12), capacity=5):
    day = day or factories.next_wednesday() + timedelta(days=2)
    return actions.add_window(day=day, starts=starts, ends=ends, capacity=capacity, by=by)


def test_add_window_makes_up_for_a_closed_day(manager):
    order = factories.order()
    extra = add(manager)

    close(order.window.date, manager)

    assert now_of(order).window == extra
    assert DeliveryWindow.objects.get(pk=extra.pk).booked == 1


def test_make_windows_leaves_windows_added_by_hand_alone(manager):
    factories.window()
    extra = add(manager)
    factories.window()
    assert DeliveryWindow.objects.get(pk=extra.pk).is_extra


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"starts": time(12), "ends": time(10)}, "has to end after it starts"),
        ({"starts": time(10), "ends": time(10)}, "has to end after it starts"),
        ({"day": date(2020, 1, 1)}, "Nobody could order for it"),
        ({"day": date(2035, 1, 1)}, "Orders are taken until"),
        ({"capacity": 0}, "0 places are booked|1 places are booked"),
    ],
)
def test_check_new_window(manager, over, sentence):
    with pytest.raises(rules.WindowError, match=sentence):
        add(manager, **over)
    assert not DeliveryWindow.objects.filter(is_extra=True).exists()


def test_check_new_window_on_a_closed_day(manager):
    close(factories.next_wednesday() + timedelta(days=2), manager)
    with pytest.raises(rules.WindowError, match="This day is closed: Heavy snow"):
        add(manager)


def test_check_overlaps_none_lets_windows_touch(manager):
    standing = factories.window()
    assert (standing.starts, standing.ends) == (time(9, 30), time(13, 30))
    add(manager, standing.date, time(8), time(9, 30))
    with pytest.raises(rules.WindowError, match="Another window of this day"):
        add(manager, standing.date, time(7), time(8, 1))


def test_check_capacity_is_no_less_than_is_booked(manager):
    window = factories.order().window
    factories.order(into=window)
    assert actions.set_capacity(window=window, capacity=2, by=manager).capacity == 2
    with pytest.raises(rules.WindowError, match="2 places are booked"):
        actions.set_capacity(window=window, capacity=1, by=manager)
    assert DeliveryWindow.objects.get(pk=window.pk).capacity == 2


# --- The pages of staff ---------------------------------------------------------------------------------------------


def test_a_day_is_closed_after_a_preview_of_each_order(client):
    order = factories.order()
    day = order.window.date

    assert "Show what will happen" in client.get(CLOSE).content.decode()
    preview = client.post(CLOSE, typed(day)).content.decode()
    assert order.number in preview and "1 orders move, 0 are cancelled" in preview
    assert now_of(order).moves == 0 and not Closure.objects.filter(date=day).exists()

    response = client.post(CLOSE, typed(day, agreed="1"), follow=True)
    assert "Close a day: done." in response.content.decode() and now_of(order).moves == 1
    calls = reverse("admin:delivery_closure_calls", args=[Closure.objects.get(date=day).pk])
    page = client.get(calls).content.decode()
    assert order.patient.name in page and "We come on" in page and order.number in page
    assert Event.objects.filter(action="closure.calls").exists()


def test_an_order_placed_between_preview_and_click_is_moved_too(client):
    order = factories.order()
    client.post(CLOSE, typed(order.window.date))
    late = factories.order(into=order.window)
    client.post(CLOSE, typed(order.window.date, agreed="1"))
    assert now_of(late).moves == 1


def test_an_order_that_the_preview_did_not_show_is_asked_about_before_it_is_cancelled(client):
    order = factories.order()
    day = order.window.date
    shown = client.post(CLOSE, typed(day, orders="undo")).context["preview"].effects
    late = factories.order(into=order.window)
    agreed = typed(day, orders="undo", agreed="1", agreed_effects=",".join(shown))

    page = client.post(CLOSE, agreed).content.decode()
    assert "Cancel open orders?" in page and late.number in page and now_of(order).has_hold
    assert not Closure.objects.filter(date=day).exists()

    both = ",".join(rules.agreement_key(one) for one in (order, late))
    assert client.post(CLOSE, {**agreed, "agreed_effects": both}).status_code == 302
    assert not now_of(order).has_hold and not now_of(late).has_hold


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"day_month": "2", "day_day": "31"}, "February"),
        ({"day_year": "2020"}, "This day is over"),
        ({"reason": ""}, "Enter reason"),
        ({"reason": "x" * 101}, "Shorten this to 100"),
        ({"orders": "burn"}, "Choose one of the answers"),
    ],
)
@pytest.mark.parametrize("agreed", [{}, {"agreed": "1"}])
def test_bad_answers_get_a_sentence_and_close_nothing(client, over, sentence, agreed):
    order = factories.order()
    page = client.post(CLOSE, {**typed(order.window.date), **over, **agreed}).content.decode()
    assert sentence in page and now_of(order).moves == 0
    assert not Closure.objects.filter(is_holiday=False).exists()


def test_a_day_is_opened_again_on_its_page(client, manager):
    closure = close(factories.order().window.date, manager)
    page = reverse("admin:delivery_closure_change", args=[closure.pk])
    assert "Open this day again" in client.get(page).content.decode()
    client.post(reverse("admin:delivery_closure_step", args=[closure.pk, "open"]))
    assert Closure.objects.get(pk=closure.pk).lifted_at is not None


def test_a_window_is_added_and_its_places_changed_in_the_admin(client):
    day = factories.next_wednesday() + timedelta(days=1)
    answers = {**forms.date_boxes("date", day), "starts": "10 am", "ends": "12:30 p.m.", "capacity": "4"}
    assert "Enter a time" in client.post(EXTRA, {**answers, "ends": "25:00"}).content.decode()
    client.post(EXTRA, answers)
    window = DeliveryWindow.objects.get(is_extra=True)
    assert (window.date, window.starts, window.ends, window.capacity) == (day, time(10), time(12, 30), 4)
    client.post(reverse("admin:delivery_deliverywindow_step", args=[window.pk, "capacity"]), {"capacity": "7"})
    assert DeliveryWindow.objects.get(pk=window.pk).capacity == 7


@pytest.mark.parametrize("path", [CLOSE, EXTRA, "/admin/delivery/deliverypolicy/set/"])
@pytest.mark.parametrize("group", ["Pharmacist", "Driver", "Auditor"])
def test_managers_alone_change_the_calendar(path, group):
    client = factories.client_for(factories.staff(group))
    assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)


def test_the_call_list_is_for_staff_who_see_every_order(manager):
    closure = close(people.date(2099, 1, 7), manager)
    calls = reverse("admin:delivery_closure_calls", args=[closure.pk])
    for group in ("Registrar", "Driver"):
        assert factories.client_for(factories.staff(group)).get(calls).status_code == 403
    assert factories.client_for(factories.staff("Technician")).get(calls).status_code == 200
    assert factories.client_for(manager).get(calls.replace(str(closure.pk), "999999")).status_code == 404
