"""The world of the bench: products, windows and people, made by the code of the build that is measured.

`builds.OtherWorld` runs this file with an old build's Python, in that build's folder, and calls the methods of `World`
by lines of JSON. So it must run with the code of either build, and what the methods take and return must be JSON.
"""

import json
import logging
import os
import sys
from datetime import timedelta

CARTS = {"three": 11_700, "empty": 0, "stock": 9_000, "allotment": 29 * 4_500}  # the total of each, in cents
SOME = 32  # people who ask again and again for the same pages


class World:
    """The products of the demo, windows with room for everybody, and people."""

    def __init__(self):
        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.INFO)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        from django.utils import timezone

        from delivery import actions
        from delivery.models import DeliveryWindow, Product
        from tests import factories
        from tests.delivery import people
        from tests.guard import unguarded

        people.policy(timezone.localdate(), capacity=30_000)
        for product in products():
            fields = {name: value for name, value in product.items() if name != "stock"}
            actions.receive_stock(
                product=actions.save_product(by=None, **fields), quantity=10_000, lot="LOT-1", by=None
            )
        first = factories.window()
        self.windows = list(DeliveryWindow.objects.filter(date__gte=first.date))
        span = {"starts": first.starts, "ends": first.ends, "capacity": first.capacity}
        with unguarded():  # later than the windows that the pages show
            self.fifty = DeliveryWindow.objects.bulk_create(
                DeliveryWindow(date=first.date + timedelta(days=70 + day), **span) for day in range(50)
            )
        three = list(Product.objects.filter(sku__in=["FL-HARBOR-35", "ED-BERRY-100", "TI-DAY-300"]))
        self.flower = next(product for product in three if product.sku == "FL-HARBOR-35")
        sold_out = actions.save_product(
            by=None, sku="SOLD-OUT", name="Sold out", form="edible", price_cents=9_000, thc_mg=100, cbd_mg=0,
            is_inhaled=False, is_active=True,
        )  # fmt: skip
        # Each cart holds (product, quantity) pairs. The portal refuses the last two.
        self.carts = {
            "three": [(product, 1) for product in three],
            "empty": [],
            "stock": [(sold_out, 1)],
            "allotment": [(self.flower, 29)],  # 101.5 of 99.2 g
        }
        self.model = factories.patient()

    def line_address(self):
        """Return where the menu posts a quantity of a product."""
        from django.urls import reverse

        return reverse("delivery:cart-line")

    def people(self, count, *, cart="empty", backend="accounts.backends.PortalBackend"):
        """Return the session keys of `count` new patients with this cart."""
        from tests import crowd

        patients = crowd.like(self.model, count)
        if self.carts[cart]:
            crowd.fill_carts(patients, *self.carts[cart])
        return crowd.sign_in([patient.user for patient in patients], backend)

    def bookings(self, count, *, cart="three", window=0):
        """Return what the checkout page posts for this cart and window, `count` times."""
        return self.posts([self.windows[window]] * count, CARTS[cart])

    def orders(self, count):
        """Return what people post who order two of the flower: (line of the cart, checkout) pairs."""
        line = {"product": self.flower.sku, "quantity": 2}
        return [(line, post) for post in self.posts(self.windows[:1] * count, 2 * self.flower.price_cents)]

    def posts(self, windows, seen_cents):
        """Return what the checkout page posts for each of these windows and a cart for so many cents."""
        from tests.delivery.people import checkout_post

        return [
            {name: str(value) for name, value in checkout_post(window, seen_cents=seen_cents).items()}
            for window in windows
        ]

    def physician(self, count):
        """Return the session key of an identified physician with `count` patients."""
        from django.conf import settings

        from tests import crowd, factories

        physician = factories.identified_physician()
        crowd.like(factories.certification(of=physician).patient, count - 1)
        return factories.client_for(physician.user).cookies[settings.SESSION_COOKIE_NAME].value

    def fill(self, window):
        """Leave no place in this window."""
        self._set_booked(window, self.windows[window].capacity)

    def empty(self, window):
        self._set_booked(window, 0)

    def _set_booked(self, window, booked):
        from tests.guard import unguarded

        with unguarded():
            self.windows[window].booked = booked
            self.windows[window].save()

    def counts(self):
        """Return the counts of everything that a booking writes, except its event."""
        tables = ("delivery_order", "delivery_orderline", "delivery_stockmovement", "notifications_notification")
        sums = [f"(SELECT count(*) FROM {table})" for table in tables]
        sums += ["(SELECT sum(booked) FROM delivery_deliverywindow)", "(SELECT sum(stock) FROM delivery_product)"]
        return self.rows(f"SELECT {', '.join(sums)}, (SELECT count(*) FROM delivery_order WHERE status = 'cart')")

    def analyze(self):
        """Let PostgreSQL know how many rows there are, as it does by itself where autovacuum is on."""
        self.rows("ANALYZE")

    def rows(self, sql):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [list(row) for row in cursor.fetchall()] if cursor.description else None


def products():
    try:
        from delivery.demo_products import PRODUCTS
    except ImportError:  # before the demo had its own module
        from delivery.menu import PRODUCTS
    return PRODUCTS


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    sys.path[0] = os.getcwd()
    world = World()
    for line in sys.stdin:
        name, args, kwargs = json.loads(line)
        print(json.dumps(getattr(world, name)(*args, **kwargs)), file=answers, flush=True)


if __name__ == "__main__":
    main()
