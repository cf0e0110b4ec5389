"""Pages, lists, papers, exports, searches and mails show each role exactly the fields of tests/fields.py."""

import csv
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from django.core import mail
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from audit.exports import Column
from certification.admin.certifications import CertificationAdmin
from certification.models import Certification
from delivery.admin.orders import OrderAdmin
from delivery.models import Order
from dispensing.models import Paper
from dispensing.papers.stored import WRITERS
from notifications import emails, kinds, previews, texts
from notifications.actions import send_due
from notifications.models import Notification
from tests import access, fields
from tests.field_canaries import fields_in, plant, plant_in
from tests.field_readers import (
    ADMINS,
    TWIN,
    explained,
    finds,
    found_by_search,
    its_admin_finds,
    place_of,
    read,
    read_rows,
    seen_by,
)
from tests.guard import unguarded
from tests.world import World, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.no_cover]
READ = {}  # by role what each address showed


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = World()
        with unguarded():
            plant(made)
        yield made
        READ.clear()
        transaction.set_rollback(True)


def seen(role, made):
    """Return by address what it shows to the role; each role reads once."""
    if role not in READ:
        with taken_back():
            if role == "Driver":  # the sheet shows the phone number of an order that has left
                with unguarded():
                    Order.objects.filter(run__isnull=False, status="confirmed").update(
                        status="out_for_delivery", packed_at=timezone.now()
                    )
            READ[role] = seen_by(role, made)
    return READ[role]


@pytest.mark.parametrize("role", access.ROLES)
def test_a_role_reads_the_fields_of_the_table_and_no_others(role, portal):
    found = {(name, place) for shown in seen(role, portal).values() for place, name in shown}
    assert found | {(name, "search") for name in found_by_search(role, portal)} == fields.places(role)


def test_every_address_and_button_is_opened_or_explained(portal):
    """A new page, button or file is read whatever its name, or somebody has to say why it cannot be."""
    opened = set().union(*(seen(role, portal) for role in access.ROLES))
    assert {row.name for row in read_rows() if row.own | row.others} - opened == explained()


def test_whatever_is_no_page_is_a_file():
    """The type of an answer decides, so a file with any name and address counts as an export."""
    for kind in ("text/csv; charset=utf-8", "application/octet-stream", "text/plain", ""):
        assert place_of(HttpResponse("a", content_type=kind), "/delivery/anything/") == "export"
    assert place_of(HttpResponse("a"), "/delivery/anything/") == "page"


def test_a_list_has_the_same_columns_as_csv_and_as_xlsx(portal):
    """So the walk reads the CSV alone."""
    twins = {row.name.removesuffix(TWIN): row.own for row in access.rows() if row.name.endswith(TWIN)}
    assert twins == {name: row.own for row in access.rows() if (name := row.name.removesuffix("_export_csv")) in twins}
    for name in twins:
        client = portal.clients["Administrator"]
        with taken_back():
            text = b"".join(client.get(reverse(f"{name}_export_csv"))).decode("utf-8-sig")
            sheet = load_workbook(BytesIO(b"".join(client.get(reverse(f"{name}{TWIN}")))), read_only=True).active
            assert next(csv.reader(StringIO(text))) == [cell.value for cell in next(sheet.iter_rows())]


def test_a_search_of_a_page_finds_what_the_list_finds(portal):
    name = "admin:certification_patient"
    finds_any = its_admin_finds(name, portal.accounts["Registrar"])
    for term, found in {"02/03/1961": True, "01/03/1961": False, "77 Canary Lane": False}.items():
        assert finds(portal.clients["Registrar"], reverse(f"{name}_changelist"), "q", term) is found
        assert finds_any(term) is found


def test_a_paper_of_every_kind_is_read(portal):
    assert (
        set(Paper.Kind) == set(WRITERS) == set(Paper.objects.filter(parts__isnull=False).values_list("kind", flat=True))
    )


# --- Messages ---------------------------------------------------------------------------------------------------------


