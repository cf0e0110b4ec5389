"""After any actions of people and staff, in any order, the counts agree.

They are places, stock, lots, units, reports, allotments and money.
A few seconds in the suite; `make drill` takes 10,000 steps, others each time.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from certification.actions import end_caregiver, reinstate_certification, withdraw_certification
from certification.models import Certification, Patient
from delivery import actions, rules
from delivery.models import (
    AllotmentEntry,
    Closure,
    DeliveryWindow,
    Lot,
    Order,
    OrderLine,
    Product,
    Shortage,
    StockMovement,
)
from delivery.models.questions import BEFORE_DEPARTURE, counts_under
from delivery.writes.locks import lock_order
from delivery.writes.shortages import settle_unanswered
from tests import factories
from tests.delivery import people
from tests.delivery.machine_door import DoorSteps
from tests.dispensing.machine_reports import Program, ReportSteps, beats  # noqa: F401  the fixture
from tests.dispensing.machine_units import UnitInvariants
from tests.guard import unguarded
from ui.errors import PortalError

pytestmark = pytest.mark.django_db
SHORT, LONG = {"max_examples": 6, "stateful_step_count": 40}, {"max_examples": 200, "stateful_step_count": 50}
LOTS = ["LOT-1", "LOT-2"]
pick = st.integers(0, 99)  # whom or what: the remainder says which of those that are there
few = st.integers(1, 6)
rarely = st.integers(0, 4).map(lambda number: number == 0)
ENCRYPTED = [f"certification__{name}" for name in ("condition_codes", "directions", "ended_reason")]


class World:
    """Three patients, one with a caregiver and one with an allotment of 1 oz; four products; two places a window."""

    def __init__(self, clock):
        self.clock, self.began = clock, timezone.now()
        people.policy(timezone.localdate(), capacity=2)
        physician = factories.identified_physician()
        self.staff, self.driver = factories.staff("Pharmacist"), factories.staff("Driver")
        self.technicians = [factories.staff("Technician") for _number in range(2)]
        cared_for, caregiver = people.patient_with_caregiver()
        frugal = factories.statement(monthly_allotment_oz="1.00")
        others = [factories.certification(physician, **more).patient for more in ({}, {"statement": frugal})]
        self.orderers = [(patient.pk, patient.user) for patient in (cared_for, *others)] + [
            (cared_for.pk, caregiver.user)
        ]
        for name, amount_mg, price_cents in (("A", 1_000, 7_500), ("B", 14_000, 8_000), ("C", 27_000, 9_000)):
            factories.product(sku=name, amount_mg=amount_mg, price_cents=price_cents, stock=5)
        factories.product(sku="NONE", stock=0)
        factories.window()


class Shop(DoorSteps, UnitInvariants, ReportSteps, RuleBasedStateMachine):
    world: World
    steps = 0

    def __init__(self):
        super().__init__()
        self.world.clock.move_to(self.world.began)
        self.world.clock.program, self.seen = Program(), {}
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self):
        try:
            self.end_with_reports()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def do(self, action, **arguments):
        """Accept a refusal as an answer; the invariants then check what it left."""
        type(self).steps += 1
        try:
            action(**arguments)
        except PortalError:
            assert not transaction.get_rollback()

    def nth(self, queryset, which):
        found = list(queryset.order_by("pk"))
        return found[which % len(found)] if found else None

    def orderer(self, which):
        patient, user = self.world.orderers[which % len(self.world.orderers)]
        return Patient.objects.get(pk=patient), user

    def on_an_order(self, action, which, **arguments):
        if order := self.nth(Order.objects.placed(), which):
            self.do(action, order=order, **arguments)

    # --- Patients and caregivers ---

    @rule(who=pick, what=pick, quantity=few)
    def put(self, who, what, quantity):
        patient, user = self.orderer(who)
        self.do(actions.set_line, patient=patient, product=self.nth(Product.objects, what), quantity=quantity, by=user)

    @rule(who=pick, where=st.integers(0, 5))
    def order(self, who, where):
        patient, user = self.orderer(who)
        lines = OrderLine.objects.filter(order__status="cart", order__patient=patient, order__placed_by=user)
        seen_cents, _mg = rules.totals(lines.select_related("product"))
        self.do(
            actions.place_order,
            patient=patient,
            window=self.nth(DeliveryWindow.objects, where),
            address=factories.address(),
            payment_method="cash",
            seen_cents=seen_cents,
            idempotency_key=uuid4(),
            by=user,
        )

    @rule(who=pick, what=st.integers(0, 2), quantity=st.integers(1, 2), where=st.integers(0, 5))
    def fill_and_order(self, who, what, quantity, where):
        self.put(who, what, quantity)
        self.order(who, where)

    for_somebody_else = for_a_third = fill_and_order

    @rule(which=pick, where=st.integers(0, 5), is_staff=st.booleans())
    def move(self, which, where, is_staff):
        self.by_somebody(actions.move_order, which, is_staff, window=self.nth(DeliveryWindow.objects, where))

    @rule(which=pick, is_staff=st.booleans())
    def cancel(self, which, is_staff):
        self.by_somebody(actions.cancel_order, which, is_staff)

    @rule(which=pick)
    def decline(self, which):
        self.by_somebody(actions.decline_order, which, False)

    @rule(which=pick, who=pick)
    def reorder(self, which, who):
        self.on_an_order(actions.reorder, which, by=self.orderer(who)[1])

    def by_somebody(self, action, which, is_staff, **arguments):
        if order := self.nth(Order.objects.placed(), which):
            self.do(action, order=order, by=self.world.staff if is_staff else order.placed_by, **arguments)

    # --- Staff ---

    @rule(which=pick)
    def confirm(self, which):
        today = timezone.localdate()
        self.on_an_order(actions.confirm_order, which, monitoring_reviewed_date=today, by=self.world.staff)

    @rule(which=pick)
    def confirm_all(self, which):
        orders = list(Order.objects.placed().order_by("pk")[which % 4 :])
        today = timezone.localdate()
        self.do(actions.confirm_orders, orders=orders, monitoring_reviewed_date=today, by=self.world.staff)

    @rule(which=pick)
    def refuse(self, which):
        self.on_an_order(actions.refuse_order, which, reason="Recalled.", by=self.world.staff)

    @rule(which=pick, is_back=rarely)
    def pack(self, which, is_back):
        self.on_an_order(actions.unpack_order if is_back else actions.pack_order, which, by=self.world.staff)

    @rule(which=pick)
    def confirm_and_pack(self, which):
        self.confirm(which)
        self.pack(which, False)

    @rule(what=pick, kind=st.sampled_from(Shortage.Kind.values), quantity=st.integers(0, 3), instead=pick)
    def enter_short(self, what, kind, quantity, instead):
        changed = OrderLine.objects.filter(order__status__in=("confirmed", "packed"))
        if line := self.nth(changed.select_related("order"), what):
            offer = {"kind": kind, "quantity": quantity, "substitute": self.nth(Product.objects, instead)}
            self.do(actions.change_order, order=line.order, line=line, by=self.world.staff, **offer)

    @precondition(lambda self: Shortage.objects.unanswered().exists())
    @rule(which=pick, is_accepted=st.booleans(), is_staff=st.booleans())
    def answer(self, which, is_accepted, is_staff):
        shortage = self.nth(Shortage.objects.unanswered(), which)
        by = self.world.staff if is_staff else shortage.order.placed_by
        self.do(actions.answer_shortage, order=shortage.order, shortage=shortage, is_accepted=is_accepted, by=by)

    @precondition(lambda self: Shortage.objects.unanswered().exists())
    @rule(which=pick)
    def settle_shortages(self, which):
        """Do to an order what its departure does."""
        with unguarded():
            settle_unanswered(lock_order(self.nth(Shortage.objects.unanswered(), which).order), by=None)

    @rule(which=pick, what=pick, lot=st.sampled_from(LOTS))
    def change_lot(self, which, what, lot):
        product = self.nth(Product.objects, what)
        self.on_an_order(actions.change_lot, which, product=product, lot=lot, by=self.world.staff)

    @rule(what=pick, quantity=few, lot=st.sampled_from(LOTS), days=st.sampled_from([None, 1, 365]))
    def restock(self, what, quantity, lot, days):
        """Receive a lot of which nothing is known, that ends tomorrow, or that is good for a year."""
        product, ends = self.nth(Product.objects, what), timezone.localdate() + timedelta(days=days or 0)
        details = factories.lot_details(expires_date=ends) if days else None
        received = {"quantity": quantity, "lot": lot, "details": details, "by": self.world.staff}
        self.do(actions.receive_stock, product=product, **received)

    @rule(what=pick)
    def describe(self, what):
        if lot := self.nth(Lot.objects, what):
            self.do(actions.describe_lot, lot=lot, details=factories.lot_details(), by=self.world.staff)

    @rule(what=pick, quantity=st.integers(0, 20), lot=st.sampled_from(["", *LOTS]))
    def count(self, what, quantity, lot):
        product = self.nth(Product.objects, what)
        self.do(actions.count_stock, product=product, quantity=quantity, lot=lot, by=self.world.staff)

    @rule(
        how=st.sampled_from([actions.quarantine_stock, actions.clear_stock, actions.write_off]),
        what=pick,
        quantity=few,
        lot=st.sampled_from(LOTS),
    )
    def take_out(self, how, what, quantity, lot):
        out = {"quantity": quantity, "lot": lot, "reason": "Seal", "by": self.world.staff}
        self.do(how, product=self.nth(Product.objects, what), **out)

    @rule(what=pick, price_cents=st.sampled_from([4_000, 8_500]), is_withdrawn=rarely)
    def change_product(self, what, price_cents, is_withdrawn):
        changes = {"price_cents": price_cents, "is_active": not is_withdrawn, "by": self.world.staff}
        self.do(actions.save_product, sku=self.nth(Product.objects, what).sku, **changes)

    @rule(
        who=pick,
        ago=st.integers(0, 40),
        amount_mg=st.sampled_from([500, 14_175, 60_000]),
        origin=st.sampled_from(AllotmentEntry.Origin.values),
    )
    def enter(self, who, ago, amount_mg, origin):
        day = timezone.localdate() - timedelta(days=ago)
        entry = {"patient": self.orderer(who)[0], "day": day, "amount_mg": amount_mg, "origin": origin}
        self.do(actions.record_allotment_entry, **entry, reason="Seen", by=self.world.staff)

    @rule(where=st.integers(0, 5), is_closing=st.booleans(), is_moving=st.booleans())
    def close_or_open(self, where, is_closing, is_moving):
        day = self.nth(DeliveryWindow.objects, where).date
        closure = Closure.objects.filter(date=day).first()
        if is_closing:
            self.do(actions.close_date, day=day, reason="Heavy snow", is_moving=is_moving, by=self.world.staff)
        elif closure:
            self.do(actions.open_date, closure=closure, by=self.world.staff)

    # --- What happens above, and time ---

    @rule(who=pick, stops=st.sampled_from([None, 3, 20]), is_meant=rarely)
    def withdraw(self, who, stops, is_meant):
        certification = self.orderer(who)[0].certifications.get()
        if not is_meant:
            return
        day = stops and timezone.localdate() + timedelta(days=stops)
        withdrawal = {"reason": "Moved away.", "deliveries_stop_date": day, "by": certification.physician.user}
        self.do(withdraw_certification, certification=certification, **withdrawal)

    @precondition(lambda self: Certification.objects.filter(status="withdrawn").exists())
    @rule()
    def reinstate(self):
        certification = Certification.objects.filter(status="withdrawn")[0]
        self.do(reinstate_certification, certification=certification, reason="Back.", by=self.world.staff)

    @rule(is_meant=rarely)
    def end_the_caregiver(self, is_meant):
        certification = self.orderer(0)[0].certifications.get()
        if is_meant:
            self.do(end_caregiver, certification=certification, reason="Recovered.", by=certification.physician.user)

    @rule(hours=st.sampled_from([1, 23, 24, 100]))
    def wait(self, hours):
        """Run the nightly jobs, too."""
        self.world.clock.shift(timedelta(hours=hours))
        actions.lapse_orders(now=timezone.now(), by=None)

    # --- What holds after every step ---

    @invariant()
    def no_window_is_overbooked(self):
        holding = Count("orders", filter=counts_under("orders__"))
        with_us = Count("orders", filter=Q(orders__status__in=BEFORE_DEPARTURE))
        for window in DeliveryWindow.objects.annotate(held=holding, with_us=with_us):
            assert window.booked == window.held <= window.capacity
            assert window.is_open or not window.with_us

    @invariant()
    def stock_is_the_sum_of_its_movements(self):
        for product in Product.objects.annotate(moved=Sum("movements__quantity", default=0)):
            assert product.stock == product.moved >= 0

    @invariant()
    def lots_add_up_to_the_stock(self):
        """What is in no lot is what open orders hold before they are confirmed; no lot is negative."""
        moved = StockMovement.objects.values_list("product", "lot").annotate(total=Sum("quantity"))
        held = dict(StockMovement.objects.held().filter(lot="").values_list("product").annotate(total=Sum("quantity")))
        for product, lot, total in moved:
            assert total >= 0 if lot else total == held.get(product, 0)

    @invariant()
    def open_orders_hold_what_they_say_and_closed_ones_nothing(self):
        said = {
            (line.order_id, line.product_id): line.quantity
            for line in OrderLine.objects.filter(order__in=Order.objects.with_hold())
        }
        moved = StockMovement.objects.held().values_list("order", "product").annotate(total=Sum("quantity"))
        assert said == {(order, product): -total for order, product, total in moved if total}

    @invariant()
    def an_open_order_is_the_sum_of_its_lines(self):
        for order in Order.objects.with_hold().prefetch_related("lines"):
            lines = order.lines.all()
            assert order.subtotal_cents == sum(line.total_cents for line in lines) > 0
            assert order.amount_mg == sum(line.total_mg for line in lines)
        assert not Shortage.objects.unanswered().exclude(order__in=Order.objects.before_departure()).exists()

    @invariant()
    def no_open_order_exceeds_an_allotment(self):
        """Check every span of 30 days with an open order. Entries of staff may exceed it; orders are then cancelled."""
        rows = Order.objects.counted().select_related("window", "certification").defer(*ENCRYPTED)
        counted = [(order.patient_id, order.window.date, order.amount_mg) for order in rows]
        ordered = [order for order in rows if order.is_before_departure]  # what has left is stopped at the door
        counted += AllotmentEntry.objects.values_list("patient", "day", "amount_mg")
        for order in ordered:
            day, limit_mg = order.window.date, rules.allotment_mg(order.certification)
            if day < timezone.localdate():
                continue
            assert order.certification.is_valid_on(day)
            for first in (day - timedelta(days=back) for back in range(30)):
                last = first + timedelta(days=29)
                used = sum(mg for patient, on, mg in counted if patient == order.patient_id and first <= on <= last)
                assert used <= limit_mg, (order.pk, first)


class Delivery(Shop):
    """The same, beginning with three orders in one run: one is handed over, the others are under way."""

    @initialize()
    def leave_with_three(self):
        staff, window = self.world.staff, self.nth(DeliveryWindow.objects, 0)
        people.widen(window)
        for who in range(3):
            self.fill_and_order(who, who % 2, 2, 0)
        orders = list(Order.objects.filter(status="placed"))
        assert len(orders) >= 2
        for order in orders:
            actions.confirm_order(order=order, monitoring_reviewed_date=timezone.localdate(), by=staff)
            actions.pack_order(order=order, by=staff)
        actions.make_run(window=window, orders=orders, driver=self.world.driver, by=staff)
        self.leave(0)
        assert Order.objects.filter(status="out_for_delivery").count() == len(orders)
        self.hand_over(0, over_cents=0, by_card=0, refused=0)
        assert Order.objects.filter(status="delivered").count() == 1


@pytest.mark.parametrize("machine", [Shop, Delivery], ids=["the shop", "the door"])
def test_after_any_actions_the_counts_agree(machine, beats, request):  # noqa: F811
    is_drill = request.config.getoption("drill")

    class Here(machine):
        world = World(beats)

    form = {**LONG, "derandomize": False, "print_blob": True} if is_drill else SHORT
    run_state_machine_as_test(Here, settings=settings(suppress_health_check=list(HealthCheck), **form))
    assert Here.steps > form["max_examples"] * form["stateful_step_count"] * 0.35  # the rest found nothing to do
