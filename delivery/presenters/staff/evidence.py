"""The evidence for an order: what a pharmacist compares before confirming it, each as a check, a label and a fact."""

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from certification.models import CaregiverAssignment, Certification
from certification.presenters.told import Told
from certification.rules import age_on, is_minor_on
from delivery import rules
from delivery.models import Order, OrderLine
from delivery.presenters.staff.order_list import window_of
from delivery.presenters.staff.receivers import Receiver
from ui.templatetags.portal import grams, money, ounces_left

MAP = "https://www.openstreetmap.org/search"


@dataclass(frozen=True)
class Sight:
    """The parts of a patient's record that the reader of the page may see, each True or False."""

    certification: bool = False
    birth_date: bool = False
    directions: bool = False
    allotment: bool = False
    assessments: bool = False  # what was told about how well it works
    assessment_words: bool = False


@dataclass(frozen=True)
class Link:
    words: str
    url: str
    is_outside: bool = False


@dataclass(frozen=True)
class Meter:
    """The allotment in three parts, in mg and in percent of the limit (with one decimal, as text)."""

    before_mg: int
    this_mg: int
    left_mg: int
    before_percent: str
    this_percent: str


@dataclass(frozen=True)
class Evidence:
    """One row: whether it holds or is missing, its label, the fact, more about it, links and perhaps a meter."""

    label: str
    fact: str
    is_missing: bool = False
    detail: str = ""
    links: tuple[Link, ...] = ()
    meter: Meter | None = None


@dataclass(frozen=True)
class Facts:
    """The rows that were read for the evidence of one order."""

    order: Order
    lines: list[OrderLine]
    held: dict[int, int]  # by product id
    certification: Certification | None  # valid on the day of the delivery
    assignment: CaregiverAssignment | None
    receiver: Receiver
    last_review: date | None  # for an earlier order of the patient
    left_before_mg: int
    same_door: list[Order]
    was_short: bool  # a line was dropped, lessened or replaced when the order was packed
    told: list[Told]  # the latest first


def evidence_of(facts: Facts, sight: Sight) -> list[Evidence]:
    """Return the rows that the reader may see, what is missing first."""
    rows = [
        _monitoring(facts) if sight.certification else None,
        _card(facts) if sight.certification else None,
        _age(facts) if sight.birth_date else None,
        _directions(facts) if sight.directions else None,
        *_self_assessments(facts),
        _caregiver(facts) if sight.certification else None,
        _allotment(facts) if sight.allotment else None,
        _address(facts),
        _minimum_and_stock(facts),
    ]
    return sorted((row for row in rows if row is not None), key=lambda row: not row.is_missing)


def _day(day: date) -> str:
    return date_format(day, "DAY_FORMAT")


def _monitoring(facts: Facts) -> Evidence | None:
    order = facts.order
    last = _("Last review on %(day)s") % {"day": _day(facts.last_review)} if facts.last_review else ""
    if order.monitoring_reviewed_date:
        fact = _("Reviewed on %(day)s") % {"day": _day(order.monitoring_reviewed_date)}
        return Evidence(_("Monitoring"), fact)
    if order.predates_review:
        return Evidence(_("Monitoring"), _("Confirmed before the portal asked for the review"), detail=last)
    if not order.is_open:
        return None
    return Evidence(_("Monitoring"), _("Not reviewed yet for this order"), is_missing=True, detail=last)


def _card(facts: Facts) -> Evidence:
    certification, day = facts.certification, window_of(facts.order).date
    if certification is None:
        return Evidence(_("Card on the day"), _("No certification is valid on the day of delivery"), is_missing=True)
    days = (certification.valid_through - day).days
    after = ngettext("(%(days)d day after delivery)", "(%(days)d days after delivery)", days) % {"days": days}
    return Evidence(
        _("Card on the day"),
        _("Valid through %(day)s") % {"day": _day(certification.valid_through)},
        detail=_("(the day of the delivery)") if days == 0 else after,
    )


def _age(facts: Facts) -> Evidence:
    born, day = facts.order.patient.birth_date, window_of(facts.order).date
    fact = _("%(age)d, born %(day)s") % {"age": age_on(born, day), "day": _day(born)}
    if not is_minor_on(born, day):
        return Evidence(_("Age"), fact)
    inhaled = [line.product.full_name for line in facts.lines if line.product.is_inhaled]
    if inhaled:
        detail = _("Inhaled, which is not allowed under 18: %(names)s") % {"names": ", ".join(inhaled)}
        return Evidence(_("Age"), fact, is_missing=True, detail=detail)
    return Evidence(_("Age"), fact, detail=_("No inhaled form in this order."))


