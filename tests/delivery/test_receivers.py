"""Orders that are cancelled when a certification ends or its allotment becomes lower."""

from datetime import date
from decimal import Decimal

import pytest

from certification.actions import sign_draft, withdraw_certification
from certification.models import Draft
from delivery.actions import undo_uncovered_orders
from delivery.models import DeliveryWindow, Order, Product
from notifications.models import Notification
from tests import factories

pytestmark = pytest.mark.django_db


def statuses(*orders):
    return [Order.objects.get(pk=order.pk).status for order in orders]


def test_a_withdrawn_certification_cancels_its_open_orders():
    physician = factories.identified_physician()
    certification = factories.certification(physician)
    order, other = factories.order(certification.patient), factories.order()
    withdraw_certification(certification=certification, reason="No longer indicated.", by=physician.user)
    order.refresh_from_db()
    assert (order.status, order.ended_reason) == (
        "cancelled",
        "The physician withdrew the certification before this delivery.",
    )
    assert statuses(other) == ["placed"]
    assert DeliveryWindow.objects.get(pk=order.window_id).booked == 1
    assert Product.objects.get(lines__order=order).stock == 50
    assert Notification.objects.filter(kind="order_cancelled", recipient=order.placed_by.email).count() == 1


def test_a_lower_allotment_cancels_the_latest_orders_first():
    physician = factories.identified_physician()
    certification = factories.certification(physician, on=date(2025, 12, 10))
    patient = certification.patient
    first, second, third = (
        factories.order(
            patient,
            into=factories.window(factories.next_wednesday(weeks)),
            lines=[(factories.product(amount_mg=amount_mg), 2)],
        )
        for weeks, amount_mg in enumerate([28_000, 9_000, 9_000])
    )
    sign_draft(
        draft=Draft.objects.renewing(certification),
        answers={
            "questions": factories.questions(),
            "condition": factories.condition(),
            "statement": factories.statement(monthly_allotment_oz=Decimal("2.75")),
        },
        signature_name=physician.name,
        by=physician.user,
    )
    assert statuses(first, second, third) == ["placed", "placed", "cancelled"]


def test_cancelling_again_changes_nothing():
    order = factories.order()
    assert undo_uncovered_orders(patient=order.patient, from_day=date(2026, 11, 23), by=None) == 0
    assert statuses(order) == ["placed"]
