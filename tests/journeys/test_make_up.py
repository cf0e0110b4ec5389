"""Snow on a Wednesday: staff add a window on another day, close the Wednesday, and who ordered is moved and told."""

from datetime import timedelta

import pytest

from delivery.models import Closure, Order
from notifications.actions import send_due
from tests import factories
from tests.journeys.visitor import mails_to
from ui.holidays import holidays_between

pytestmark = pytest.mark.journey


def test_a_closed_day_is_made_up_for_on_another(visitor):
    order = factories.order()
    staff, she = visitor(), visitor(viewport={"width": 390, "height": 844})
    staff.looks = lambda: None  # the admin is Django's own
    staff.signs_in(factories.staff("Manager").email)
    day = day_after(order.window.date)
    when_staff_add_a_window(staff, day)
    when_staff_close_the_wednesday(staff, order)
    then_the_call_list_names_her(staff, order)
    then_she_is_told_and_sees_her_new_window(she, order, day)
    staff.met_no_barrier()
    she.met_no_barrier()


def day_after(wednesday):
    """The first day after it that is no holiday."""
    days = (wednesday + timedelta(days=number) for number in range(1, 6))
    return next(day for day in days if not holidays_between(day, day))


def when_staff_add_a_window(staff, day):
    staff.opens("/admin/delivery/deliverywindow/")
    staff.follows("Add a window")
    staff.fills_date("date", day.month, day.day, day.year)
    staff.fills(starts="10 am", ends="1 pm", capacity="5")
    staff.presses("Add a window")
    staff.sees("Add a window: done.")


def when_staff_close_the_wednesday(staff, order):
    day = order.window.date
    staff.opens("/admin/delivery/closure/")
    staff.follows("Close a day")
    staff.fills_date("day", day.month, day.day, day.year)
    staff.fills(reason="Heavy snow")
    staff.page.locator("[name=orders][value=move]").check()
    staff.presses("Show what will happen")
    staff.sees("1 orders move, 0 are cancelled")
    staff.presses("Close a day")
    staff.sees("Close a day: done.")


def then_the_call_list_names_her(staff, order):
    staff.follows("Call list")
    staff.sees(order.patient.name)
    staff.sees("10 a.m. to 1 p.m. instead.")
    assert Closure.objects.get(date=order.window.date).affected.get().order == order


def then_she_is_told_and_sees_her_new_window(she, order, day):
    send_due(by=None)
    assert "Heavy snow" in mails_to(order.patient.email)[-1].body
    assert Order.objects.get(pk=order.pk).window.date == day
    she.signs_in(order.patient.user.email)
    she.opens(f"/delivery/orders/{order.number}/")
    she.sees("10 a.m. to 1 p.m.")
