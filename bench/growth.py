"""Measure whether pages cost the same however much there is: products, patients of a physician, orders of a patient.

The first page at the largest size takes at most MOST times the CPU (web and PostgreSQL) of the smallest. The sizes are
measured in turns on one PostgreSQL and gunicorn, the least of RUNS runs each.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from builds import Build, served
from meter import Meter, answer_of, missed, print_figure
from ordering import BASE_DIR, ENVIRONMENT
from world import World

PRODUCTS, PATIENTS, ORDERS = (30, 300, 3_000), (20, 2_000, 20_000), (1, 50, 1_000)
MOST = 1.3
RUNS, REQUESTS = (int(os.environ.get(name, usual)) for name, usual in {"RUNS": 3, "REQUESTS": 20}.items())
PORTAL = Build(BASE_DIR, BASE_DIR / ".venv", {})  # gets its settings from this process
PAST = "delivery_deliverywindow WHERE capacity = 1"
PAGES_OF_PATIENT = {
    "home": "/home/",
    "my orders": "/delivery/orders/",
    "menu": "/delivery/",
    "checkout": "/delivery/checkout/",
}
PAGES_OF_OFFICE = {"my patients": "/certification/", "start page of the office": "/certification/start/"}


@contextmanager
def world_on_postgres(**environment: str) -> Iterator[tuple]:
    """Start PostgreSQL and Redis, and fill a World; give the database and the world to the code inside."""
    sys.path.insert(0, str(BASE_DIR))
    os.environ.update(ENVIRONMENT | environment)
    from tests import servers

    database, redis = servers.Postgres(), servers.Redis()
    os.environ |= {"DATABASE_URL": database.url, "REDIS_URL": redis.url}
    try:
        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.INFO)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield database, World()
    finally:
        redis.stop()
        database.stop()


# --- The rows ---------------------------------------------------------------------------------------------------------


def copy_rows(row, count, **changed):
    """Copy a row by SQL; `changed` gives columns a new value in SQL, which may use n from 1 to `count`."""
    columns = [field.column for field in row._meta.concrete_fields if not field.primary_key or field.column in changed]
    values = ", ".join(changed.get(column, f't."{column}"') for column in columns)
    names, table = ", ".join(f'"{column}"' for column in columns), row._meta.db_table
    answer_of(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, generate_series(1, {count}) n"
        f" WHERE t.id = {row.pk}"
    )


def fill_menu(world, count):
    """Copy the products of the demo, so that the menu has `count`."""
    from delivery.models import Product

    products = list(Product.objects.order_by("pk"))
    each = -(-(count - len(products)) // len(products))
    for product in products:
        copy_rows(product, each, sku=f"'{product.pk}-' || n", name="t.name || ' ' || n", detail="''")


def show_products(count):
    """Leave `count` products on the menu: the first ones. The rows that this replaces are cleared away."""
    answer_of(
        f"UPDATE delivery_product SET is_active = id IN (SELECT id FROM delivery_product ORDER BY id LIMIT {count})"
    )
    answer_of("VACUUM ANALYZE delivery_product")


def office_of(count):
    """Return the account of a physician with `count` patients, whose certifications end all year round."""
    from tests import factories

    physician = factories.identified_physician()
    first = factories.certification(physician)
    factories.copies(first, count - 1)
    answer_of(
        "UPDATE certification_certification SET expires_date = certified_date + 20 + (id % 340)::int"
        f" WHERE physician_id = {physician.pk} AND id <> {first.pk}"
    )
    return physician.user


def patient_with(count, world):
    """Return a patient with `count` orders, delivered but for the last, and a cart."""
    from tests import crowd, factories

    patient = factories.patient()
    order = factories.order(patient, into=world.windows[0], lines=world.carts["three"])
    if count > 1:
        _past_windows(order.window)
        copy_rows(
            order,
            count - 1,
            number=f"'D-{patient.pk}-' || n",
            idempotency_key="gen_random_uuid()",
            status="'delivered'",
            predates_review="true",
            window_id=f"(SELECT id FROM {PAST} ORDER BY date DESC OFFSET n % 200 LIMIT 1)",
            placed_at="t.placed_at - n * interval '7 days'",
            **dict.fromkeys(("confirmed_at", "packed_at", "ended_at"), "t.placed_at - n * interval '7 days'"),
        )
        answer_of(
            "INSERT INTO delivery_orderline (created_at, order_id, product_id, quantity, unit_price_cents, amount_mg)"
            " SELECT l.created_at, o.id, l.product_id, l.quantity, l.unit_price_cents, l.amount_mg"
            f" FROM delivery_orderline l, delivery_order o WHERE l.order_id = {order.pk}"
            f" AND o.patient_id = {patient.pk} AND o.status = 'delivered'"
        )
    crowd.fill_carts([patient], *world.carts["three"])
    return patient.user


def _past_windows(window):
    """Make 200 windows of the past, each with one place, unless they are there."""
    if not answer_of(f"SELECT count(*) FROM {PAST}")[0][0]:
        day = "t.date - 14 - 7 * n::int"
        copy_rows(window, 200, date=day, capacity="1", booked="0")


# --- What is measured -------------------------------------------------------------------------------------------------


def cost_of_page(database, server, visitor, path):
    """Return the CPU milliseconds of a request."""
    for _warm in range(2):
        assert visitor.get(path).status == 200, path
    with Meter(server, database) as meter:
        for _time in range(REQUESTS):
            assert visitor.get(path).status == 200, path
    return meter.cpu / REQUESTS


def print_growth(what, least):
    """Print the cost at each size, and the largest beside the smallest."""
    for size, cost in least.items():
        print_figure(f"{what}, {size:,}", f"{cost:.1f}", "ms CPU")
    costs = list(least.values())
    growth = costs[-1] / costs[0]
    print_figure(f"{what}: the largest ÷ the smallest", f"{growth:.2f}", "", f"at most {MOST}", holds=growth <= MOST)


def measure_pages(database, server, people, pages):
    """Print the growth of each page; `people` has a visitor by size."""
    for what, path in pages.items():
        least = {}
        for _run in range(RUNS):
            for size, visitor in people.items():
                cost = cost_of_page(database, server, visitor, path)
                least[size] = min(least.get(size, cost), cost)
        print_growth(what, least)


def measure_menu(database, server, visitor):
    least = {}
    for _run in range(RUNS):
        for size in PRODUCTS:
            show_products(size)
            cost = cost_of_page(database, server, visitor, "/delivery/")
            least[size] = min(least.get(size, cost), cost)
    print_growth("menu by products", least)


def visitor_of(server, user):
    """Return the visitor of a signed-in account; a physician has identified."""
    from django.conf import settings

    from tests import crowd, factories

    return crowd.Visitor(server.url, factories.client_for(user).cookies[settings.SESSION_COOKIE_NAME].value)


def main():
    with world_on_postgres() as (database, world):
        from delivery.models import Product

        demo = Product.objects.count()
        patients = {count: patient_with(count, world) for count in ORDERS}
        offices = {count: office_of(count) for count in PATIENTS}
        fill_menu(world, PRODUCTS[-1])
        show_products(demo)
        answer_of("VACUUM ANALYZE")
        with served(PORTAL, "mmp_portal.wsgi") as server:
            of_patients = {count: visitor_of(server, user) for count, user in patients.items()}
            measure_pages(database, server, of_patients, PAGES_OF_PATIENT)
            of_offices = {count: visitor_of(server, user) for count, user in offices.items()}
            measure_pages(database, server, of_offices, PAGES_OF_OFFICE)
            measure_menu(database, server, next(iter(of_patients.values())))
    if missed:
        print(f"Missed: {'; '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
