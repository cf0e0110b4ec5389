"""Pages, lists, papers, exports, searches and mails show each role exactly the fields of tests/fields.py."""

import io
import re
from datetime import date
from html import unescape

import pypdf
import pytest
from django.contrib import admin
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from certification.admin.certifications import CertificationAdmin
from certification.models import Amendment, CaregiverAssignment, Certification, Condition, Letter, PatientRequest
from delivery.models import Order
from notifications.actions import send_due
from tests import access, fields
from tests.guard import unguarded
from tests.walker import address_of, rows_of
from tests.world import World, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.no_cover]
CONDITION = "tourette-syndrome"
# The value of each field, in every spelling that pages, papers and mails may use.
CANARIES = {
    "condition": ["Tourette", CONDITION],
    "statement": ["Canary Told", "canary told"],
    "directions": ["Canary directions"],
    "notes": ["Canary note"],
    "letters": ["Canary Writer"],
    "birth date": ["Feb. 3, 1961", "February 3, 1961", "1961-02-03", "02/03/1961", 'value="1961"', "Feb. 3, 2014",
                   "February 3, 2014", "2014-02-03", "02/03/2014", 'value="2014"', "3 de febrero de"],
    "address": ["77 Canary Lane"],
    "phone": ["2035559911"],
}  # fmt: skip
PHONE = "+12035559911"
SEARCHED = {
    "birth date": ["02/03/1961"],
    "phone": ["203 555 9911", "9911"],
    "address": ["77 Canary Lane"],
    "condition": ["Tourette"],
    "notes": ["Canary note"],
    "directions": ["Canary directions"],
}
SEARCHED_IN = ("certification_patient", "certification_caregiver", "certification_certification", "certification_card",
               "delivery_order", "delivery_allotmententry", "notifications_notification")  # fmt: skip
