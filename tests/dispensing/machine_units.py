"""What holds of units after every step of the state machine in tests/delivery/test_machine.py."""

from collections import Counter
from uuid import uuid4

from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from delivery.models import Order, ReturnedItem, StockMovement
from delivery.writes.holds import held_of
from dispensing import actions, rules
from dispensing.models import DestroyedItem, Destruction, DispensedUnit, LogEntry, UnitMove

P = DispensedUnit.Place
WITH_BAG = (Order.Status.PACKED, Order.Status.OUT_FOR_DELIVERY, Order.Status.RETURNED)
DECIDED = {"restocked": {P.SHELF}, "destroyed": {P.DOOMED, P.DESTROYED}}
pick = st.integers(0, 99)


def to_destroy():
    """Return what can be destroyed, as units and parts of lots: each unit and each part by itself."""
    units = [([unit], []) for unit, _source in rules.units_to_destroy()]
    return units + [([], [part]) for part in rules.stock_to_destroy(today=timezone.localdate())]


class UnitInvariants:
    """Every unit is at one place, and units are what the stock's movements say; and what waits is destroyed."""

    @precondition(lambda self: to_destroy())
    @rule(which=pick, who=pick)
    def destroy(self, which, who):
        """One person proposes, and another one or the same witnesses."""
        units, parts = to_destroy()[which % len(to_destroy())]
        how = {"method": "burnt", "place": "Milford", "weight_mg": 7000, "weight_reason": "Dry", "entry_key": uuid4()}
        self.do(actions.propose_destruction, units=units, parts=parts, by=self.person(which), **how)
        for made in Destruction.objects.waiting():
            self.do(actions.witness_destruction, destruction=made, by=self.person(who))

    @invariant()
    def what_is_destroyed_was_witnessed_by_a_second_person(self):
        items = DestroyedItem.objects.filter(destruction__in=Destruction.objects.witnessed(), unit__isnull=False)
        destroyed = DispensedUnit.objects.filter(place=P.DESTROYED)
        assert set(items.values_list("unit", flat=True)) == set(destroyed.values_list("pk", flat=True))

    @invariant()
    def a_unit_is_where_its_last_move_says(self):
        last = UnitMove.objects.filter(unit=OuterRef("pk")).order_by("-pk").values("place", "at")
        units = DispensedUnit.objects.annotate(
            moved_to=Subquery(last.values("place")[:1]), moved_at=Subquery(last.values("at")[:1])
        )
        assert all((unit.place, unit.place_since) == (unit.moved_to, unit.moved_at) for unit in units)

    @invariant()
    def a_bag_holds_what_its_order_holds(self):
        for order in Order.objects.placed():
            held = {(product, lot): quantity for product, lot, quantity in held_of(order)}
            in_bag = Counter(order.units.in_bags().values_list("product", "lot_number"))
            assert in_bag == (held if order.status in WITH_BAG else {})

    @invariant()
    def what_was_sold_has_serials(self):
        """Lot by lot: what is with patients, and what never reached one."""
        moved = StockMovement.objects.filter(kind__in=["sold", "returned"]).values_list("product", "lot")
        sold = {(product, lot): -total for product, lot, total in moved.annotate(total=Sum("quantity")) if total}
        dispensed = DispensedUnit.objects.filter(place__in=[P.PATIENT, P.MISSING])
        assert Counter(dispensed.values_list("product", "lot_number")) == sold

    @invariant()
    def the_log_names_each_unit_that_was_handed_over(self):
        """Once, and as undone those that are no longer with the patient, or in whose place another one was given."""
        handed_over = DispensedUnit.objects.filter(handed_over_at__isnull=False)
        mistaken = LogEntry.objects.filter(given_instead__isnull=False)
        undone = LogEntry.objects.filter(taken_back__isnull=False)
        assert not mistaken.filter(unit__in=handed_over).exists()
        assert set(LogEntry.objects.exclude(pk__in=mistaken).values_list("pk")) == set(handed_over.values_list("pk"))
        assert set(undone.values_list("pk")) == set(handed_over.exclude(place=P.PATIENT).values_list("pk"))

    @invariant()
    def what_came_back_is_in_quarantine_or_decided(self):
        for item in ReturnedItem.objects.filter(taken_in_at__isnull=False):
            there = Counter(item.units.values_list("place", flat=True))
            decided = Counter()
            for decision in item.decisions.all():
                decided[decision.kind] += decision.quantity
            out_of_quarantine = DestroyedItem.objects.filter(
                unit__returned_item=item, source="quarantine", destruction__witnessed_at__isnull=False
            ).count()
            there[P.DESTROYED] -= out_of_quarantine
            for kind, places in DECIDED.items():
                assert sum(there[place] for place in places) == decided[kind]
            assert there[P.SAFE] + out_of_quarantine == item.waiting + decided["quarantined"]
            there[P.DESTROYED] += out_of_quarantine
            assert there.total() == item.quantity