def _directions(facts: Facts) -> Evidence | None:
    certification = facts.certification
    if certification is None or not certification.directions:
        return None
    return Evidence(
        _("Directions"),
        _("“%(directions)s”") % {"directions": certification.directions},
        detail=_("Dr. %(name)s") % {"name": certification.physician.name},
    )


def _self_assessments(facts: Facts) -> list[Evidence]:
    """Return a row for each self-assessment that was read."""
    return [_self_assessment(told) for told in facts.told]


def _self_assessment(told: Told) -> Evidence:
    words = {"works": told.works, "effects": told.effects, "who": told.by, "words": told.words}
    words["day"] = date_format(localtime(told.at), "DAY_FORMAT")
    by = _("Told on %(day)s by %(who)s.") % words
    return Evidence(
        _("Self-assessment"),
        _("Works: %(works)s. Side effects: %(effects)s.") % words,
        detail=f"{_('“%(words)s”') % words} {by}" if told.words else by,
    )


def _caregiver(facts: Facts) -> Evidence | None:
    assignment, is_guarded = facts.assignment, facts.receiver.is_guarded
    if assignment is None:
        words = _("No guardian is named, and this patient needs one")
        return Evidence(_("Caregiver"), words, is_missing=True) if is_guarded else None
    about = {"name": assignment.caregiver.name}
    if assignment.affirmed_at is None:
        return Evidence(_("Caregiver"), _("%(name)s has not affirmed yet") % about, is_missing=is_guarded)
    about["day"] = date_format(assignment.affirmed_at, "DAY_FORMAT")
    return Evidence(_("Caregiver"), _("%(name)s affirmed on %(day)s") % about)


def _allotment(facts: Facts) -> Evidence | None:
    order, certification = facts.order, facts.certification
    if certification is None or not order.is_open:
        return None
    limit_mg, this_mg, left_mg = rules.allotment_mg(certification), order.amount_mg, facts.left_before_mg
    over_mg = max(this_mg - left_mg, 0)
    words = {
        "before": ounces_left(left_mg),
        "after": ounces_left(max(left_mg - this_mg, 0)),
        "limit": certification.monthly_allotment_oz,
    }
    return Evidence(
        _("Allotment"),
        _("%(before)s oz before, %(after)s oz after of %(limit)s oz a month") % words,
        is_missing=over_mg > 0,
        detail=_("%(over)s more than is left") % {"over": grams(over_mg)} if over_mg else "",
        meter=Meter(
            before_mg=limit_mg - left_mg,
            this_mg=this_mg,
            left_mg=max(left_mg - this_mg, 0),
            before_percent=_percent(limit_mg - left_mg, limit_mg),
            this_percent=_percent(min(this_mg, left_mg), limit_mg),
        ),
    )


def _percent(part: int, whole: int) -> str:
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10}"


def _address(facts: Facts) -> Evidence:
    order = facts.order
    place = f"{order.street_address}, {order.town}"
    asks = order.is_open and rules.looks_like_business(order.street, order.unit)
    at_door = tuple(
        Link(
            f"{other.patient.name}, {money(other.subtotal_cents)}",
            reverse("admin:delivery_order_change", args=[other.pk]),
        )
        for other in facts.same_door
    )
    return Evidence(
        _("Address"),
        place,
        is_missing=asks,
        detail=_("It reads like a business: ask before confirming.") if asks else _("A home, says who ordered."),
        links=(Link(_("Map"), f"{MAP}?{urlencode({'query': place})}", is_outside=True), *at_door),
    )


def _minimum_and_stock(facts: Facts) -> Evidence | None:
    order = facts.order
    if order.policy is None or not order.is_open:
        return None
    words = {"total": money(order.subtotal_cents), "minimum": money(order.policy.minimum_cents)}
    short = [line.product.full_name for line in facts.lines if facts.held.get(line.product_id, 0) < line.quantity]
    is_below = order.subtotal_cents < order.policy.minimum_cents
    return Evidence(
        _("Minimum, stock"),
        _minimum(is_below=is_below, was_short=facts.was_short) % words,
        is_missing=(is_below and not facts.was_short) or bool(short),
        detail=_("Not set aside: %(names)s") % {"names": ", ".join(short)} if short else _("Everything is set aside."),
    )


def _minimum(*, is_below: bool, was_short: bool) -> str:
    """Return the sentence about the minimum. An order reached it when it was placed, and needs it no more when short.

    Nothing but a shortage of ours lowers the total of a placed order [docs/domain.md#packing].
    """
    if not is_below:
        return _("%(total)s reaches %(minimum)s.")
    if was_short:
        return _("%(total)s is below %(minimum)s because of a shortage of ours. That is allowed.")
    return _("%(total)s is below %(minimum)s.")
