"""People and posted forms that the tests of this app share."""

import itertools
import re
from datetime import date, timedelta
from html import unescape
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from certification.actions import accept_invitation
from delivery.models import DeliveryPolicy, DeliveryWindow, Order
from delivery.reference import POLICIES
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
