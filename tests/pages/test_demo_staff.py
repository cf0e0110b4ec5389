"""What the demo's table says of each member of staff is true in the table of access, which another test proves."""

import pytest

from pages.demo import PEOPLE
from tests import access

pytestmark = pytest.mark.once
LISTS = {row.name for row in access.rows() if row.about == "row" and " " not in row.name}
OF_A_ROW = (
    "_pack",
    "_paper",
    "_settling",
    "_letter",
    "_real",
    "_progress",
    "_problems",
    "_calls",
    "_plan",
    "_pdf",
    "_correct",
    "_download",
    "_print",
    "_directions",
    "_manifest",
    "_text",
)  # pages beside the list and the row
BUTTONS = {row.name for row in access.rows() if row.about == "row" and " " in row.name}
STOCK = {f"admin:delivery_product {name}" for name in ("receive", "count")} | {"admin:delivery_stockmovement_upload"}
# Role: what the table says of it, what it opens, and what it does not.
SAYS = {
    "Registrar": (
        "Staff: physicians and certifications",
        {"admin:accounts_physician suspend", "admin:accounts_physicianapplication verify",
         "admin:certification_certification revoke", "admin:certification_patient close"},
        {"admin:delivery_order", "admin:delivery_product", "admin:audit_event"},
    ),
    "Pharmacist": (
        "Staff: reviews orders",
        {"admin:delivery_order confirm", "admin:delivery_order refuse", "admin:certification_patient allotment"},
        {"admin:delivery_closure_close", "admin:delivery_deliverypolicy", "admin:accounts_physician"},
    ),
    "Technician": (
        "Staff: packs orders; receives and counts stock",
        {"admin:delivery_order pack", "admin:delivery_order", "admin:delivery_order_phone", *STOCK},
        {"admin:delivery_product write-off", "admin:delivery_product price", "admin:certification_patient"},
    ),
    "Driver": (
        "Staff: drives a run next Wednesday: My runs",
        {"delivery:run-list", "delivery:run-detail", "delivery:run-hand-over", "delivery:run-attempt"},
        LISTS | BUTTONS | {"admin:app_list", "admin:delivery_order_export_csv"},
    ),
    "Manager": (
        "Staff: runs, windows, closures, terms, messages",
        {"admin:delivery_run_plan", "admin:delivery_run settle",
         "admin:delivery_deliverywindow capacity", "admin:delivery_closure_close", "admin:delivery_deliverypolicy_set",
         "admin:pages_contactmessage answer", *STOCK},
        {"admin:certification_patient", "admin:certification_certification", "admin:audit_event"},
    ),
    "Auditor": (
        "Staff: opens every list and the audit trail, changes nothing",
        {name for name in LISTS if not name.endswith(OF_A_ROW)},
        BUTTONS | {"admin:delivery_closure_close", "admin:delivery_stockmovement_upload"},
    ),
    "Administrator": (
        "Staff: every list and button; no medical data",
        BUTTONS | LISTS - {"admin:certification_certification_letter"},
        {"admin:certification_certification_letter"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("role", access.STAFF)
def test_what_the_demo_says_of_staff_is_true(role):
    sentence, opens, stays_closed = SAYS[role]
    assert [person.about for person in PEOPLE if person.role == role] == [sentence]
    opened = {row.name for row in access.rows() if role in row.own}
    assert opens - opened == set()
    assert stays_closed & opened == set()
