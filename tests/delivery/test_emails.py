import pytest
from django.core import mail

from delivery import actions
from notifications.actions import send_due
from tests import factories

pytestmark = pytest.mark.django_db
MEDICAL = ("marijuana", "cannabis", "thc", "tincture", "certif", "patient", "physician", "medical", "ounce", " oz")


def mails(order):
    send_due(by=None)
    return [message for message in mail.outbox if order.placed_by.email in message.to and "order" in message.subject]


def test_the_mail_of_a_placed_order_repeats_it_without_medical_words():
    order = factories.order()
    (message,) = mails(order)
    assert message.subject == f"We received your order {order.number}"
    html = message.alternatives[0][0]
    for text in (message.body, html):
        assert "Wednesday, November 25, 2026, 9:30 a.m. to 1:30 p.m. Eastern" in text
        assert "40 Orange Street, New Haven, CT 06510" in text
        assert "Cash, the exact amount, $80.00" in text
        assert "You can cancel until Tuesday, November 24, 2026, 9:30 a.m. Eastern." in text
        assert not [word for word in MEDICAL if word in text.lower()]
    link = f"http://testserver/delivery/orders/{order.number}/"
    assert message.body.count("http") == 1
    assert link in message.body
    assert html.count("http") == 1


@pytest.mark.parametrize(
    ("undo", "subject"),
    [
        (
            lambda order: factories.confirm(order, by=factories.staff("Pharmacist")),
            "Your order {} is confirmed",
        ),
        (
            lambda order: actions.refuse_order(order=order, reason="No THC left.", by=factories.staff("Pharmacist")),
            "We cannot deliver your order {}",
        ),
        (lambda order: actions.cancel_order(order=order, by=order.placed_by), "Your order {} is cancelled"),
        (lambda order: actions.lapse_orders(now=order.window.ends_at, by=None), "Your order {} is cancelled"),
    ],
)
def test_the_mail_of_an_ended_order_has_no_medical_words(undo, subject):
    order = factories.order()
    mails(order)
    undo(order)
    message = mails(order)[-1]
    assert message.subject == subject.format(order.number)
    asks_for_money = any("$80.00" in text for text in (message.body, message.alternatives[0][0]))
    assert asks_for_money is ("confirmed" in subject)
    assert not [word for word in MEDICAL if word in (message.body + message.subject).lower()]


def test_a_mail_that_no_longer_holds_is_not_sent():
    order = factories.order()
    actions.cancel_order(order=order, by=order.placed_by)
    assert [message.subject for message in mails(order)] == [f"Your order {order.number} is cancelled"]
