"""A driver who is late tells the people of the stops that remain, and not again and again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from delivery import actions, rules
from delivery.models import Run
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.delivery.people import words_of
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def run(monday):
    return door.under_way(door.run_of(*[factories.order() for _ in range(3)]), monday)


def told():
    return Notification.objects.filter(kind="order_late")


def tell(run, minutes=30, by=None):
    return actions.tell_late(run=run, minutes=minutes, by=by or run.driver)


def test_the_people_of_the_remaining_stops_are_told_once_a_press(run, monday):
    done, *remaining = run.orders.order_by("position")
    actions.hand_over(order=done, run=run, answers=door.answers(done), by=run.driver)
    assert tell(run) == 2
    assert {row.context["order"] for row in told()} == {order.pk for order in remaining}
    assert {row.context["minutes"] for row in told()} == {30}
    with pytest.raises(rules.RunError, match="told at 9:30 a.m. that you are 30 minutes late. .* again from 9:45 a.m."):
        tell(run, 60)
    monday.shift(timedelta(minutes=15))
    assert tell(run, 60) == 2
    assert told().count() == 4
    run.refresh_from_db()
    assert (run.late_told_count, run.late_minutes) == (2, 60)


def test_check_can_tell_late_knows_three_answers_and_an_end(run, monday):
    for minutes in (0, 29, -15):
        with pytest.raises(rules.RunError, match="Choose how late you are"):
            tell(run, minutes)
    for _press in range(4):
        tell(run)
        monday.shift(timedelta(minutes=15))
    with pytest.raises(rules.RunError, match="told 4 times already"):
        tell(run)
    with pytest.raises(rules.RunError, match="Another driver"):
        tell(run, by=factories.staff("Driver"))
    assert told().count() == 12


def test_check_has_remaining_tells_nobody_when_every_stop_is_done(run):
    for order in run.orders.all():
        actions.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    with pytest.raises(rules.RunError, match="No stop remains"):
        tell(run)
    assert Run.objects.get().late_told_at is None


def test_a_run_that_has_not_left_and_a_settled_run_tell_nobody(monday):
    order = factories.order()
    run = door.run_of(order)
    with pytest.raises(rules.RunError, match="has not left yet"):
        tell(run)
    run = door.under_way(run, monday)
    actions.hand_over(order=order, run=run, answers=door.answers(order), by=run.driver)
    actions.settle_run(run=run, cash_counted_cents=8000, by=factories.staff("Manager"))
    with pytest.raises(rules.RunError, match="settled"):
        tell(run)


def test_the_button_says_who_is_told_and_refuses_other_words(run):
    client = factories.client_for(run.driver)
    address = reverse("delivery:run-late", args=[run.uuid])
    page = words_of(client.post(address, {"minutes": "soon"}, follow=True))
    assert "Choose how late you are." in page and not told().exists()
    page = words_of(client.post(address, {"minutes": "15"}, follow=True))
    assert "The people of 3 stops are told that you are about 15 minutes late." in page
    assert factories.client_for(factories.staff("Driver")).post(address, {"minutes": "15"}).status_code == 404
