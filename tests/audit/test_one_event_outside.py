"""Each read outside the lists and rows of the admin leaves one event; a page that leaves none or more says why.

The lists and rows: tests/audit/test_one_event.py. Each address is opened once as each role that may open it, about a
thing of its own and about a thing of somebody else.
"""

import pytest
from django.contrib import admin

from audit.models import Event
from certification.views import confirmation
from tests import access
from tests.walker import address_of, admin_pages
from tests.world import taken_back, world  # noqa: F401  the fixture

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover, pytest.mark.once]
LISTS = {f"admin:{of.opts.app_label}_{of.opts.model_name}" for of in admin.site._registry.values()}
PAGES = [row for row in access.rows() if row.about not in ("row", "list") and row.own | row.others]
OF_ADMIN = [row for row in access.rows() if row.about in ("row", "list") and row.name not in LISTS]
# The own account: passwords, factors, addresses and sessions of whoever reads them.
OWN_ACCOUNT = ("account_", "mfa_", "usersessions_")
PUBLIC = "it says nothing about anybody"
OWN = "it shows only what belongs to whoever reads it"
FORM = "an empty form; what is entered is an event"
ORDERING = "a caregiver orders: what is put into the cart and the order are events"
# Why a page leaves no event.
NO_EVENT = {
    **dict.fromkeys(
        ("pages:home", "pages:physicians", "pages:faq", "pages:delivery-info", "pages:quick-reference",
         "pages:privacy", "pages:terms", "pages:accessibility", "pages:contact", "pages:contact-done", "pages:livez",
         "pages:readyz", "pages:metrics", "delivery:product-photo", "delivery:run-away", "delivery:run-worker",
         "delivery:run-manifest", "admin:index", "admin:login", "admin:app_list", "admin:jsi18n",
         "admin:password_change", "admin:password_change_done", "accounts:reset-cancel", "accounts:lost-phone",
         "accounts:not-me", "certification:invitation"), PUBLIC),
    **dict.fromkeys(
        ("accounts:role", "accounts:session", "accounts:physician", "accounts:physician-monitoring",
         "accounts:physician-renewed", "accounts:delegate-list", "accounts:second-way", "accounts:main-address",
         "certification:own-contact", "certification:own-texts", "certification:affirmation", "delivery:run-state"),
        OWN),
    **dict.fromkeys(
        ("accounts:physician-identify", "accounts:physician-apply", "accounts:physician-leave",
         "certification:certification-add", "admin:accounts_rosterimport_real", "admin:accounts_rosterimport_upload",
         "admin:certification_allotmentlimit_set", "admin:delivery_closure_close", "admin:delivery_deliverypolicy_set",
         "admin:delivery_deliverywindow_extra", "admin:delivery_order_phone", "admin:delivery_product_new",
         "admin:delivery_stockmovement_upload", "admin:dispensing_destruction_propose",
         "admin:dispensing_paper_inspection", "admin:dispensing_paper_log", "admin:dispensing_papername_own",
         "admin:dispensing_papername_enter", "admin:dispensing_recall_find", "admin:dispensing_recall_start",
         "admin:dispensing_reportanswer_enter", "admin:dispensing_reportfile_make",
         "admin:notifications_letterbatch_make"), FORM),
    **dict.fromkeys(("delivery:product-list", "delivery:product-detail", "delivery:cart"), ORDERING),
    **dict.fromkeys(
        ("admin:notifications_notification_kinds", "admin:notifications_notification_kind",
         "admin:notifications_notification_kind_html", "admin:notifications_notification_outbox"),
        "samples with made-up people, and counts"),
}  # fmt: skip
# Where the patient reads it without an event: it is the own record, and the patient need not be told.
OWN_RECORD = {
    "delivery:home", "delivery:record", "dispensing:assessment-list", "dispensing:assessment", "dispensing:recall",
    "certification:verify",
}  # fmt: skip
# Why a page leaves more events than one, by the actions beside the first.
MORE = {
    "certification:card": {"card.issue"},  # the first look makes the card
    "certification:card-pdf": {"card.issue"},
    "admin:delivery_run_pack": {"order.print"},  # a paper about many people: an event for each of them
    "admin:dispensing_dispensedunit_manifest": {"order.print"},
    "admin:notifications_letterbatch_pdf": {"notification.read"},
}
# Of the card's code a stranger reads only whether it is valid.
STRANGERS = {"certification:verify": {"Registrar", "Pharmacist", "Driver", "Administrator"}}


def read(client, address):
    """Return whether a page was shown, and the actions of the events that it wrote."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    cookies = client.cookies.copy()
    with taken_back():
        response = client.get(address)
        actions = list(Event.objects.filter(pk__gt=last).order_by("pk").values_list("action", flat=True))
    client.cookies = cookies
    return response.status_code == 200, actions


def wrong(row, actions, role):
    """Return whether this role's look should have left other events."""
    if row.name in NO_EVENT or row.name.startswith(OWN_ACCOUNT):
        return actions != []
    if row.name in OWN_RECORD and role == "patient" and actions == []:
        return False
    if row.name in STRANGERS and role not in STRANGERS[row.name]:
        return actions != []
    return len([action for action in actions if action not in MORE.get(row.name, ())]) != 1


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_read_outside_the_admin_leaves_one_event(row, world):  # noqa: F811
    looks = [(role, world.own.get(role, {})) for role in sorted(row.own)]
    looks += [(role, world.foreign) for role in sorted(row.others)]
    for role, things in looks:
        if address := address_of(row, world, things):
            is_shown, actions = read(world.clients[role], address)
            assert not (is_shown and wrong(row, actions, role)), (role, actions)


@pytest.mark.parametrize("row", OF_ADMIN, ids=lambda row: row.name)
def test_a_read_of_a_further_page_of_the_admin_leaves_one_event(row, world):  # noqa: F811
    for role in sorted(row.own):
        (address,) = admin_pages(row.name, world)
        is_shown, actions = read(world.clients[role], address)
        assert not (is_shown and wrong(row, actions, role)), (role, actions)


def test_each_reason_is_about_an_address():
    declared = {row.name for row in access.rows()}
    assert {*NO_EVENT, *OWN_RECORD, *MORE, *STRANGERS} <= declared


def test_a_look_without_an_event_is_found(world, monkeypatch):  # noqa: F811
    """The control: a view that records nothing."""
    row = next(row for row in PAGES if row.name == "certification:certification-confirmation")
    address = address_of(row, world, world.own["physician"])
    assert read(world.clients["physician"], address) == (True, ["certification.view"])
    monkeypatch.setattr(confirmation, "record_view", lambda *_args: None)
    is_shown, actions = read(world.clients["physician"], address)
    assert is_shown and wrong(row, actions, "physician")
