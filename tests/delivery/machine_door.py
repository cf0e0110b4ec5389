"""The steps and invariants of the state machine from the run to the refund; test_machine.py has the others."""

from uuid import uuid4

from django.db.models import F, Q, Sum
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from delivery import actions, rules
from delivery.models import (
    DeliveryWindow,
    DoorAttempt,
    HandOver,
    HandOverCorrection,
    Order,
    OrderLine,
    Product,
    RefusedLine,
    ReturnDecision,
    ReturnedItem,
    Run,
    StockMovement,
)
from tests.delivery import door

pick = st.integers(0, 99)
few = st.integers(1, 2)
rarely = st.integers(0, 4).map(lambda number: number == 0)
Method = HandOverCorrection.Method


def under_way():
    return Order.objects.filter(status=Order.Status.OUT_FOR_DELIVERY)


def came_back():
    """Return the orders of which something is with a driver who brings it back."""
    whole = Q(status=Order.Status.RETURNED, taken_in_at=None)
    return Order.objects.filter(whole | Q(pk__in=ReturnedItem.objects.with_driver().values("order")))


class DoorSteps:
    """What drivers and staff do on the day and after it, for the machine, which has `world`, `do` and `nth`."""

    # --- Runs ---

    @rule(which=pick, is_out=rarely)
    def assign(self, which, is_out):
        """Put an order into the last run of its window, or out of its run; make the first run of the window."""
        order = self.nth(Order.objects.before_departure(), which)
        if order is None:
            return
        run = order.window.runs.last()
        if is_out or run:
            self.do(actions.assign_run, orders=[order], run=None if is_out else run, by=self.world.staff)
        else:
            drive = {"driver": self.world.driver, "orders": [order], "by": self.world.staff}
            self.do(actions.make_run, window=order.window, **drive)

    @rule(which=pick)
    def leave(self, which):
        """Wait for the window of a run with packed orders, and let them leave."""
        run = self.nth(Run.objects.filter(orders__status="packed").distinct(), which)
        if run is None:
            return
        if run.window.starts_at > timezone.now():
            self.world.clock.move_to(run.window.starts_at)
            actions.lapse_orders(now=timezone.now(), by=None)
        self.do(actions.dispatch_run, run=run, by=run.driver)

    # --- At the door ---

    @precondition(lambda self: under_way().exists())
    @rule(
        which=pick,
        over_cents=st.sampled_from([0, -1, 500, 5_000]),
        by_card=st.sampled_from([0, 50, 100]),
        refused=st.integers(0, 2),
    )
    def hand_over(self, which, over_cents, by_card, refused):
        """Pay a part by card (percent) and the rest in cash, with `over_cents` too much; a large tip is agreed to.

        `refused` items of one line are not taken.
        """
        order = self.nth(under_way(), which)
        line = order.lines.order_by("pk").first()
        due = max(order.subtotal_cents - refused * line.unit_price_cents, 0)
        debit = due * by_card // 100
        paid = {"debit_cents": debit, "cash_cents": max(due - debit + over_cents, 0)}
        refused_lines = ((line.pk, refused),) if refused else ()
        answers = door.answers(order, **paid, tip_agreed_cents=over_cents, refused=refused_lines)
        self.do(actions.hand_over, order=order, run=order.run, answers=answers, by=self.world.driver)

    @precondition(lambda self: under_way().exists())
    @rule(which=pick, outcome=st.sampled_from(DoorAttempt.Outcome.values), is_later=st.booleans())
    def keep(self, which, outcome, is_later):
        """Try later, or bring the order back."""
        order = self.nth(under_way(), which)
        at_door = {"order": order, "run": order.run, "entry_key": uuid4(), "by": self.world.driver}
        if is_later:
            self.do(actions.try_later, **at_door)
        else:
            self.do(actions.return_order, outcome=outcome, **at_door)

    # --- What came back ---

    @precondition(lambda self: came_back().exists())
    @rule(which=pick, who=pick, is_scanned=st.booleans())
    def take_in(self, which, who, is_scanned):
        """Scan the first serials of the order, which may be those that the patient was thought to have, or none."""
        order = self.nth(came_back(), which)
        items = order.returned_items.with_driver().aggregate(count=Sum("quantity"))["count"] or order.units.count()
        scans = [str(unit) for unit in order.units.all()[:items]] if is_scanned else []
        self.do(actions.take_in, order=order, scans=scans, by=self.person(who))

    @precondition(lambda self: ReturnedItem.objects.waiting().exists())
    @rule(which=pick, who=pick, kind=st.sampled_from(ReturnDecision.Kind.values), quantity=few)
    def decide(self, which, who, kind, quantity):
        item = self.nth(ReturnedItem.objects.waiting(), which)
        decided = {"kind": kind, "quantity": quantity, "reason": "Seal.", "entry_key": uuid4()}
        self.do(actions.decide_returned, item=item, by=self.person(who), **decided)

    def person(self, which):
        people = [self.world.staff, *self.world.technicians, self.world.driver]
        return people[which % len(people)]

    # --- Money ---

    @precondition(lambda self: HandOver.objects.exists())
    @rule(
        which=pick,
        what=pick,
        kind=st.sampled_from(HandOverCorrection.Kind.values),
        quantity=few,
        goods=st.sampled_from(HandOverCorrection.Goods.values),
        cents=st.sampled_from([None, None, 1, 4_000]),
        method=st.sampled_from(Method.values),
        instead=pick,
        lot=st.sampled_from(["LOT-1", "LOT-2"]),
    )
    def correct(self, which, what, kind, quantity, goods, cents, method, instead, lot):
        handed = self.nth(HandOver.objects.select_related("order"), which)
        line = self.nth(handed.order.lines.select_related("product"), what)
        is_exchange = kind == HandOverCorrection.Kind.EXCHANGE
        given = {"product": self.nth(Product.objects, instead), "product_lot": lot} if is_exchange else {"cents": cents}
        came = {"lot": lot} if goods in rules.COME_BACK else {}
        one = rules.LineCorrection(line=line, kind=kind, quantity=quantity, goods=goods, **given, **came)
        entered = {"lines": [one], "method": method, "reason": "Seal.", "entry_key": uuid4(), "by": self.world.staff}
        self.do(actions.correct_hand_over, hand_over=handed, seen=handed.corrections.count(), **entered)

    @precondition(lambda self: HandOver.objects.exists())
    @rule(
        which=pick, kind=st.sampled_from(HandOverCorrection.Kind.values), goods=st.sampled_from(["sealed", "missing"])
    )
    def bring_back(self, which, kind, goods):
        """Refund one item, or exchange it for another one of its product."""
        line = self.nth(HandOver.objects, which).order.lines.order_by("pk").first()
        unit = line.order.units.filter(product=line.product_id).last()
        same = list(Product.objects.order_by("pk")).index(unit.product)
        self.correct(which, 0, kind, 1, goods, None, Method.CASH, same, unit.lot_number)

    bring_another_back = bring_back

    @precondition(lambda self: Run.objects.open().filter(opened_at__isnull=False).exists())
    @rule(which=pick, lost_cents=st.sampled_from([0, 0, 100]), is_over=st.booleans())
    def count_the_money(self, which, lost_cents, is_over):
        """Settle a run, also one with open orders, which is refused; or bring these back first."""
        run = self.nth(Run.objects.open().filter(opened_at__isnull=False), which)
        for order in run.orders.open() if is_over else ():
            brought = {"outcome": DoorAttempt.Outcome.REFUSED, "entry_key": uuid4(), "by": self.world.driver}
            self.do(actions.return_order, order=order, run=run, **brought)
        counted = max(rules.takings_of(run).expected_cash_cents - lost_cents, 0)
        reason = "A torn bill." if lost_cents else ""
        self.do(actions.settle_run, run=run, cash_counted_cents=counted, reason=reason, by=self.world.staff)

    # --- What holds after every step ---

    @invariant()
    def money_received_is_totals_and_tips_less_refunds(self):
        """For each run, whose money is never negative and whose count stays as it was settled; and in all."""
        in_all = 0
        for run in Run.objects.all():
            takings = rules.takings_of(run)
            totals = _taken_cents(_delivered().filter(run=run))
            assert takings.due_cents == totals
            assert takings.received_cents == totals + takings.tip_cents - takings.refunds_cents
            assert min(takings.expected_cash_cents, takings.debit_cents - takings.debit_refunds_cents) >= 0
            assert not run.is_closed or run.difference_reason or run.cash_counted_cents == takings.expected_cash_cents
            in_all += takings.received_cents
        till = _sum(HandOverCorrection.objects.filter(run=None), "cents")
        paid = _sum(HandOver.objects.annotate(paid=F("cash_cents") + F("debit_cents")), "paid")
        refunds = _sum(HandOverCorrection.objects.all(), "cents")
        assert in_all - till == paid - refunds
        tips, totals = _sum(HandOver.objects.all(), "tip_cents"), _taken_cents(_delivered())
        assert paid == totals + tips

    @invariant()
    def an_item_is_corrected_once_and_refunded_at_most_what_it_cost(self):
        corrected = OrderLine.objects.filter(corrections__isnull=False).annotate(
            items=Sum("corrections__quantity"), cents=Sum("corrections__cents")
        )
        for line in corrected:
            assert line.items <= line.taken_quantity
            assert line.cents <= line.taken_quantity * line.unit_price_cents

    @invariant()
    def what_was_sold_is_with_the_patients(self):
        """A line less what came back, and what was given instead: product by product, over all delivered orders."""
        moved = StockMovement.objects.filter(kind__in=["sold", "returned"]).values_list("product")
        sold = {product: -total for product, total in moved.annotate(total=Sum("quantity")) if total}
        there = dict(
            OrderLine.objects.filter(order__in=_delivered()).values_list("product").annotate(n=Sum("quantity"))
        )
        for refused in RefusedLine.objects.select_related("line"):
            there[refused.line.product_id] -= refused.quantity
        for row in HandOverCorrection.objects.select_related("line"):
            if row.returned_item_id:
                there[row.line.product_id] -= row.quantity
            if row.product_id:
                there[row.product_id] = there.get(row.product_id, 0) + row.quantity
        assert sold == {product: quantity for product, quantity in there.items() if quantity}

    @invariant()
    def what_came_back_is_in_quarantine_until_a_second_person_decides(self):
        for item in ReturnedItem.objects.select_related("product"):
            decided = sum(decision.quantity for decision in item.decisions.all())
            assert item.waiting == item.quantity - decided >= 0
            assert rules.waiting_of(item.product, item.lot) <= rules.quarantined(item.product, item.lot)
            first = {item.taken_in_by_id, item.carried_by_id}
            assert not first & {decision.by_id for decision in item.decisions.all()}

    @invariant()
    def what_is_closed_is_over(self):
        assert not Order.objects.open().filter(run__closed_at__isnull=False).exists()
        assert DeliveryWindow.objects.filter(booked__lt=0).count() == 0


def _delivered():
    return Order.objects.filter(status=Order.Status.DELIVERED)


def _taken_cents(orders):
    """Return what these orders cost without what was refused of them at the door."""
    refused = RefusedLine.objects.filter(hand_over__order__in=orders).select_related("line")
    return _sum(orders, "subtotal_cents") - sum(each.total_cents for each in refused)


def _sum(rows, column):
    return rows.aggregate(total=Sum(column, default=0))["total"]
