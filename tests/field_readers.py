"""Open, as a role, everything that may show a field of a patient: pages, lists, papers, exports and searches.

The walk follows tests/access.py, which names every address, so a new page, paper or export is read as well.
"""

import io
from collections.abc import Iterator
from functools import cache
from html import unescape
from zipfile import ZipFile

import pypdfium2
from django.contrib import admin
from django.urls import reverse

from certification.models import Condition
from tests import access
from tests.field_canaries import fields_in
from tests.walker import LOGIN, OF_A_ROW, address_of, admin_pages, rows_of
from tests.world import taken_back

ROWS = 3  # of a list whose pages are read: the adult, the child and the patient with a caregiver
OURS = ("pages:", "accounts:", "certification:", "delivery:", "dispensing:", "admin:")
PDF, SHEET, ZIP = "application/pdf", "spreadsheetml", "application/zip"
LABELS = "admin:dispensing_labelprint_print"
ADMINS = {f"admin:{of.opts.app_label}_{of.opts.model_name}": of for of in admin.site._registry.values()}


def seen_by(role, made):
    """Return by the name of each address that answers the role the (place, field) pairs that it shows."""
    found = {}
    for row in access.rows():
        if role not in row.own | row.others or not row.name.startswith(OURS):
            continue
        for method, address, data in requests_for(row, role, made):
            shown = read(made.clients[role], address, method, data)
            if shown is not None:
                found.setdefault(row.name, set()).update(shown)
    return found


def requests_for(row, role, made):
    """Yield method, address and form of each request that reads an address of the table."""
    addresses = _in_admin(row, made) if row.about in ("row", "list") else _outside(row, role, made)
    for address in dict.fromkeys(addresses):
        yield "get", address, {}
        if row.name == LABELS:
            yield from (("post", address, {"kind": kind, "reason": "Torn."}) for kind in ("sheet", "roll", "zpl"))


def _outside(row, role, made):
    owners = [made.own[role]] if role in made.own and role in row.own else []
    if role in row.others:
        owners += [made.own["patient"], made.own["guardian"]]
    yield from filter(None, (address_of(row, made, things) for things in owners or [{}] if _fits(row, things)))


def _fits(row, things):
    return bool(things) or row.about in ("", "token", "reset key", "registration", "app", "photo", "product")


def _in_admin(row, made):
    name = row.name
    plain, _space, step = name.partition(" ")
    if ADMINS.get(plain) is not None and ADMINS[plain].model is Condition:
        return  # the catalogue names all conditions
    its_admin = ADMINS[max((each for each in ADMINS if plain.startswith(each)), key=len)]
    rows = [found.pk for found in rows_of(its_admin)[: ROWS + 1]]  # a paper of each kind is among them
    if name == "admin:certification_certification_letter":
        yield reverse(name, args=[made.letters_of.pk, "specialist"])
    elif step:
        yield reverse(f"{plain}_step", args=[rows[0], step])
    elif name in OF_A_ROW:
        yield from (reverse(name, args=OF_A_ROW[name](pk)) for pk in rows)
    elif plain in ADMINS:
        yield reverse(f"{name}_changelist")
        yield from (reverse(f"{name}_change", args=[pk]) for pk in rows[:ROWS])
        yield reverse(f"{name}_history", args=[rows[0]])
    else:
        yield from admin_pages(name, made)


def read(client, address, method="get", data=None):
    """Return the (place, field) pairs that an answer shows, or None without an answer; whatever it writes is undone."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    try:
        with taken_back():
            response = getattr(client, method)(address, data or {})
            if response.status_code != 200:
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
    if name.startswith("attachment"):
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


def found_by_search(role, made):
    """Return the fields by which a list finds people; lists that find everything for any term do not count."""
    client = made.clients[role]
    lists = [(reverse(f"{name}_changelist"), "q") for name in searched_lists(role)]
    lists.append((reverse("certification:patient-list"), "term"))
    found = set()
    for address, key in lists:
        if finds(client, address, key, "nobody is called so") is False:
            found |= {name for name, terms in SEARCHED.items() for term in terms if finds(client, address, key, term)}
    return found


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
