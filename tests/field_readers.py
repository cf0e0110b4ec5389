"""Open, as a role, everything that may show a field of a patient: pages, lists, papers, exports and searches.

The walk follows tests/access.py, which names every address, so a new page, paper or export is read as well.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from html import unescape
from itertools import islice
from unittest import mock
from zipfile import ZipFile

import pypdfium2
from django.contrib import admin
from django.test import RequestFactory
from django.test import client as test_client
from django.urls import reverse

from audit.action_pages import links_of
from audit.changelists import search_key
from audit.list_queries import SEARCHED_VAR
from certification.models import Condition
from tests import access, fields
from tests.access import STAFF
from tests.field_canaries import fields_in
from tests.walker import LOGIN, OF_A_ROW, OF_ALL, address_of, admin_pages, rows_of
from tests.world import taken_back

ROWS = 2  # of a list whose pages are read: the adult and the child with a guardian
PAPERS = 4  # rows whose papers are read: a paper of each kind is among them
OURS = ("pages:", "accounts:", "certification:", "delivery:", "dispensing:", "admin:")
UNFINISHED = 422  # a form that says what is missing
PDF, SHEET, ZIP = "application/pdf", "spreadsheetml", "application/zip"
SHOWN_IN_A_PAGE = ("text/html", "application/json", "image/")  # whatever else is sent, is a file
LABELS = "admin:dispensing_labelprint_print"
TWIN = "_export_xlsx"  # holds what the CSV of the same list holds, which a test compares
ADMINS = {f"admin:{of.opts.app_label}_{of.opts.model_name}": of for of in admin.site._registry.values()}

# What answers nobody with a page or a file here, by why; test_fields.py compares the list.
NEVER_OPENED = {
    "leads on to a page that is read": """
        pages:language accounts:codes-kept certification:request-answered delivery:product-favorite delivery:phone-end
        delivery:run-leave delivery:run-late delivery:order-again
        delivery:order-answer dispensing:assessment-skip admin:login admin:logout admin:password_change
        """,
    "a made-up link is unknown": """
        accounts:reset-link accounts:main-address-link accounts:not-me-link certification:invitation-link
        """,
    "asks for the number of a person or an entry": "delivery:patient-choose delivery:waiting-leave",
    "leads back to the certification, the order or the cart, which do not wait for this": """
        certification:certification-duplicates certification:certification-invite certification:affirmation
        certification:certification-end-caregiver certification:certification-code
        certification:certification-renewal-letters delivery:cart-line delivery:checkout delivery:order-decline
        delivery:order-report
        """,
    "the import or the paper is finished": "admin:accounts_rosterimport_progress admin:dispensing_paper_progress",
    "the catalogue names every condition": "admin:certification_condition",
}


def explained():
    """Return the names of NEVER_OPENED as tests/access.py writes them."""
    words = " ".join(NEVER_OPENED.values()).split()
    return {f"admin:{word.replace('.', ' ')}" if "." in word else word for word in words}


def read_rows():
    """Return the rows of the table of access that the walk has to open."""
    return [row for row in access.rows() if row.name.startswith(OURS) and not row.name.endswith(TWIN)]


def seen_by(role, made):
    """Return by the name of each address that answers the role the (place, field) pairs that it shows."""
    found = {}
    for row in read_rows():
        if role not in row.own | row.others:
            continue
        with offered_by_all(row):
            for method, address, data in requests_for(row, role, made):
                shown = read(made.clients[role], address, method, data)
                if shown is not None:
                    found.setdefault(row.name, set()).update(shown)
    return found


def requests_for(row, role, made):
    """Yield method, address and form of each request that reads an address of the table."""
    addresses = _in_admin(row, role, made) if row.about in ("row", "list") else _outside(row, role, made)
    for address in dict.fromkeys(addresses):
        yield "get", address, {}
        if row.name == LABELS:
            yield from (("post", address, {"kind": kind, "reason": "Torn."}) for kind in ("sheet", "roll", "zpl"))


@cache
def strictest(roles, place):
    """Return the roles that may read the fewest fields there: they read, for all, what says the same to all."""
    may = {role: {name for name, where in fields.places(role) if where == place} for role in roles}
    found = []
    for role in sorted(roles, key=lambda role: (len(may[role]), role)):
        if not any(may[stricter] <= may[role] for stricter in found):
            found.append(role)
    return frozenset(found)


def _outside(row, role, made):
    staff = frozenset(STAFF) & row.own
    if role in staff and row.about in OF_ALL and role not in strictest(staff, "page"):
        return  # about nobody: the text differs by no group
    owners = [made.own[role]] if role in made.own and role in row.own else []
    if role in row.others:
        owners += [made.own["patient"], made.own["guardian"]]
    yield from filter(None, (address_of(row, made, things) for things in owners or [{}] if _fits(row, things)))


def _fits(row, things):
    return bool(things) or row.about in ("", "token", "reset key", "registration", "app", "photo", "product")


def _in_admin(row, role, made):
    name = row.name
    plain, _space, step = name.partition(" ")
    if ADMINS.get(plain) is not None and ADMINS[plain].model is Condition:
        return  # the catalogue names all conditions
    its_admin = _admin_of(plain)
    rows = [found.pk for found in rows_of(its_admin)[:PAPERS]]
    if name == "admin:certification_certification_letter":
        yield reverse(name, args=[made.letters_of.pk, "specialist"])
    elif step:
        if role not in strictest(row.own, "admin"):  # `explain` and `more` of an ActionPage do not know who asks
            return
        yield from (reverse(f"{plain}_step", args=[pk, step]) for pk in _offered(its_admin, step) or rows[:1])
    elif name in OF_A_ROW:
        yield from (reverse(name, args=OF_A_ROW[name](pk)) for pk in rows)
    elif plain in ADMINS:
        yield reverse(f"{name}_changelist")
        yield from (reverse(f"{name}_change", args=[pk]) for pk in rows[:ROWS])
        if role in strictest(row.own, "admin"):  # it does not ask who reads it
            yield reverse(f"{name}_history", args=[rows[0]])
    else:
        yield from admin_pages(name, made)


def _admin_of(name):
    """Return the admin to which an address or a button of the table belongs."""
    return ADMINS[max((each for each in ADMINS if name.startswith(each)), key=len)]


def _offered(its_admin, step):
    """Return the first row whose page offers the button."""
    page = next((page for page in its_admin.action_pages if page.name == step), None)
    offered = page.offered if page else next(link.offered for link in links_of(its_admin.model) if link.name == step)
    return list(islice((found.pk for found in rows_of(its_admin) if offered(found)), 1))


@contextmanager
def offered_by_all(row):
    """Let every row offer the button of the table, where no row here has the state that it needs."""
    plain, _space, step = row.name.partition(" ")
    pages = _admin_of(plain).action_pages if step else ()
    if not any(page.name == step for page in pages) or _offered(_admin_of(plain), step):
        yield
        return
    offering = tuple(replace(page, offered=lambda _row: True) if page.name == step else page for page in pages)
    with mock.patch.object(_admin_of(plain), "action_pages", offering):
        yield


def read(client, address, method="get", data=None):
    """Return the (place, field) pairs that an answer shows, or None without an answer; whatever it writes is undone."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    try:
        with taken_back(), mock.patch.object(test_client, "store_rendered_templates"):  # the contexts are not needed
            response = getattr(client, method)(address, data or {})
            if response.status_code == 405:  # it answers a POST alone, and shows a page where something is missing
                response = client.post(address)
            if response.status_code not in (200, UNFINISHED):
                return None
            content = b"".join(response)
    finally:
        client.cookies.clear()
        client.cookies.load(cookies)
    return _shown(content, response.headers.get("Content-Type", ""), place_of(response, address))