def samples():
    return [(about, label) for about in kinds.abouts() for label in about.samples()]


def fields_of_sample(about, label, language):
    """Return the fields in the mail and in the text message of a sample whose words are canaries."""
    words = about.samples()[label]
    plant_in(words)
    message = Notification(kind=about.name, recipient="reader@example.org", language=language)
    built = emails.build(message, words)
    text = " ".join([built.subject, built.body, *(str(content) for content, _kind in built.alternatives)])
    return fields_in(f"{text} {previews.text_of(about, label, language)}")


def test_every_kind_of_message_is_read():
    assert {about.name for about, _label in samples()} | texts.ANSWERS == set(kinds._kinds)


def test_a_message_of_no_kind_holds_more_than_the_table():
    """Whoever is no patient or caregiver reads no field of a patient in a mail."""
    found = {"members": set(), "others": set()}
    for about, label in samples():
        reader = "members" if about.readers in fields.TO_MEMBERS else "others"
        for language in about.languages:
            found[reader] |= fields_of_sample(about, label, language)
    assert found == {"members": fields.in_mail(), "others": set()}


def test_no_subject_of_a_mail_holds_a_field():
    """A phone shows the subject while it is locked."""
    for about, label in samples():
        words = about.samples()[label]
        plant_in(words)
        for language in about.languages:
            message = Notification(kind=about.name, recipient="reader@example.org", language=language)
            assert fields_in(emails.build(message, words).subject) == set(), about.name


def test_no_mail_holds_more_than_the_table(portal):
    with taken_back():
        send_due(by=None)
        found = set()
        for message in mail.outbox:
            found |= fields_in(
                " ".join([message.subject, message.body, *(str(content) for content, _kind in message.alternatives)])
            )
    assert len(mail.outbox) > 10
    assert found == fields.in_mail()


def test_the_printed_table_is_not_stale():
    assert fields.FILE.read_text() == fields.document()


# --- Controls ---------------------------------------------------------------------------------------------------------


def test_a_page_without_its_guard_is_found(portal, monkeypatch):
    """Show the conditions of a certification to every group."""
    signed = Certification.objects.filter(patient=portal.patient).values_list("pk", flat=True)[0]
    page = reverse("admin:certification_certification_change", args=[signed])
    assert ("admin", "condition") not in read(portal.clients["Auditor"], page)
    monkeypatch.setattr(CertificationAdmin, "get_fields", lambda self, request, obj=None: self.fields)
    assert ("admin", "condition") in read(portal.clients["Auditor"], page)
    assert ("condition", "admin") not in fields.places("Auditor")


def test_a_column_too_many_of_an_export_is_found(portal, monkeypatch):
    """Add the street to the orders as a file."""
    address, more = reverse("admin:delivery_order_export_csv"), Column("street", "street")
    assert read(portal.clients["Technician"], address) == set()
    export = replace(OrderAdmin.export, columns=(*OrderAdmin.export.columns, more))
    monkeypatch.setattr(OrderAdmin, "export", export)
    assert read(portal.clients["Technician"], address) == {("export", "address")}
    assert ("address", "export") not in fields.places("Technician")


def test_a_search_that_finds_too_much_is_found(portal, monkeypatch):
    """Let the reports of customers be found by the street of the order."""
    reports = ADMINS["admin:delivery_itemreport"]
    monkeypatch.setattr(reports, "search_fields", ["order__street"])
    assert "address" in found_by_search("Pharmacist", portal)


def test_a_mail_that_says_too_much_is_found(monkeypatch):
    """Let every mail end with the conditions of the certification that it is about."""
    about = kinds.about("renewal_reminder")
    build = emails.build

    def built(message, words):
        made = build(message, words)
        made.body += str(words["certification"].condition_codes)
        return made

    assert "condition" not in fields_of_sample(about, "patient, 60 days", "en")
    monkeypatch.setattr(emails, "build", built)
    assert "condition" in fields_of_sample(about, "patient, 60 days", "en")
