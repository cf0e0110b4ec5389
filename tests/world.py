"""A portal with a person of every role, with things that belong to each and to others, and with a row in every list.

It is made once for a module. What a test writes is rolled back before the next test, and everything at the end.
"""

import io
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from PIL import Image

from accounts import actions as accounts
from accounts.actions.staff import STAFF_GROUPS
from accounts.models import MFAReset, RosterImport
from certification import actions as certifications
from certification.models import Letter
from delivery import actions as deliveries
from delivery.models import HandOver, HandOverCorrection, ItemReport, ReturnedItem, WaitingEntry
from dispensing.models import (
    DestroyedItem,
    Destruction,
    LabelPrint,
    Paper,
    PaperName,
    Recall,
    RecalledLot,
    RecalledPerson,
    ReportAnswer,
    ReportAttempt,
    ReportEntry,
    ReportFile,
    ReportRecord,
    SelfAssessment,
)  # fmt: skip
from dispensing.writes.units import Stated, make_units
from notifications.models import Bounce, LetterBatch, TextConsent, TextReceived
from pages.actions import receive_message, take_message
from pages.models import ContactMessage
from tests import factories
from tests.access import STAFF
from tests.accounts.test_mfa import with_codes, with_passkey, with_totp
from tests.delivery import people
from tests.guard import unguarded


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@contextmanager
def taken_back():
    """Roll back whatever is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# What a report says of a unit, of which none was handed over here.
FACTS = {
    "serial": "100001", "written_date": "2026-03-01", "filled_date": "2026-11-25", "product_code": "99999000101",
    "quantity": "3.5", "days": 10, "unit_code": "03", "picked_up": None,
    "recipient": {
        "last_name": "Rivera", "first_name": "Ana", "middle_name": "", "street": "12 Oak St", "unit": "",
        "city": "New Haven", "state": "CT", "zip_code": "06511", "phone": "2035550123", "birth_date": "1980-02-29",
        "sex": "F",
    },
    "certifier": {
        "dea_number": "AP5836727", "last_name": "Peters", "first_name": "Alan", "phone": "2035550188",
        "state_license": "",
    },
}  # fmt: skip


class World:
    """`accounts` and `own` things by role, `foreign` things of other people, and signed-in `clients` by role."""

    def __init__(self):
        self.physician, self.stranger = factories.identified_physician(), factories.identified_physician()
        self.applicant = factories.application().user
        signed = factories.certification(self.physician)
        self.patient = signed.patient
        self.guardian, self.child = people.guardian_of_a_child()
        self.grown_up, self.caregiver = people.patient_with_caregiver()
        office = {
            "draft": _draft_for_a_child(self.physician),
            "signed": signed,
            "asked": factories.patient_request(signed),
        }
        self.own = {
            "physician": office,
            "delegate": office,
            "applicant": {"draft": self._draft_of_applicant()},
            "patient": self._things_of(self.patient, self.patient.user),
            "guardian": self._things_of(self.child, self.guardian.user),
            "caregiver": self._things_of(self.grown_up, self.caregiver.user),
        }
        theirs = factories.certification(self.stranger)
        self.foreign = {
            **self._things_of(theirs.patient, theirs.patient.user),
            "draft": factories.draft(self.stranger),
            "asked": factories.patient_request(theirs),
        }
        self.accounts = {
            "newcomer": factories.user(),
            "patient": self.patient.user,
            "caregiver": self.caregiver.user,
            "guardian": self.guardian.user,
            "applicant": self.applicant,
            "physician": self.physician.user,
            "delegate": factories.delegate(self.physician),
            **{group: factories.staff(group) for group in STAFF_GROUPS},
            "Administrator": factories.staff(is_superuser=True),
        }
        assert [role for role in self.accounts if role in STAFF] == [*STAFF]
        self._fill_the_lists()
        self._give_factors()
        self.clients = {
            "nobody": Client(),
            **{role: factories.client_for(account) for role, account in self.accounts.items()},
        }

    def _draft_of_applicant(self):
        made = certifications.start_draft(physician=None, questions=factories.questions(), by=self.applicant)
        for step, given in _answers_for_a_child().items():
            made = certifications.save_step(draft=made, step=step, answers=given, by=self.applicant)
        for kind in Letter.Kind:
            file = factories.letter_file()
            certifications.save_letter(draft=made, kind=kind, letter=factories.letter(), file=file, by=self.applicant)
        return made

    @staticmethod
    def _things_of(patient, account):
        signed = patient.certifications.get()
        order = factories.order(patient, by=account)
        token = factories.card(patient).token
        with unguarded():
            asked = SelfAssessment.objects.create(
                patient=patient, order=order, cause="reorder", asked_at=timezone.now()
            )
        return {"signed": signed, "order": order, "token": token, "person": patient.number, "assessment": asked}

    def _run_of(self, driver, order):
        manager = self.accounts["Manager"]
        return deliveries.make_run(window=order.window, orders=[order], driver=driver, by=manager)

    def _give_factors(self):
        """Give everybody an authenticator app and recovery codes, and another person a passkey."""
        for account in self.accounts.values():
            with_codes(with_totp(account))
        self.foreign["passkey"] = with_passkey(factories.user()).authenticator_set.get().pk

    def _fill_the_lists(self):
        pharmacist, manager = self.accounts["Pharmacist"], self.accounts["Manager"]
        self.letters_of = self.own["guardian"]["signed"]
        factories.confirm(self.own["patient"]["order"], by=pharmacist)
        self.own["Driver"] = {"run": self._run_of(self.accounts["Driver"], self.own["patient"]["order"])}
        self.foreign["run"] = self._run_of(factories.staff("Driver"), self.foreign["order"])
        self.product = factories.product()
        deliveries.set_photo(product=self.product, photo=_photo(), by=None)
        deliveries.record_allotment_entry(
            patient=self.patient,
            day=timezone.localdate(),
            amount_mg=1000,
            origin="counter",
            reason="Sold.",
            by=pharmacist,
        )
        deliveries.close_date(day=factories.next_wednesday(weeks=20), reason="Inventory", is_moving=False, by=manager)
        for asked in ("When do you open?", "Where do you deliver?"):
            receive_message(name="Lee", email="lee@example.org", message=asked, address="192.0.2.7", by=None)
        take_message(message=ContactMessage.objects.earliest("pk"), by=manager)
        accounts.report_renewed_registration(
            physician=self.stranger,
            kind="medical_license",
            number="1.034567",
            valid_through=timezone.localdate() + timedelta(days=200),
            by=self.stranger.user,
        )
        now = timezone.now()
        with unguarded():
            RosterImport.objects.create(
                kind="program",
                status="finished",
                file_name="roster.csv",
                is_dry_run=True,
                started_at=now,
                finished_at=now,
            )
            for things in (self.own["patient"], self.foreign):
                order = things["order"]
                waiting = WaitingEntry.objects.create(
                    window=order.window, patient=order.patient, orderer=order.placed_by
                )
                things["waiting"] = waiting.pk
            HandOver.objects.create(
                order=self.foreign["order"], run=self.foreign["run"], by=self.foreign["run"].driver, tip_cents=0,
                received_by="patient", card_checked=True, photo_id_checked=True, photo_id_kind="passport",
                id_number="X123", amount_due_cents=8000, cash_cents=8000, debit_cents=0, stated_at=now, recorded_at=now,
            )  # fmt: skip
            self._follow_the_delivery(HandOver.objects.get(), now)
            Bounce.objects.create(address="gone@example.org", kind="hard", first_at=now, last_at=now, stopped_at=now)
            LetterBatch.objects.create(count=1)
            TextConsent.objects.create(phone="+12035550142", words="I agree.", language="en", given="phone")
            TextReceived.objects.create(
                provider_id="1", phone="+12035550142", text="Hello?", meaning="other", needs_reading=True
            )
            MFAReset.objects.create(
                user=self.stranger.user, called_number=factories.phone(), reason="Lost.", token_digest="x" * 64,
                asked_by=self.accounts["Registrar"], asked_at=now, due_at=now + timedelta(days=1),
            )  # fmt: skip

    def _follow_the_delivery(self, handed, now):
        """Enter a refund, an item that came back, a report, and a unit: the rows alone."""
        line, manager = handed.order.lines.get(), self.accounts["Manager"]
        ReturnedItem.objects.create(
            order=handed.order, product=line.product, lot="LOT-1", quantity=1, waiting=1, carried_by=handed.by,
            taken_in_at=now, taken_in_by=self.accounts["Technician"],
        )  # fmt: skip
        HandOverCorrection.objects.create(
            hand_over=handed, line=line, kind="refund", quantity=1, corrected_before=0, bought_quantity=line.quantity,
            unit_price_cents=line.unit_price_cents, cents=100, method="cash", paid_date=timezone.localdate(),
            goods="kept", reason="Broken.", by=manager, entry_key=uuid4(),
        )  # fmt: skip
        ItemReport.objects.create(
            order=handed.order, line=line, what="other", words="Wrong.", by=handed.order.placed_by
        )
        lot = line.product.lots.get()
        pharmacist = Stated(days=10, pharmacist=self.accounts["Pharmacist"])
        units = make_units(handed.order, lot, 1, pharmacist, at=now, by=pharmacist.pharmacist)
        LabelPrint.objects.create(unit=units[0], batch=uuid4(), copy=1, kind="roll", at=now, by=pharmacist.pharmacist)
        PaperName.objects.create(user=pharmacist.pharmacist, full_name="Maria Lopez", entered_by=manager)
        Paper.objects.create(
            kind="log_csv", first_date=now, last_date=now, asked_by=manager, status="ready", made_at=now, size=1,
            digest="0" * 64,
        )  # fmt: skip
        self._report(units[0], now)
        self._propose_a_destruction(lot, manager)
        self._recall(lot, now)

    def _report(self, unit, now):
        """Send a report of a unit, with the answer that it is wrong: the rows alone."""
        file = ReportFile.objects.create(
            control_number="1", name="asap-1.dat", kind="dispensings", count=1, text="TH*4.2A~~", digest="0" * 64,
            status="error", made_at=now, next_try_at=now, sent_at=now, answered_at=now, tries=1,
        )  # fmt: skip
        record = ReportRecord.objects.create(
            unit=unit, kind="new", status="error", filled_date=timezone.localdate(), facts=FACTS, file=file,
            happened_at=now, due_at=now + timedelta(hours=1), problem="PAT07 is wrong.", sent_at=now,
        )  # fmt: skip
        ReportEntry.objects.create(file=file, record=record)
        ReportAttempt.objects.create(file=file, started_at=now, ended_at=now, outcome="sent")
        ReportAnswer.objects.create(
            received_at=now, text="TH*4.2A~~", digest="1" * 64, kind="03", file=file, errors="Delete not found",
            is_alarm=True,
        )  # fmt: skip

    def _propose_a_destruction(self, lot, by):
        made = Destruction.objects.create(
            method="burnt", place="Milford", weight_mg=3500, proposed_by=by, entry_key=uuid4()
        )
        DestroyedItem.objects.create(destruction=made, lot=lot, quantity=1, source="quarantine")

    def _recall(self, lot, now):
        """Ask everybody about a recalled lot: the rows alone."""
        words = {"reason": "It may hold mold.", "instructions": "Do not use it."}
        recall = Recall.objects.create(
            lot_number=lot.number, started_at=now, started_by=self.accounts["Manager"], **words
        )
        RecalledLot.objects.create(recall=recall, lot=lot, quarantined=0)
        for things in (*(self.own[role] for role in ("patient", "guardian", "caregiver")), self.foreign):
            patient = things["signed"].patient
            things["recall"] = RecalledPerson.objects.create(recall=recall, patient=patient, way="email", told_at=now)


def _answers_for_a_child():
    born = date(2014, 3, 9)
    return {
        "profile": factories.profile(first_name="Ida", last_name="Moss", birth_date=born, email="", has_no_email=True),
        "condition": factories.condition(condition_codes=["severe-epilepsy"]),
        "caregiver": factories.caregiver(last_name="Moss"),
    }


def _draft_for_a_child(physician):
    """Return a draft with every step and both letters."""
    return factories.draft(physician, **_answers_for_a_child())


def _photo():
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "#3a6").save(made, "PNG")
    return SimpleUploadedFile("photo.png", made.getvalue())


def names(resolver=None, namespace=""):
    """Yield the name of every address of the portal, with its namespace."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name
        else:
            yield from names(pattern, pattern.namespace or namespace)
