"""People and posted forms that the tests of this app share."""

import itertools
import re
from datetime import date, datetime, time, timedelta
from html import unescape
from uuid import uuid4

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from certification.actions import accept_invitation
from delivery.actions import change_order, receive_stock
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, OrderLine, Product, StockMovement
from delivery.reference import POLICIES
from delivery.rules import policy_on, suggested_lots
from tests import factories
from tests.guard import unguarded

_born = itertools.cycle(range(300))  # no two children are the same child by chance


def guardian_of_a_child(**over):
    """Return a guardian with an affirmed account, and their child of 12."""
    made = factories.certification(
        profile=factories.profile(
            first_name="Milo",
            last_name="Hart",
            birth_date=date(2014, 5, 1) - timedelta(days=next(_born)),
            email="",
            has_no_email=True,
        ),
        condition=factories.condition(condition_codes=["severe-epilepsy"]),
        caregiver=factories.caregiver(**{"first_name": "Nora", "last_name": "Hart", **over}),
    )
    caregiver = made.patient.current_assignment.caregiver
    if caregiver.user_id is None:
        factories.join(caregiver)
    return caregiver, made.patient


def guardian_of_two():
    """Return a guardian and their two children."""
    caregiver, child = guardian_of_a_child(phone="+12035550177")
    same, sibling = guardian_of_a_child(phone="+12035550177", email=caregiver.email)
    assert same == caregiver
    factories.affirm_all(caregiver)
    return caregiver, child, sibling


def patient_with_caregiver(statement=None, **over):
    """Return an adult patient and their caregiver, each with an affirmed account."""
    caregiver = factories.caregiver(relationship="child", **over)
    made = factories.certification(caregiver=caregiver, statement=statement or factories.statement())
    caregiver = made.patient.current_assignment.caregiver
    factories.join(caregiver)
    return made.patient, caregiver


def join_without_affirming(person):
    account = factories.user(person.email)
    accept_invitation(invitation=person.invitations.latest("pk"), birth_date=person.birth_date, by=account)
    person.refresh_from_db()
    return person


def policy(effective_date, **over):
    """Enter the terms of docs/domain.md#delivery with some changes, in force from that day."""
    with unguarded():
        return DeliveryPolicy.objects.create(**{**POLICIES[0], **over, "effective_date": effective_date})


def checkout_post(window, *, seen_cents=8000, **over):
    """Return what the checkout page posts for a cart of $80."""
    answers = {
        **factories.address(phone="(203) 555-0142"),
        "is_residence": "on",
        "window": window.code,
        "payment_method": "cash",
        "seen_cents": seen_cents,
        "idempotency_key": uuid4(),
        **over,
    }
    return {name: value for name, value in answers.items() if value is not None}


def words_of(response):
    """Return the page as a person reads it: text without tags and runs of space."""
    text = re.sub(r"<(script|style|meter).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def url(name, *args):
    return reverse(f"delivery:{name}", args=args)


def at(day, clock):
    """Return the moment of a day at a time like 13:30 in New York."""
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def end(assignment):
    """End an assignment today, also a guardian's: the action would refuse to leave a child without one."""
    with unguarded():
        assignment.ended_date, assignment.ended_reason = timezone.localdate(), "No longer needed."
        assignment.save()


def close(window):
    """Close this window alone."""
    with unguarded():
        DeliveryWindow.objects.filter(pk=window.pk).update(is_open=False, closed_reason="Heavy snow")


def fill(window):
    """Book every place of the window, without orders."""
    with unguarded():
        DeliveryWindow.objects.filter(pk=window.pk).update(booked=window.capacity)


def widen(window, *, capacity=20):
    """Let more orders into the window."""
    with unguarded():
        DeliveryWindow.objects.filter(pk=window.pk).update(capacity=capacity)


def copy(order, *, times, first=0):
    """Insert many orders like this order, fast."""
    fields = {
        field.attname: getattr(order, field.attname) for field in Order._meta.concrete_fields if not field.primary_key
    }
    with unguarded():
        Order.objects.bulk_create(Order(**{**fields, **_own_fields(order, n)}) for n in range(first, first + times))


def _own_fields(order, number):
    """Return what a copy of an order does not share with it; in a run it stands at a position of its own."""
    position = order.position + number + 1 if order.run_id else None
    return {"number": f"D-{number:04d}-COPY", "idempotency_key": uuid4(), "position": position}


def orders_of_many(count, *, units=2, **over):
    """Return as many placed orders as `count`, fast: each of a patient of its own, of one product with its stock."""
    product = factories.product(stock=0)
    for lot in ("LOT-1", "LOT-2"):
        receive_stock(product=product, quantity=count * units, lot=lot, details=factories.lot_details(), by=None)
    first = factories.certification()
    signed = factories.copies(first, count)
    window, account = factories.window(), first.patient.user
    place = {**factories.address(), "state": "CT", "window": window, "placed_by": account, "status": "placed"}
    sums = {"subtotal_cents": 4000 * units, "amount_mg": 1000 * units, "policy": policy_on(window.date)}
    now = timezone.now()
    with unguarded():
        made = Order.objects.bulk_create(
            Order(
                **{**place, **sums, "payment_method": "cash", "placed_at": now + timedelta(seconds=n),
                   "patient": each.patient, "certification": each, "number": f"D-{n:04d}-MANY",
                   "idempotency_key": uuid4(), **over}
            )
            for n, each in enumerate(signed)
        )  # fmt: skip
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=product, quantity=units, unit_price_cents=4000, amount_mg=1000)
            for order in made
        )
        StockMovement.objects.bulk_create(
            StockMovement(product=product, kind="reserved", quantity=-units, order=order, by=account) for order in made
        )
        Product.objects.filter(pk=product.pk).update(stock=F("stock") - count * units)
        DeliveryWindow.objects.filter(pk=window.pk).update(capacity=max(count, 20), booked=count)
    return made


def make_short(order, kind):
    """Enter that the first line of the order is short: drop it, or bring one item less. Return the order."""
    line = order.lines.first()
    less = {"quantity": line.quantity - 1} if kind == "lessen" else {}
    change_order(order=order, line=line, kind=kind, by=factories.staff("Technician"), **less)
    return order


def review(**over):
    """Return what the page that confirms an order posts."""
    return {"reviewed": "on", "monitoring_reviewed_date": f"{timezone.localdate():%m/%d/%Y}", **over}


def scanned(order):
    """Return the page on which an order is packed as a person fills it in who takes each item from its lot."""
    boxes = {}
    for line in order.lines.select_related("product", "order__window"):
        for number, lot in enumerate(suggested_lots(line, today=timezone.localdate()), start=1):
            boxes[f"lot-{line.pk}-{number}"] = lot
    return boxes