EXPORTS = (
    "certification:patient-csv", "admin:delivery_order_export_csv", "admin:delivery_stockmovement_export_csv",
    "admin:delivery_allotmententry_export_csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        with unguarded():
            plant(made)
        yield made
        transaction.set_rollback(True)


def plant(made):
    """Put a canary into each field of three patients: an adult, a child with letters, and one with a caregiver."""
    for patient in (made.patient, made.child, made.grown_up):
        born = date(2014 if patient == made.child else 1961, 2, 3)
        patient.birth_date, patient.street, patient.phone = born, "77 Canary Lane", PHONE
        patient.save()
        Order.objects.filter(patient=patient).update(street="77 Canary Lane", phone=PHONE)
        for signed in Certification.objects.filter(patient=patient):
            signed.condition_codes, signed.directions = [CONDITION], "Canary directions"
            signed.explained_to = "Canary Told"
            signed.allotment_reason = signed.ended_reason = "Canary note"
            signed.patient_as_signed = patient.facts
            signed.save()
            Amendment.objects.create(
                certification=signed, kind="allotment", reason="Canary note", before={}, after={},
                amended_by=made.physician.user,
            )  # fmt: skip
    for assignment in CaregiverAssignment.objects.filter(patient__in=[made.child, made.grown_up]):
        assignment.need = "Canary note"
        assignment.save()
    Letter.objects.filter(certification__patient=made.child).update(writer="Canary Writer")
    for asked in PatientRequest.objects.filter(patient=made.patient):
        asked.words = "Canary note"
        asked.save()
    Order.objects.filter(patient=made.patient).update(
        status=Order.Status.CONFIRMED, confirmed_at=asked.created_at, monitoring_reviewed_date=date(2026, 11, 1)
    )


# --- The fields of a role -------------------------------------------------------------------------------------------


def text_of(response):
    if response.headers.get("Content-Type", "").startswith("application/pdf"):
        pages = pypdf.PdfReader(io.BytesIO(response.content)).pages
        return " ".join(page.extract_text() for page in pages)
    return unescape(b"".join(response).decode("utf-8", "replace"))


def fields_in(text):
    """Return the fields whose canary is in the text."""
    plain = " ".join(text.split())
    digits = re.sub(r"[\s().+-]", "", text)
    where = {name: digits if name == "phone" else plain for name in CANARIES}
    return {name for name, canaries in CANARIES.items() if any(canary in where[name] for canary in canaries)}


def pages_of(role, made):
    """Yield the addresses outside the admin: about nothing, about things of the role, and about things of others."""
    for row in access.rows():
        if not row.name.startswith(("certification:", "delivery:")) or row.name in EXPORTS:
            continue
        if row.about in ("draft", "letter"):
            continue
        for things in (made.own.get(role, {}), made.own["patient"], made.own["guardian"], made.own["caregiver"]):
            if address := address_of(row, made, things):
                yield address


def pages_of_the_admin():
    for its_admin in admin.site._registry.values():
        if its_admin.model is Condition:
            continue  # the catalogue names all conditions
        name = f"admin:{its_admin.opts.app_label}_{its_admin.opts.model_name}"
        yield reverse(f"{name}_changelist")
        for row in rows_of(its_admin)[:12]:
            yield reverse(f"{name}_change", args=[row.pk])
        for row in rows_of(its_admin)[:3]:
            yield reverse(f"{name}_history", args=[row.pk])
            yield from (reverse(f"{name}_step", args=[row.pk, page.name]) for page in its_admin.action_pages)


def read(client, addresses):
    found = set()
    for address in dict.fromkeys(addresses):
        with taken_back():
            response = client.get(address)
            if response.status_code == 200:
                found |= fields_in(text_of(response))
    return found


def found_by_search(client):
    """Return the fields by which a list finds people; lists that find everything for any term do not count."""
    lists = [(reverse(f"admin:{name}_changelist"), "q") for name in SEARCHED_IN]
    lists.append((reverse("certification:patient-list"), "term"))
    found = set()
    for address, key in lists:
        if finds(client, address, key, "nobody is called so") is False:
            found |= {name for name, terms in SEARCHED.items() for term in terms if finds(client, address, key, term)}
    return found


def finds(client, address, key, term):
    """Return whether the list shows rows for the term; None when the role has no such list."""
    with taken_back():
        posted = client.post(address, {key: term})
        if posted.status_code != 302:
            return None
        page = client.get(posted.url)
        if page.status_code != 200 or page.context is None:
            return None
        if posted.url.startswith(reverse("account_login")):
            return None
        return bool(page.context["cl"].result_list if "cl" in page.context else page.context["rows"])


def places(role, made):
    """Return the (field, place) pairs that the role can read."""
    client = made.clients[role]
    seen = {("page", name) for name in read(client, pages_of(role, made))}
    seen |= {("admin", name) for name in read(client, pages_of_the_admin() if role in access.STAFF else ())}
    seen |= {("export", name) for name in read(client, [reverse(name) for name in EXPORTS])}
    seen |= {("search", name) for name in found_by_search(client)}
    return {(name, place) for place, name in seen}


@pytest.mark.parametrize("role", access.ROLES)
def test_a_role_reads_the_fields_of_the_table_and_no_others(role, portal):
    with taken_back():
        if role == "Driver":  # the sheet shows the phone number of an order that has left
            with unguarded():
                Order.objects.filter(run__isnull=False, status="confirmed").update(
                    status="out_for_delivery", packed_at=timezone.now()
                )
        assert places(role, portal) == fields.places(role)


def test_no_mail_holds_more_than_the_table(portal):
    with taken_back():
        send_due(by=None)
        found = set()
        for message in mail.outbox:
            text = f"{message.subject} {message.body} " + " ".join(
                str(content) for content, _kind in message.alternatives
            )
            found |= fields_in(text)
    assert len(mail.outbox) > 10
    assert found == fields.in_mail()


def test_a_removed_guard_is_found(portal, monkeypatch):
    """The control: show the conditions of a certification to every group."""
    signed = Certification.objects.filter(patient=portal.patient).values_list("pk", flat=True)
    page = [reverse("admin:certification_certification_change", args=[signed[0]])]
    assert "condition" not in read(portal.clients["Auditor"], page)
    monkeypatch.setattr(CertificationAdmin, "get_fields", lambda self, request, obj=None: self.fields)
    assert "condition" in read(portal.clients["Auditor"], page)
    assert ("condition", "admin") not in fields.places("Auditor")
