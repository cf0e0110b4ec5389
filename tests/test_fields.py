"""Pages, lists, papers, exports, searches and mails show each role exactly the fields of tests/fields.py."""

from dataclasses import replace

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

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
from tests.field_readers import found_by_search, read, seen_by
from tests.guard import unguarded
from tests.world import World, taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.no_cover]
READ = {}  # by role what each address showed
FILES = (
    "_export", "_export_csv", "_export_xlsx", "-csv", "-pdf", "_pdf", "_pack", "_paper", "_letter", "_text", "_calls",
    "_download", "_manifest", "_settling", "-calendar",
)  # fmt: skip


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


def test_every_export_and_paper_is_read(portal):
    """A new export, and a new page that answers with a file, is read without being named here."""
    files = [row for row in access.rows() if row.name.endswith(FILES)]
    openers = {row.name: sorted(row.own | row.others) for row in files}
    assert [name for name, roles in openers.items() if not any(name in seen(role, portal) for role in roles)] == []


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
