"""Made-up words for each kind of message of this app, and who gets it when. No row of the database is read."""

from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from certification.samples import certification, patient
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, Product, Shortage
from delivery.presenters.shortages import Question
from delivery.rules import closes_at
from notifications import kinds

DAY = date(2027, 3, 3)
HANDED_OVER = datetime(2027, 3, 3, 16, 12, tzinfo=UTC)
ORDERER = "Who ordered"
SNOW = "Heavy snow"  # as staff type it; not translated


def window() -> DeliveryWindow:
    """Return a window that is in no database."""
    return DeliveryWindow(pk=1, date=DAY, starts=time(9, 30), ends=time(13, 30), capacity=20)


def order(status: str = "confirmed", payment_method: str = "cash", **fields: Any) -> Order:
    """Return an order that is in no database."""
    return Order(
        pk=1, number="7K4M-29", patient=patient(), certification=certification(), window=window(),
        policy=DeliveryPolicy(lead_hours=24), street="40 Orange Street", unit="Apt 3", city="New Haven",
        zip_code="06510", status=status, payment_method=payment_method, subtotal_cents=8350, **fields,
    )  # fmt: skip


def _about(made: Order, reason: str = "", **more: Any) -> dict[str, Any]:
    assert made.window is not None and made.policy is not None
    return {"order": made, "closes_at": closes_at(made.window, made.policy), "reason": reason, "reason_es": "", **more}


def _tomorrow() -> dict[str, dict[str, Any]]:
    return {
        "cash": _about(order(), is_today=False),
        "debit": _about(order(payment_method="debit"), is_today=False),
        "not confirmed yet": _about(order("placed"), is_today=False),
        "sent late": _about(order(), is_today=True),
    }


def _short() -> dict[str, dict[str, Any]]:
    shortage = Shortage(pk=1, product=Product(name="Harvest No. 4"), ordered_quantity=3, quantity=2)
    some = {"quantity": 2, "ordered": 3, "name": "Harvest No. 4"}
    words = {
        "sentence": _("We have only %(quantity)d of the %(ordered)d × %(name)s that you ordered.") % some,
        "accept": _("Take %(quantity)d") % some,
    }
    kept = Question(shortage, **words, with_cents=8350, without_cents=5500)
    last = Question(shortage, **words, with_cents=8350, without_cents=0)
    return {"": _about(order(), question=kept), "the last line": _about(order(), question=last)}


def _delivered() -> dict[str, dict[str, Any]]:
    paid: dict[str, Any] = {"handed_over_at": HANDED_OVER, "cash_cents": 9000, "debit_cents": None, "tip_cents": 650}
    unknown: dict[str, Any] = dict.fromkeys((*paid, "due_cents"))
    return {
        "cash with a tip": _about(order("delivered"), due_cents=8350, **paid),
        "a part was refused": _about(order("delivered"), **{**paid, "due_cents": 6350, "tip_cents": 2650}),
        "no figures": _about(order("delivered"), **unknown),
    }


def _corrected() -> dict[str, dict[str, Any]]:
    refund: dict[str, Any] = {"refund_cents": 4000, "method": "cash", "exchanged": False}
    made = order("delivered")
    return {
        "a refund in cash": _about(made, **refund),
        "a refund to a card": _about(made, **{**refund, "method": "debit"}),
        "an exchange": _about(made, refund_cents=0, method="", exchanged=True),
    }


def register_samples() -> None:
    """Tell the list of kinds who gets each kind of message and when, with samples."""
    to_orderer = partial(kinds.describe, readers=ORDERER)
    to_orderer("order_placed", when="The order was placed.", samples=lambda: {"": _about(order("placed"))})
    to_orderer("order_confirmed", when="Staff confirmed the order.", samples=lambda: {"": _about(order())})
    to_orderer(
        "order_moved",
        when="The order went to another window.",
        samples=lambda: {"": _about(order()), "a day was closed": _about(order(), SNOW)},
    )
    to_orderer(
        "order_refused",
        when="Staff refused the order.",
        samples=lambda: {"": _about(order("refused", ended_reason="The address is a workplace."))},
    )
    to_orderer(
        "order_cancelled",
        when="The order was cancelled, or its window passed before staff confirmed it.",
        samples=lambda: {"": _about(order("cancelled")), "a day was closed": _about(order("cancelled"), SNOW)},
    )
    to_orderer("order_short", when="A line could not be packed as it was ordered.", samples=_short)
    to_orderer(
        "order_changed",
        when="What was short was answered, or left out when the driver left.",
        samples=lambda: {"cash": _about(order()), "debit": _about(order(payment_method="debit"))},
    )
    to_orderer("order_tomorrow", when="From 5 p.m. on the evening before the delivery.", samples=_tomorrow)
    to_orderer(
        "order_out_for_delivery",
        when="The driver has left with the order.",
        samples=lambda: {"": _about(order("out_for_delivery"))},
    )
    to_orderer(
        "order_late",
        when="The driver says to be late.",
        samples=lambda: {"": _about(order("out_for_delivery"), minutes=30)},
    )
    to_orderer("order_delivered", when="The order was handed over; this is the receipt.", samples=_delivered)
    to_orderer(
        "order_returned",
        when="The order could not be handed over.",
        samples=lambda: {"": _about(order("returned")), "with a reason": _about(order("returned"), "Nobody was home")},
    )
    to_orderer(
        "hand_over_corrected", when="Staff gave money back or exchanged an item after the delivery.", samples=_corrected
    )
    to_orderer(
        "report_answered",
        when="Staff answered with words what the orderer had reported.",
        samples=lambda: {"": _about(order("delivered"))},
    )
    kinds.describe(
        "place_open",
        readers="An account on the waiting list",
        when="A full window has room again.",
        samples=lambda: {"": {"window": window(), "closes_at": _about(order())["closes_at"]}},
    )
    kinds.describe(
        "counts_differ",
        readers="Every Manager",
        when="The nightly check found a wrong count.",
        samples=lambda: {"": {"skus": ["HM-030"], "windows": [window().code]}},
        is_in_english=True,
    )
    kinds.describe(
        "pack_ready",
        readers="Staff who print packs",
        when="The cut-off of a window with orders has passed.",
        samples=lambda: {
            "": {"window": window(), "orders": 12, "to_review": 0, "without_run": 0},
            "not all confirmed": {"window": window(), "orders": 12, "to_review": 1, "without_run": 3},
        },
        is_in_english=True,
    )
