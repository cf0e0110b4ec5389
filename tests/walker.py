"""Open the addresses of the portal in some role, and return whether they open."""

from urllib.parse import urlsplit

from django.contrib import admin
from django.urls import reverse

from delivery.models import HandOverCorrection, Run
from dispensing.models import DispensedUnit, LabelPrint
from tests.world import taken_back

LOGIN = "/accounts/login/"
ADMIN = "/admin/"
HOME = "/home/"
NOT_FOLLOWED = {"delivery:phone-end"}  # it redirects staff to a list that only some groups may see
CLOSED = {401, 403, 404, 405}
# The arguments of an address, by what the address is about (tests/access.py) and from the things of a person.
OWNED = {
    "draft": lambda things: [things["draft"].uuid],
    "letter": lambda things: [things["draft"].uuid, "specialist"],
    "signed": lambda things: [things["signed"].uuid],
    "asked": lambda things: [things["asked"].uuid],
    "order": lambda things: [things["order"].number],
    "recall": lambda things: [things["recall"].uuid],
    "card": lambda things: [things["token"]],
    "assessment": lambda things: [things["assessment"].uuid],
    "run": lambda things: [things["run"].uuid],
    "run order": lambda things: [things["run"].uuid, things["run"].orders.get().number],
    "passkey": lambda things: [things["passkey"]],
    "person": lambda things: [],
    "waiting": lambda things: [],
}
# The fields that a POST to such an address needs.
POSTED = {
    "person": lambda things: {"patient": things["person"]},
    "waiting": lambda things: {"entry": things["waiting"]},
}
OF_ALL = {
    "": [],
    "token": ["a-token"],
    "reset key": ["1", "a-key"],
    "provider": ["state"],
    "registration": ["dea"],
    "shortcut": [1, 1],
    "app": ["delivery"],
}


def address_of(row, made, things):
    """Return the path of an address about one of `things`, or None when they hold nothing of the kind."""
    if row.about == "photo":
        return reverse(row.name, args=[made.product.photo.digest])
    if row.about == "product":
        return reverse(row.name, args=[made.product.sku])
    if row.about in OF_ALL:
        return reverse(row.name, args=OF_ALL[row.about])
    kind = {"letter": "draft", "card": "token", "run order": "run"}.get(row.about, row.about)
    return reverse(row.name, args=OWNED[row.about](things)) if kind in things else None


def rows_of(its_admin):
    """Return the rows of a list of the admin without drafts and carts, oldest first."""
    return its_admin.model._base_manager.filter(**SHOWN.get(its_admin.opts.label_lower, {})).order_by("pk")


SHOWN = {
    "certification.certification": {"number__isnull": False},
    "delivery.order": {"number__isnull": False},
    "accounts.proof": {"application__isnull": True},
}
# Further addresses of the admin, with their arguments for a row.
OF_A_ROW = {
    "admin:delivery_run_plan": lambda pk: [Run.objects.get(pk=pk).window_id],
    "admin:delivery_handovercorrection_correct": lambda pk: [
        HandOverCorrection.objects.get(pk=pk).hand_over.order.number
    ],
    "admin:delivery_run_paper": lambda pk: [pk],
    "admin:dispensing_destruction_paper": lambda pk: [pk],
    "admin:delivery_run_settling": lambda pk: [pk],
    "admin:delivery_run_pack": lambda pk: [Run.objects.get(pk=pk).window_id],
    "admin:certification_certification_letter": lambda pk: [pk, "specialist"],
    "admin:delivery_closure_calls": lambda pk: [pk],
    "admin:dispensing_dispensedunit_manifest": lambda pk: [DispensedUnit.objects.get(pk=pk).order.run_id],
    "admin:dispensing_labelprint_directions": lambda pk: [LabelPrint.objects.get(pk=pk).unit.order_id],
    "admin:dispensing_recall_calls": lambda pk: [pk],
    "admin:dispensing_reportfile_text": lambda pk: [pk],
    "admin:notifications_letterbatch_pdf": lambda pk: [pk],
    "admin:dispensing_paper_download": lambda pk: [pk],
    "admin:dispensing_paper_progress": lambda pk: [pk],
    "admin:accounts_rosterimport_progress": lambda pk: [pk],
    "admin:accounts_rosterimport_real": lambda pk: [pk],
    "admin:accounts_rosterimport_problems": lambda pk: [pk],
    "admin:notifications_notification_kind": lambda pk: ["order_placed"],
    "admin:notifications_notification_kind_html": lambda pk: ["order_placed"],
}


def admin_pages(name, made):
    """Return the addresses that a row of the table ADMIN stands for: list, page and history, or a single address."""
    list_name, _space, step = name.partition(" ")
    its_admins = (found for found in admin.site._registry.values() if list_name.startswith(_name_of(found)))
    its_admin = max(its_admins, key=lambda found: len(_name_of(found)))
    row = made.letters_of if name.endswith("_letter") else rows_of(its_admin).first()
    if step:
        return [reverse(f"{list_name}_step", args=[row.pk, step])]
    if name in OF_A_ROW:
        return [reverse(name, args=OF_A_ROW[name](row.pk))]
    if name.endswith("labelprint_print"):
        return [f"{reverse(name)}?units={row.unit_id}"]
    if name.endswith("stockmovement_lot"):
        return [f"{reverse(name)}?sku={made.product.sku}&lot=LOT-1"]
    if list_name != _name_of(its_admin):
        return [reverse(name)]
    return [
        reverse(f"{name}_changelist"),
        *(reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history")),
    ]


def _name_of(its_admin):
    return f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}"


def never_opens(its_admin):
    """Yield the addresses of Django's pages that add and delete a row: they open to nobody."""
    row = rows_of(its_admin).first()
    yield reverse(f"{_name_of(its_admin)}_add")
    yield reverse(f"{_name_of(its_admin)}_delete", args=[row.pk])


def is_open(client, address, row, things):
    """Return whether the address opens to GET or POST; whatever the requests write is rolled back."""
    posted = POSTED[row.about](things) if row.about in POSTED else {}
    return _opens(client, "get", address, row, {}) or _opens(client, "post", address, row, posted)


def _opens(client, method, address, row, data):
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    try:
        with taken_back():
            response = getattr(client, method)(address, data)
            for _hop in range(5):
                if response.status_code not in (301, 302, 303):
                    break
                path = urlsplit(response.headers["Location"]).path
                if path == LOGIN or path.startswith(f"{ADMIN}login/"):
                    return row.name in ("admin:login", "account_logout")
                if not path.startswith("/") or row.name in NOT_FOLLOWED:
                    break
                if path == HOME and row.name.startswith(("delivery:", "dispensing:")):
                    return False  # somebody who can order for nobody is sent there
                response = client.get(response.headers["Location"])
            says_so = response.status_code == 404 and row.about in (
                "token",
                "reset key",
            )  # the page says that the link is unknown
            return says_so or response.status_code not in CLOSED
    finally:
        client.cookies.clear()
        client.cookies.load(cookies)


def is_open_to_read(client, *addresses):
    """Return whether each of these pages of the admin opens; Django redirects to its first page for a missing row."""
    return all(_reads(client, address) for address in addresses)


def _reads(client, address):
    with taken_back():
        response = client.get(address)
        if response.status_code in (301, 302):
            path = urlsplit(response.headers["Location"]).path
            return path.startswith(ADMIN) and path != ADMIN and not path.startswith(f"{ADMIN}login/")
        return response.status_code not in CLOSED
