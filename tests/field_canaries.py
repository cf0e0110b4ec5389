"""Canaries in each field of a patient that tests/fields.py names, and which of them a text holds."""

import re
from dataclasses import is_dataclass
from datetime import date

from django.db.models import Model
from django.utils import timezone
from django.utils.timezone import localdate
from fpdf import FPDF

from certification import actions as certifications
from certification.models import (
    Amendment,
    Caregiver,
    CaregiverAssignment,
    Certification,
    Letter,
    Patient,
    PatientRequest,
)
from delivery.models import HandOver, Order
from dispensing import asap
from dispensing.actions import ask_paper, make_papers
from dispensing.models import DispensedUnit, ReportFile, ReportRecord
from dispensing.papers.stored import WRITERS
from dispensing.rules.facts import dispensing_of, facts_of
from dispensing.rules.reports import dispenser_of
from notifications.models import LetterBatch, Notification
from tests import factories

CONDITION = "tourette-syndrome"
# The value of each field, in every spelling that pages, papers and mails may use.
CANARIES = {
    "condition": ["Tourette", CONDITION],
    "statement": ["Canary Told", "canary told"],
    "directions": ["Canary directions"],
    "notes": ["Canary note"],
    "letters": ["Canary Writer", "Canary letter"],
    "birth date": ["Feb. 3, 1961", "February 3, 1961", "1961-02-03", "02/03/1961", 'value="1961"', "Feb. 3, 2014",
                   "Feb 3, 1961", "Feb 3, 2014", "19610203", "20140203", "<v>22315</v>", "<v>41673</v>",
                   "February 3, 2014", "2014-02-03", "02/03/2014", 'value="2014"', "3 de febrero de"],
    "address": ["77 Canary Lane"],
    "phone": ["2035559911"],
}  # fmt: skip
PHONE = "+12035559911"


def _letter():
    """Return a PDF whose text is a canary."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica")
    pdf.cell(text="Canary letter")
    return bytes(pdf.output())


LETTER = _letter()
HOME = {"birth_date": date(1961, 2, 3), "street": "77 Canary Lane", "phone": PHONE}
OF_A_SAMPLE = {
    Patient: HOME,
    Caregiver: {"street": "77 Canary Lane"},
    Order: {"street": "77 Canary Lane", "phone": PHONE},
    Certification: {
        "condition_codes": [CONDITION], "directions": "Canary directions", "explained_to": "Canary Told",
        "allotment_reason": "Canary note", "ended_reason": "Canary note",
    },
    PatientRequest: {"words": "Canary note"},
}  # fmt: skip


def fields_in(text):
    """Return the fields whose canary is in the text, in large or small letters."""
    plain = " ".join(text.split()).casefold()
    digits = re.sub(r"[\s().+-]", "", text)
    where = {name: digits if name == "phone" else plain for name in CANARIES}
    return {name for name, of in CANARIES.items() if any(canary.casefold() in where[name] for canary in of)}


def plant(made):
    """Put a canary into each field of the patients, the drafts and what was handed over, reported and written."""
    for patient in (made.patient, made.child, made.grown_up, made.foreign["signed"].patient):
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
    for role in ("physician", "applicant"):
        _plant_draft(made.own[role]["draft"], by=made.accounts[role])
    for letter in Letter.objects.all():
        letter.writer, letter.content, letter.content_type = "Canary Writer", LETTER, "application/pdf"
        letter.save()
    for asked in PatientRequest.objects.filter(patient=made.patient):
        asked.words = "Canary note"
        asked.save()
    Order.objects.filter(patient=made.patient).update(
        status=Order.Status.CONFIRMED, confirmed_at=asked.created_at, monitoring_reviewed_date=date(2026, 11, 1)
    )
    _plant_units(made)
    _plant_letters()


def _plant_draft(draft, *, by):
    """Type canaries into each step of a draft for a child."""
    home = {
        "birth_date": date(2014, 2, 3),
        "street": "77 Canary Lane",
        "phone": PHONE,
        "email": "",
        "has_no_email": True,
    }
    for step, answers in {
        "profile": factories.profile(first_name="Ida", last_name="Moss", **home),
        "condition": factories.condition(condition_codes=[CONDITION], directions="Canary directions"),
        "caregiver": factories.caregiver(last_name="Moss", need="Canary note"),
    }.items():
        draft = certifications.save_step(draft=draft, step=step, answers=answers, by=by)


def _plant_units(made):
    """Hand the unit over, report it, and make each paper of the day."""
    now = timezone.now()
    DispensedUnit.objects.update(place="patient", handed_over_at=now)
    unit, record = DispensedUnit.objects.get(), ReportRecord.objects.get()
    facts = facts_of(unit, HandOver.objects.select_related("order__certification__physician").get())
    record.facts = facts
    record.save()
    told = [dispensing_of(record.kind, facts, "99")]
    written = asap.write(told, dispenser=dispenser_of("MM0000001"), control_number="1", written_at=now, test=True)
    file = ReportFile.objects.get()
    file.text = written
    file.save()
    for kind in WRITERS:
        ask_paper(kind=kind, first=localdate(now), last=localdate(now), by=made.accounts["Manager"])
    assert make_papers(writers=WRITERS, by=None) == len(WRITERS)


def _plant_letters():
    """Put a letter about an order into the batch."""
    mail = Notification.objects.filter(kind="order_placed").first()
    mail.pk, mail.dedupe_key, mail.channel, mail.letter_batch = None, "a letter", "letter", LetterBatch.objects.get()
    mail.save()


def plant_in(words):
    """Put the canaries into the patients, orders and certifications among the words of a sample of a message."""
    if isinstance(words, dict):
        words = list(words.values())
    if isinstance(words, list | tuple):
        for word in words:
            plant_in(word)
    elif is_dataclass(words):
        plant_in(vars(words))
    elif isinstance(words, Model):
        for name, value in OF_A_SAMPLE.get(type(words), {}).items():
            setattr(words, name, value)
        plant_in(words._state.fields_cache)