def place_of(response, address):
    """Return the place of an answer: a paper to print or keep, an export, a page of the admin, or another page."""
    kind, name = response.headers.get("Content-Type", ""), response.headers.get("Content-Disposition", "")
    if kind.startswith(PDF) or ".zpl" in name:
        return "paper"
    if name.startswith("attachment") or not kind.startswith(SHOWN_IN_A_PAGE):
        return "export"
    return "admin" if address.startswith("/admin/") else "page"


@cache
def _shown(content, kind, place):
    return {(place, name) for text in texts_of(content, kind) for name in fields_in(text)}


def texts_of(content, kind) -> Iterator[str]:
    """Yield the text of a file, or of each file in an archive."""
    if kind.startswith(PDF):
        yield " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content))
    elif kind.startswith(ZIP) or SHEET in kind:
        with ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from texts_of(archive.read(name), PDF if name.endswith(".pdf") else "text/plain")
    elif not kind.startswith(("image/", "font/")):
        yield unescape(content.decode("utf-8", "replace"))


# --- Searches ---------------------------------------------------------------------------------------------------------

SEARCHED = {
    "birth date": ["02/03/1961"],
    "phone": ["203 555 9911", "9911"],
    "address": ["77 Canary Lane"],
    "condition": ["Tourette"],
    "statement": ["Canary Told"],
    "notes": ["Canary note"],
    "directions": ["Canary directions"],
    "letters": ["Canary Writer"],
}
WITHOUT_THE_WORD = {name: terms for name, terms in SEARCHED.items() if not any("Canary" in term for term in terms)}


def found_by_search(role, made):
    """Return the fields by which a list finds people; lists that find everything for any term do not count."""
    lists = [its_admin_finds(name, made.accounts.get(role)) for name in searched_lists(role)]
    lists.append(partial(finds, made.clients[role], reverse("certification:patient-list"), "term"))
    found = set()
    for finds_any in lists:
        if finds_any("nobody is called so") is False:
            asked = SEARCHED if finds_any("Canary") else WITHOUT_THE_WORD  # more words find less
            found |= {name for name, terms in asked.items() if any(map(finds_any, terms))}
    return found


def its_admin_finds(name, account):
    """Return the function that says whether a list of the admin shows rows to the account for a term.

    It asks the list itself: a search through the page, which test_fields.py compares, takes ten times as long.
    """
    its_admin = ADMINS[name]

    def finds_any(term):
        request = RequestFactory().get(reverse(f"{name}_changelist"), {SEARCHED_VAR: "token"})
        request.user, request.session = account, {search_key(its_admin.model): {"token": term}}
        return bool(its_admin.get_changelist_instance(request).result_list)

    return finds_any


def searched_lists(role):
    """Return the names of the lists of the admin with a search that open to the role."""
    may = {row.name for row in access.rows() if role in row.own}
    return [
        name
        for name, its_admin in ADMINS.items()
        if its_admin.search_fields and name in may and its_admin.model is not Condition
    ]


def finds(client, address, key, term):
    """Return whether the list shows rows for the term; None when the role has no such list."""
    with taken_back():
        posted = client.post(address, {key: term})
        if posted.status_code != 302 or posted.url.startswith(LOGIN):
            return None
        page = client.get(posted.url)
        if page.status_code != 200 or page.context is None:
            return None
        return bool(page.context["cl"].result_list if "cl" in page.context else page.context["rows"])
