"""A wrong item: the orderer reports it on the page of the order, and staff answer with words or with a correction."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from delivery import actions, rules
from delivery.models import HandOverCorrection, ItemReport, ReturnedItem
from notifications.models import Notification
from tests import factories
from tests.delivery import door
from tests.delivery.people import url, words_of
from tests.delivery.test_door import bring_back, hand_over
from tests.guard import unguarded
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def order():
    return factories.order()


@shared
def run(order, monday):
    return door.under_way(door.run_of(order), monday)


@shared
def handed(order, run):
    return hand_over(order, run)


@shared
def client(order):
    return factories.client_for(order.placed_by)


@shared
def pharmacist():
    return factories.staff("Pharmacist")


def report(order, by=None, **over):
    said = {"line": order.lines.get(), "what": "wrong", "words": "It is another strain.", **over}
    return actions.report_item(order=order, by=by or order.placed_by, **said)


def posted(order, **over):
    return {"line": order.lines.get().pk, "what": "damaged", "words": "The seal is broken.", **over}


def correcting(handed, **over):
    """Return what the page of a correction posts for a refund of one item."""
    key = handed.order.lines.get().pk
    fields = {"kind": "refund", "quantity": "1", "cents": "", "goods": "kept", "lot": "LOT-1", "instead": ""}
    entered = {f"{name}_{key}": over.pop(name, value) for name, value in fields.items()}
    return {**entered, "method": "cash", "reason": "Broken seal.", "seen": "0", "entry_key": str(uuid4()), **over}


# --- Reporting --------------------------------------------------------------------------------------------------------


def test_the_orderer_reports_and_reads_the_answer(handed, order, client, pharmacist):
    page = client.get(url("order-detail", order.number))
    assert "Report a problem" in words_of(page)
    told = client.post(url("order-report", order.number), posted(order), follow=True)
    assert "Thank you for telling us" in words_of(told) and "Our staff look into it" in words_of(told)
    made = ItemReport.objects.get()
    assert (made.what, made.words, made.by, made.answered_at) == (
        "damaged",
        "The seal is broken.",
        order.placed_by,
        None,
    )
    actions.answer_report(report=made, answer="We call you tomorrow.", by=pharmacist)
    assert "We call you tomorrow." in words_of(client.get(url("order-detail", order.number)))
    assert Notification.objects.get(kind="report_answered").context == {"order": order.pk, "report": made.pk}


def test_bad_input_keeps_what_was_typed(handed, order, client):
    cases = [
        ({"words": ""}, "Tell us in a few words what is wrong."),
        ({"words": "x" * 1001}, "1000 characters"),
        ({"what": ""}, "Choose what is wrong."),
        ({"line": "0"}, "Choose the product."),
        ({"line": "a"}, "Choose the product."),
    ]
    for wrong, sentence in cases:
        page = client.post(url("order-report", order.number), posted(order, **wrong))
        assert sentence in words_of(page).replace("1,000", "1000"), wrong
        assert wrong.get("words", "The seal is broken.")[:19] in page.content.decode()
    assert not ItemReport.objects.exists()


def test_strangers_find_no_order_to_report(handed, order):
    stranger = factories.client_for(factories.patient().user)
    assert stranger.post(url("order-report", order.number), posted(order)).status_code == 404


def test_check_may_report(order, run, monday, client):
    """Seven days after the hand-over, to the second; what came back is nothing to report."""
    with pytest.raises(rules.CorrectionError, match="was not delivered"):
        rules.check_may_report(order, now=run.opened_at)
    assert "was not delivered" in words_of(client.get(url("order-report", order.number), follow=True))
    at = hand_over(order, run).stated_at + timedelta(days=7)
    order.refresh_from_db()
    rules.check_may_report(order, now=at - timedelta(seconds=1))
    with pytest.raises(rules.CorrectionError, match="for 7 days"):
        rules.check_may_report(order, now=at)


def test_check_report(handed, order):
    report(order)
    stranger = factories.order().lines.get()
    cases = [
        ({"line": None}, "Choose the product"),
        ({"line": stranger}, "Choose the product"),
        ({"what": "boring"}, "Choose what is wrong"),
        ({"words": "  "}, "in a few words"),
        ({"words": "x" * 1001}, "1,000"),
        ({}, "reported this product already"),
    ]
    for over, sentence in cases:
        with pytest.raises(rules.CorrectionError, match=sentence):
            report(order, **over)
    assert ItemReport.objects.count() == 1


def test_who_may_not_order_does_not_report(handed, order):
    with pytest.raises(rules.OrdererError):
        report(order, by=factories.patient().user)


def test_check_answer(handed, order, pharmacist):
    made = report(order)
    for answer in ("", " ", "x" * 1001):
        with pytest.raises(rules.CorrectionError):
            actions.answer_report(report=made, answer=answer, by=pharmacist)
    with pytest.raises(rules.CorrectionError, match="Only a Pharmacist or a Manager"):
        actions.answer_report(report=made, answer="Sorry.", by=factories.staff("Technician"))


def test_check_report_waits(handed, order, pharmacist):
    made = report(order)
    actions.answer_report(report=made, answer="Sorry.", by=pharmacist)
    with pytest.raises(rules.CorrectionError, match="answered this report already"):
        actions.answer_report(report=made, answer="Sorry!", by=pharmacist)
    assert report(order).pk != made.pk  # and something else may be wrong with it


def test_a_line_is_reported_once_at_a_time(handed, order):
    made = report(order)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        ItemReport.objects.create(order=order, line=made.line, what="other", words="Again.", by=order.placed_by)


# --- The page of a correction -----------------------------------------------------------------------------------------


def test_staff_answer_a_report_by_a_correction(handed, order, client, pharmacist):
    made, staff = report(order), factories.client_for(pharmacist)
    assert "1 report of a wrong item" in words_of(staff.get(reverse("admin:index")))
    assert "It is not what I ordered" in words_of(staff.get(reverse("admin:delivery_order_change", args=[order.pk])))
    shown = staff.get(reverse("admin:delivery_itemreport_change", args=[made.pk]))
    assert "It is another strain." in words_of(shown)
    address = reverse("admin:delivery_handovercorrection_correct", args=[order.number]) + f"?report={made.pk}"
    assert "It is another strain." in words_of(staff.get(address))

    post = correcting(handed, goods="sealed")
    preview = staff.post(address, post)
    said = words_of(preview)
    assert "$40.00 are given back for 1 × " in said and "1 of lot LOT-1 go into quarantine" in said
    assert "out of the cash of Morning 1" in said and "1 g count back to the allotment" in said
    assert not HandOverCorrection.objects.exists()

    digest = preview.context["form"].digest
    done = staff.post(address, {**post, "correct": "1", "previewed": digest}, follow=True)
    assert f"Order {order.number} is corrected." in words_of(done) and "Refund of 1 × " in words_of(done)
    made.refresh_from_db()
    assert (HandOverCorrection.objects.get().report, made.answered_by) == (made, pharmacist)
    assert ReturnedItem.objects.get().taken_in_by == pharmacist
    assert "$40.00 given back for 1 × " in words_of(client.get(url("order-detail", order.number)))


def test_another_correction_than_the_preview_is_shown_first(handed, order, pharmacist):
    staff = factories.client_for(pharmacist)
    address, post = reverse("admin:delivery_handovercorrection_correct", args=[order.number]), correcting(handed)
    digest = staff.post(address, post).context["form"].digest
    shown = staff.post(address, {**post, "correct": "1", "previewed": digest, f"quantity_{order.lines.get().pk}": "2"})
    assert "$80.00 are given back" in words_of(shown) and not HandOverCorrection.objects.exists()


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"quantity": "3"}, "At most 2 can still be corrected."),
        ({"quantity": "-1"}, "Enter at least 1."),
        ({"quantity": "1e3"}, "whole number"),
        ({"cents": "-5"}, "Enter dollars and cents"),
        ({"cents": "80"}, "give back from $0.01 to $40.00"),
        ({"cents": "0"}, "give back from $0.01 to $40.00"),
        ({"goods": ""}, "Choose what became of the goods."),
        ({"goods": "eaten"}, "Choose from the list, please."),
        ({"kind": "exchange"}, "choose what is given instead"),
        ({"kind": ""}, "for at least one line"),
        ({"method": ""}, "how the money is given back"),
        ({"method": "debit"}, "Give back cash"),
        ({"reason": ""}, "Enter a reason."),
        ({"seen": "1"}, "Somebody has corrected this order"),
        ({"entry_key": "broken"}, "Open this page again"),
    ],
)
def test_a_correction_with_bad_input_says_what_to_do(handed, order, pharmacist, over, sentence):
    staff = factories.client_for(pharmacist)
    address = reverse("admin:delivery_handovercorrection_correct", args=[order.number])
    page = staff.post(address, correcting(handed, **over))
    assert sentence in words_of(page) and not page.context["changes"]
    assert "Broken seal." in page.content.decode() or over.get("reason") == ""


def test_an_order_that_was_not_handed_over_has_no_such_page(order, run, pharmacist):
    bring_back(order, run)
    staff = factories.client_for(pharmacist)
    address = reverse("admin:delivery_handovercorrection_correct", args=[order.number])
    assert staff.get(address).status_code == 404
    assert "Refund or exchange" not in words_of(staff.get(reverse("admin:delivery_order_change", args=[order.pk])))
