"""The list of orders in the admin among a million: its page, and what its search costs."""

from meter import Meter, asked, served, tell, tell_scaled


def copy_orders(world, count):
    """As SQL: so many orders of 20,000 patients over the past years, 200 of which wait."""
    from delivery.models import Order
    from tests import factories

    model = factories.order(factories.patient(), into=world.windows[0], lines=[(world.flower, 2)])
    patient, window = model.patient, model.window
    columns = ", ".join(
        f'"{name}"' for name in columns_of(patient) if name not in ("number", "user_id", "search_name", "phone")
    )
    asked(
        f"INSERT INTO certification_patient (number, search_name, phone, {columns}) SELECT"
        f" 'P-' || lpad(to_hex(n), 8, '0'), 'name' || n % 3000 || ' family' || n % 7000, '+1203' || 5550000 + n,"
        f" {columns}"
        f" FROM certification_patient, generate_series(1, 20000) n WHERE id = {patient.pk}"
    )
    columns = ", ".join(f'"{name}"' for name in columns_of(window) if name not in ("date", "booked"))
    asked(
        f"INSERT INTO delivery_deliverywindow (date, booked, {columns}) SELECT date - n, 0, {columns}"
        f" FROM delivery_deliverywindow, generate_series(1, 3000) n WHERE id = {window.pk}"
    )
    told = {
        "number": "'D-' || lpad(to_hex(n), 8, '0')",
        "idempotency_key": "gen_random_uuid()",
        "patient_id": "(SELECT min(id) FROM certification_patient WHERE number LIKE 'P-0%') + n % 20000",
        "window_id": "(SELECT min(id) FROM delivery_deliverywindow WHERE date < current_date - 7) + n % 2900",
        "status": f"CASE WHEN n % {max(count // 200, 1)} = 0 THEN 'placed' ELSE 'lapsed' END",
        "ended_at": "now()",
    }
    columns = [name for name in columns_of(model) if name not in told]
    quoted = ", ".join(f'"{name}"' for name in columns)
    asked(
        f"INSERT INTO delivery_order ({', '.join(told)}, {quoted}) SELECT {', '.join(told.values())}, {quoted}"
        f" FROM delivery_order, generate_series(1, {count}) n WHERE id = {model.pk}"
    )
    for table in ("certification_patient", "delivery_deliverywindow", "delivery_order"):
        asked(f"ANALYZE {table}")
    return Order.objects.filter(status="lapsed").values_list("number", flat=True)[count // 2]


def columns_of(row):
    return [field.column for field in row._meta.concrete_fields if not field.primary_key]


def measure_order_list(database, world, count, slower):
    from tests import crowd, factories

    number = copy_orders(world, count)
    staff = factories.staff("Pharmacist")
    address = "/admin/delivery/order/"
    with served(database, "mmp_portal.wsgi") as server:
        visitor = crowd.Visitor(server.url, crowd.sign_in([staff])[0])
        for what, query, most in (("what waits", "", 40), ("all", "?status=all", 40)):
            cost = list_cost(database, server, visitor, address + query)
            tell_scaled(f"admin, {count:,} orders: {what}", cost, "ms CPU", most, slower)
        for what, term in (("by number", number), ("by name", "name17 family17"), ("by phone", "203 555 0142")):
            visitor.post(address, {"q": term})
            cost = list_cost(database, server, visitor, address)
            tell_scaled(f"admin, {count:,} orders: search {what}", cost, "ms CPU", 20, slower)
    told_statements(staff, address)


def list_cost(database, server, visitor, path):
    for _warm in range(8):
        visitor.get(path)
    with Meter(server, database) as meter:
        for _time in range(20):
            assert visitor.get(path).status == 200
    return meter.cpu / 20


def told_statements(staff, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests import factories

    client = factories.client_for(staff)
    with CaptureQueriesContext(connection) as queries:
        client.get(address, {"status": "all"})
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
    tell("admin: statements of the list", len(queries), "")
    tell("admin: that count rows", len(counts), "", "none", holds=not counts)
