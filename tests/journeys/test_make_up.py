"""Snow on a Wednesday: staff add a window on another day and close the Wednesday; its orders move."""

from datetime import timedelta

import pytest

from delivery.models import Closure, Order
from notifications.actions import send_due
from tests import factories
from tests.journeys.visitor import mails_to
from ui.holidays import holidays_between

pytestmark = pytest.mark.journey


def test_orders_of_a_closed_day_move_to_another_day(visitor):
    order = factories.order()
    staff, patient = visitor(), visitor(viewport={"width": 390, "height": 844})
    staff.signs_in(factories.staff("Manager").email)
    day = day_after(order.window.date)
    when_staff_add_a_window(staff, day)
    when_staff_close_the_wednesday(staff, order)
    then_the_call_list_names_the_patient(staff, order)
    then_the_patient_gets_a_mail_and_sees_the_new_window(patient, order, day)
    # Axe puts the styles that Django's forms.css imports into the page, which our policy blocks.
    staff.errors = [error for error in staff.errors if not error.startswith("Applying inline style violates")]
    staff.met_no_barrier()
    patient.met_no_barrier()


def day_after(wednesday):
    """Return the first day after a Wednesday that is no holiday."""
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


def then_the_call_list_names_the_patient(staff, order):
    staff.follows("Call list")
    staff.sees(order.patient.name)
    staff.sees("10 a.m. to 1 p.m. instead.")
    assert Closure.objects.get(date=order.window.date).affected.get().order == order


def then_the_patient_gets_a_mail_and_sees_the_new_window(patient, order, day):
    send_due(by=None)
    assert "Heavy snow" in mails_to(order.patient.email)[-1].body
    assert Order.objects.get(pk=order.pk).window.date == day
    patient.signs_in(order.patient.user.email)
    patient.opens(f"/delivery/orders/{order.number}/")
    patient.sees("10 a.m. to 1 p.m.")
