from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from delivery import tasks
from delivery.models import DeliveryWindow, Order
from tests import factories

pytestmark = pytest.mark.django_db


def test_make_windows_twice_makes_them_once():
    assert [tasks.make_windows(), tasks.make_windows()] == [16, 16]
    assert DeliveryWindow.objects.count() == 16


def test_make_windows_by_command_says_how_many():
    out = StringIO()
    call_command("make_windows", stdout=out)
    assert out.getvalue() == "The next weeks have 16 delivery windows.\n"


def test_lapse_orders_after_the_window(monday):
    order = factories.order()
    assert tasks.lapse_orders() == 0
    monday.move_to(order.window.ends_at + timedelta(hours=11))
    assert tasks.lapse_orders() == 1
    assert Order.objects.get().status == "lapsed"
