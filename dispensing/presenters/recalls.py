"""What the pages of staff show of a recall."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delivery.models import Lot, Order
from delivery.rules import RecallOutcome, left_of, on_the_road, outcomes_of_recall
from dispensing.models import DispensedUnit, Recall
from dispensing.rules import Trace
from ui.templatetags.portal import long_date

MOST_SHOWN = 500  # people on a page; the others are in the list and its export


def progress_of(recall: Recall) -> str:
    """Return how many people were told, have answered, were reached and wait; the recall was read `with_progress`."""
    words = _("%(told)d told, %(answered)d answered, %(reached)d reached by staff, %(waiting)d still open")
    return words % {name: getattr(recall, name) for name in ("told", "answered", "reached", "waiting")}


def places_of(recall: Recall) -> str:
    """Return how many units of the recall are at each place, and how many items were put into quarantine.

    What was taken out of a bag again is among the items, not among the units: its serial is void.
    """
    units = (
        DispensedUnit.objects.filter(lot__recalls__recall=recall).exclude(place=DispensedUnit.Place.SHELF).order_by()
    )
    counts = dict(units.values_list("place").annotate(Count("pk")))
    parts = [f"{place.label}: {counts[place]}" for place in DispensedUnit.Place if place in counts]
    rest = sum(recall.lots.values_list("quarantined", flat=True))
    return "; ".join([*parts, _("Put into quarantine from the shelf: %(count)d") % {"count": rest}])


def preview_rows(lots: Collection[Lot]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return a row for each order that holds the lots (order, patient, delivery, what happens), and their keys."""
    outcomes = outcomes_of_recall(lots)
    rows: list[tuple[str, ...]] = [
        (str(each.order), each.order.patient.name, _day_of(each.order), in_words(each)) for each in outcomes
    ]
    for order, lot, quantity in on_the_road(lots):
        words = _("On the road: the driver reads not to deliver %(count)d of lot %(lot)s, and brings it back")
        what = words % {"count": quantity, "lot": lot.number}
        rows.append((str(order), order.patient.name, _day_of(order), what))
    return rows, [each.key for each in outcomes]


def _day_of(order: Order) -> str:
    return long_date(order.window.date) if order.window else ""


def in_words(outcome: RecallOutcome) -> str:
    """Return what becomes of a line."""
    parts = [_("it is unpacked first")] if outcome.order.status == Order.Status.PACKED else []
    parts += [
        _("%(count)d from lot %(lot)s instead") % {"count": quantity, "lot": lot} for lot, quantity in outcome.replaced
    ]
    if outcome.is_dropped:
        parts.append(_("all of it is left out, %(count)d") % {"count": outcome.missing})
    elif outcome.missing:
        words = ngettext(
            "%(count)d is left out, and the orderer is asked",
            "%(count)d are left out, and the orderer is asked",
            outcome.missing,
        )
        parts.append(words % {"count": outcome.missing})
    return f"{outcome.line.product.full_name}: {'; '.join(parts)}"


def preview_notes(lots: Collection[Lot], traced: Trace) -> list[str]:
    """Return sentences about the lots, the stock, and the people who are told."""
    names = ", ".join(f"{lot.product.full_name} ({lot.product.sku})" for lot in lots)
    left = sum(left_of(lot) for lot in lots)
    by_way = Counter(holder.way.channel for holder in traced.holders)
    people = ngettext(
        "%(count)d patient got some of it. By mail or text: %(mail)d; by a call and a letter: %(call)d.",
        "%(count)d patients got some of it. By mail or text: %(mail)d; by a call and a letter: %(call)d.",
        len(traced.holders),
    )
    figures = {"count": len(traced.holders), "mail": by_way["email"] + by_way["sms"], "call": by_way["phone"]}
    places = ", ".join(f"{place}: {count}" for place, count in traced.places.items())
    rest = _(
        "Into quarantine: %(left)d that no order holds, and what orders give back. Nobody can take a recalled lot out "
        "of quarantine again."
    )
    return [
        _("Lot %(lot)s of %(names)s.") % {"lot": [*lots][0].number, "names": names},
        _("Units: %(places)s.") % {"places": places or _("none was packed")},
        people % figures,
        rest % {"left": left},
    ]
