"""Measure the admin's list of a million orders: its page and its search."""

from meter import Meter, answer_of, print_figure, print_scaled
from patients import number_from


def copy_orders(world, count):
    """Copy an order `count` times by SQL, for 20,000 patients over past years; 200 orders wait for a review."""
    from delivery.models import Order
    from tests import factories

    model = factories.order(factories.patient(), into=world.windows[0], lines=[(world.flower, 2)])
    patient, window = model.patient, model.window
    columns = ", ".join(
        f'"{name}"' for name in columns_of(patient) if name not in ("number", "user_id", "search_name", "phone")
    )
    answer_of(
        f"INSERT INTO certification_patient (number, search_name, phone, {columns}) SELECT"
        f" 'P-' || lpad(to_hex(n), 8, '0'), 'name' || n % 3000 || ' family' || n % 7000, '+1203' || 5550000 + n,"
        f" {columns}"
        f" FROM certification_patient, generate_series(1, 20000) n WHERE id = {patient.pk}"
    )
    columns = ", ".join(f'"{name}"' for name in columns_of(window) if name not in ("date", "booked"))
    answer_of(
        f"INSERT INTO delivery_deliverywindow (date, booked, {columns}) SELECT date - n, 0, {columns}"
        f" FROM delivery_deliverywindow, generate_series(1, 3000) n WHERE id = {window.pk}"
    )
    changed = {
        "number": number_from("D", "n"),
        "idempotency_key": "gen_random_uuid()",
        "patient_id": "(SELECT min(id) FROM certification_patient WHERE number LIKE 'P-0%') + n % 20000",
        "window_id": "(SELECT min(id) FROM delivery_deliverywindow WHERE date < current_date - 7) + n % 2900",
        "status": f"CASE WHEN n % {max(count // 200, 1)} = 0 THEN 'placed' ELSE 'lapsed' END",
        "ended_at": "now()",
    }
    columns = [name for name in columns_of(model) if name not in changed]
    quoted = ", ".join(f'"{name}"' for name in columns)
    answer_of(
        f"INSERT INTO delivery_order ({', '.join(changed)}, {quoted}) SELECT {', '.join(changed.values())}, {quoted}"
        f" FROM delivery_order, generate_series(1, {count}) n WHERE id = {model.pk}"
    )
    for table in ("certification_patient", "delivery_deliverywindow", "delivery_order"):
        answer_of(f"ANALYZE {table}")
    return Order.objects.filter(status="lapsed").values_list("number", flat=True)[count // 2]


def columns_of(row):
    return [field.column for field in row._meta.concrete_fields if not field.primary_key]


def measure_order_list(portal, count, slower):
    from tests import crowd, factories

    number = copy_orders(portal.world, count)
    staff = factories.staff("Pharmacist")
    address = "/admin/delivery/order/"
    (visitor,) = portal.visitors(crowd.sign_in([staff]))
    for what, query, most in (("what waits", "", 25), ("all", "?status=all", 25)):
        cost = list_cost(portal, visitor, address + query)
        print_scaled(f"admin, {count:,} orders: {what}", cost, "ms CPU", most, slower)
    for what, term in (("by number", number), ("by name", "name17 family17"), ("by phone", "203 555 0142")):
        found = visitor.post(address, {"q": term}).location  # the address of this search
        cost = list_cost(portal, visitor, found)
        print_scaled(f"admin, {count:,} orders: search {what}", cost, "ms CPU", 12, slower)
    print_statements(staff, address)


def list_cost(portal, visitor, path):
    for _warm in range(8):
        visitor.get(path)
    with Meter(portal.server, portal.postgres) as meter:
        for _time in range(20):
            assert visitor.get(path).status == 200
    return meter.cpu / 20


def print_statements(staff, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests import factories

    client = factories.client_for(staff)
    with CaptureQueriesContext(connection) as queries:
        client.get(address, {"status": "all"})
    counts = [
        query["sql"] for query in queries if "COUNT(" in query["sql"].upper() and "auth_group" not in query["sql"]
    ]
    print_figure("admin: statements of the list", len(queries), "")
    print_figure("admin: that count rows, but for what waits in the bar", len(counts), "", "none", holds=not counts)
