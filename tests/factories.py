"""People and things of the portal, made by calling its actions.

Each call makes somebody new. Fields that the caller leaves out get believable and valid values.
"""

import io
import itertools
import time
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from uuid import uuid4

import pypdf
import time_machine
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.backends import PortalBackend
from accounts.models import Physician
from accounts.rules import CallBack, Seen
from certification import actions as certifications
from certification.models import Caregiver, CaregiverAssignment, Certification, Draft, Letter, Patient
from certification.rules import still_to_affirm
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS, QUESTIONS
from certification.steps import answers_of, guardian_of, is_minor
from delivery import actions as deliveries
from delivery import rules as delivery_rules
from delivery.models import DeliveryWindow, Order
from tests import guard

PASSWORD = "correct horse battery staple"  # noqa: S105
SSN_LAST_FOUR = "1234"
_count = itertools.count(1)
_people = 0


def begin_a_test(already=0):
    """Start the birth dates again: the first patient of a test is born on April 28, 1980, the others on other days.

    `already` people were made before the test began.
    """
    global _people
    _people = already


def people():
    """Return how many birth dates have been given since the test began, and before it."""
    return _people


def birth_date():
    """Return a birth date that nobody has yet."""
    global _people
    _people += 1
    return date(1980, 4, 28) - timedelta(days=_people - 1)


def dea_number(sequence=None, prefix="BT"):
    """Return the DEA number of a practitioner with a right check digit."""
    digits = [int(char) for char in f"{sequence or next(_count):06d}"]
    return f"{prefix}{''.join(map(str, digits))}{(sum(digits[0::2]) + 2 * sum(digits[1::2])) % 10}"


def phone():
    """Return a new phone number, of another area code than the numbers in the tests."""
    return f"+1860555{next(_count) % 10_000:04d}"


# --- Accounts -------------------------------------------------------------------------------------------------------


def user(email=None, **flags):
    made = accounts.create_user(email=email or f"person{next(_count)}@example.org", password=PASSWORD, by=None, **flags)
    return PortalBackend().get_user(made.pk)


def staff(*groups, **flags):
    return user(groups=list(groups), is_staff=True, **flags)


def registrations(**over):
    """Return the four registrations of a physician. `over` changes fields by kind; None leaves a kind out."""
    until = timezone.localdate() + timedelta(days=365)
    kinds = {
        "medical_license": {"number": f"1.{next(_count):06d}", "state": "CT", "expires_date": until},
        "controlled_substance": {"number": f"CSP.{next(_count):07d}", "state": "CT", "expires_date": until},
        "dea": {"number": "as above", "state": "CT", "schedules": "22N 33N4 5", "expires_date": until},
        "prescription_monitoring": {},
    }
    return [
        {"kind": kind, "source": "roster", **fields, **over.get(kind, {})}
        for kind, fields in kinds.items()
        if over.get(kind, {}) is not None
    ]


def physician(*, registrations_over=None, **over):
    """Return a physician on the roster who meets the five requirements and has no account yet."""
    fields = {
        "first_name": "Amara",
        "last_name": f"Osei{'abcdefghij'[next(_count) % 10]}",
        "dea_number": dea_number(),
        "npi": "1234567893",
        "email": f"doctor{next(_count)}@example.org",
        "phone": phone(),
        "practice_name": "Elm Street Medicine",
        "practice_street": "12 Elm Street",
        "practice_city": "New Haven",
        "practice_state": "CT",
        "practice_zip": "06510",
        **over,
    }
    return accounts.add_physician(
        ssn_last_four=SSN_LAST_FOUR, registrations=registrations(**(registrations_over or {})), by=None, **fields
    )


def identified_physician(**over):
    """Return a physician who has an account and has identified."""
    made = physician(**over)
    account = user(made.email)
    accounts.identify_physician(
        dea_number=made.dea_number, ssn_last_four=SSN_LAST_FOUR, address="127.0.0.1", by=account
    )
    made.refresh_from_db()
    made.user = PortalBackend().get_user(account.pk)
    return made


def delegate(of):
    """Return the account of a delegate whom the physician `of` has named and who has signed in since."""
    account = user()
    accounts.name_delegate(physician=of, email=account.email, by=of.user)
    accounts.activate_delegations(user=account, by=account)
    return PortalBackend().get_user(account.pk)


def client_for(account, *, identified=True):
    """Return a signed-in client that has just re-authenticated; a physician has identified in this session."""
    client = Client(raise_request_exception=True)
    account = get_user_model().objects.get(pk=account.pk)
    client.force_login(account, backend="accounts.backends.PortalBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(account.pk)
    if identified and hasattr(account, "physician"):
        session["identified"] = account.physician.pk
    session.save()
    return client


def claims(**over):
    """Return what an applicant types whom the roster does not know."""
    return {
        "first_name": "Tova",
        "last_name": "Tal",
        "dea_number": dea_number(),
        "ssn_last_four": SSN_LAST_FOUR,
        "license_number": "1.034567",
        "csp_number": "CSP.0012345",
        "npi": "1245319599",
        "practice_name": "Harbor Clinic",
        "practice_street": "1 Water Street",
        "practice_city": "Stamford",
        "practice_state": "CT",
        "practice_zip": "06902",
        "phone": phone(),
        **over,
    }


def application(of=None, **over):
    """Return an application that waits for the decision."""
    return accounts.apply_as_physician(**claims(**over), by=of or user())


def looked_up(of, by, **over):
    """Let staff enter the three registrations with an end date, and call the applicant back; return the application."""
    until = timezone.localdate() + timedelta(days=300)
    fields = {"valid_through": until, "source": "eLicense", **over}
    fields["matches"] = fields.get("is_active", True) and not fields.get("is_limited", False)
    kinds = [proof.kind for proof in of.proofs.exclude(kind="prescription_monitoring")]
    accounts.look_up_application(application=of, seen=[Seen(kind, **fields) for kind in kinds], call=None, by=by)
    called_back(of, by)
    return of


def called_back(of, by, *, number=None, source="NPI registry"):
    """Let staff call the applicant at the number on the roster, or else at a number of a public register."""
    known = Physician.objects.filter(Q(dea_number=of.dea_number) | Q(npi=of.npi)).first()
    number = number or (known.phone if known else phone())
    call = CallBack(str(number), source)
    accounts.look_up_application(application=of, seen=[], call=call, by=by)


# --- Certification --------------------------------------------------------------------------------------------------


def profile(**over):
    return {
        "first_name": "Rosa",
        "middle_name": "",
        "last_name": "Delgado",
        "suffix": "",
        "birth_date": over.get("birth_date") or birth_date(),
        "sex": "F",
        "street": "40 Orange Street",
        "unit": "",
        "city": "New Haven",
        "zip_code": "06510",
        "email": f"patient{next(_count)}@example.org",
        "has_no_email": False,
        "phone": phone(),
        "has_legal_capacity": True,
        **over,
    }


def condition(**over):
    today = timezone.localdate()
    return {"condition_codes": ["cancer"], "exam_date": today, "monitoring_reviewed_date": today, **over}


def questions():
    """Return the confirmed questions that an office answers before it registers a patient."""
    return dict.fromkeys(QUESTIONS, True)


def statement(**over):
    amount = {"monthly_allotment_oz": Decimal("3.50"), "allotment_reason": "A careful first amount."}
    return {**dict.fromkeys(ATTESTATIONS, True), **amount, "directions": "", **over}


def caregiver(**over):
    return profile(
        **{"first_name": "Elena", "birth_date": date(1975, 1, 2), "relationship": "parent", "need": "Drives.", **over}
    )


def patient_request(of, kind="follow_up", words=""):
    """Return a request of the patient of this certification to the office."""
    return certifications.ask_office(certification=of, kind=kind, words=words, by=of.patient.user)


def draft(of=None, **steps):
    """A draft with every step saved (`profile=` and so on replace); a minor's with letters, unless `letters=False`."""
    of = of or identified_physician()
    made = certifications.start_draft(physician=of, questions=questions(), by=of.user)
    answers = {
        "profile": profile(),
        "condition": condition(),
        "caregiver": None,
        "statement": statement(),
        **steps,
    }
    if answers["statement"] and answers["profile"]:
        explained = guardian_of(answers, today=timezone.localdate())
        answers["statement"] = {"explained_to": explained, **answers["statement"]}
    wanted_letters = answers.pop("letters", True)
    for step, given in answers.items():
        if given is not None:
            made = certifications.save_step(draft=made, step=step, answers=given, by=of.user)
    if wanted_letters and answers["profile"] and is_minor(answers, today=timezone.localdate()):
        for kind in Letter.Kind:
            certifications.save_letter(draft=made, kind=kind, letter=letter(), file=letter_file(), by=of.user)
        made.refresh_from_db()
    return made


def draft_of_a_child(of=None):
    """A draft with every step and both letters."""
    born = timezone.localdate() - timedelta(days=3000)
    return draft(
        of,
        profile=profile(birth_date=born, email="", has_no_email=True),
        condition=condition(condition_codes=["severe-epilepsy"]),
        caregiver=caregiver(),
    )


def reviewed_draft(of=None, **steps):
    """A draft that the physician has looked over and attested, to be signed with others."""
    made = draft(of, statement=None, **steps)
    account = made.physician.user
    made = certifications.save_step(draft=made, step="caregiver", answers=steps.get("caregiver"), by=account)
    explained = {"explained_to": guardian_of(answers_of(made.answers), today=timezone.localdate())}
    return certifications.review_draft(draft=made, answers={"statement": {**explained, **statement()}}, by=account)


def renewal_draft(of, **over):
    """The renewal of that certification as its office prepares it; `over` changes the condition."""
    return certifications.prepare_renewal(
        draft=Draft.objects.renewing(of), questions=questions(), condition=condition(**over), by=of.physician.user
    )


def letter(**over):
    return {"writer": "Ines Moreau", "licence": "1.012345", "letter_date": timezone.localdate(), **over}


def letter_file(content=None, name="letter.pdf"):
    """Return an uploaded letter: `content`, or the smallest PDF with one page."""
    return SimpleUploadedFile(name, one_page_pdf() if content is None else content)


@cache
def one_page_pdf():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=72, height=72)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def certification(of=None, *, on=None, joined=True, **steps):
    """Return a certification signed on the day `on` (today); `joined` gives the patient an affirmed account."""
    of = of or identified_physician()
    noon = on and f"{on.isoformat()}T17:00:00+00:00"
    with time_machine.travel(noon, tick=False) if noon else nullcontext():
        made = certifications.sign_draft(draft=draft(of, **steps), signature_name=of.name, by=of.user)
        if joined and made.patient.invitations.exists():  # a guardian joins in the place of a child
            join(made.patient)
    return made


def copies(of, count, **over):
    """As many certifications as `of`, each of another patient, in two statements; `over` changes the rows.

    Their ids are far above those that drafts get in a test.
    """
    number = [f"{next(_count):08d}" for _ in range(count)]
    with guard.unguarded():
        people = Patient.objects.bulk_create(
            _copy(of.patient, number=f"P-{each}", user=None, phone=phone()) for each in number
        )
        return Certification.objects.bulk_create(
            _copy(of, pk=1_000_000_000 + int(each), number=f"C-{each}", uuid=uuid4(), patient=person, **over)
            for each, person in zip(number, people, strict=True)
        )


def copies_of_caregiver(assignment, patients):
    """Give each of these patients an affirmed caregiver like that of `assignment`, without an account."""
    begun = {"relationship": assignment.relationship, "started_date": assignment.started_date}
    with guard.unguarded():
        people = Caregiver.objects.bulk_create(
            _copy(assignment.caregiver, number=f"G-{next(_count):08d}", user=None, phone=phone())
            for _patient in patients
        )
        CaregiverAssignment.objects.bulk_create(
            CaregiverAssignment(patient=patient, caregiver=person, affirmed_at=timezone.now(), **begun)
            for patient, person in zip(patients, people, strict=True)
        )


def _copy(row, **over):
    fields = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    made = type(row)(**fields)
    for name, value in over.items():
        setattr(made, name, value)
    return made


def join(person):
    """Let the invited patient or caregiver make an account, confirm the birth date and affirm; return the person."""
    account = user(person.email)
    invitation = person.invitations.latest("pk")
    certifications.accept_invitation(invitation=invitation, birth_date=person.birth_date, by=account)
    person.refresh_from_db()
    affirm_all(person)
    return person


def join_as_a_child(patient):
    """Give a child an account, as children got one before codes and links went to guardians alone; return the child."""
    with guard.unguarded():
        patient.user = user()
        patient.save(update_fields=["user"])
    affirm_all(patient)
    return patient


def affirm_all(person):
    for role in still_to_affirm(type(person).objects.get(pk=person.pk)):
        sentences = PATIENT_AFFIRMATIONS if isinstance(role, Patient) else CAREGIVER_AFFIRMATIONS
        certifications.affirm(role=role, affirmed=list(sentences), by=person.user)
    person.refresh_from_db()


def card(of=None):
    """Return the valid card of the patient or caregiver `of` (a new patient)."""
    return certifications.card_of(person=of or patient(), by=None)


def patient(**over):
    """Return a certified patient with an affirmed account; `over` changes the profile."""
    return certification(profile=profile(**over)).patient


# --- Delivery -------------------------------------------------------------------------------------------------------


def product(*, stock=50, amount_mg=None, **over):
    """Return a product in stock. `amount_mg` is its weight; without it, its 250 mg of THC count as 1 g of flower."""
    fields = {
        "sku": f"SKU-{next(_count)}",
        "name": "Harbor Mist Tincture",
        "form": "tincture",
        "price_cents": 4000,
        "weight_mg": amount_mg,
        "thc_mg": 250,
        "cbd_mg": 0,
        "is_inhaled": False,
        "is_active": True,
        "report_code": "99999000101",
        **over,
    }
    made = deliveries.save_product(by=None, **fields)
    if stock:
        deliveries.receive_stock(product=made, quantity=stock, lot="LOT-1", details=lot_details(), by=None)
        made.refresh_from_db()
    return made


def lot_details(**over):
    """Return what the label of a lot says; it is good for a year."""
    said = {"producer": "Shoreline Growers", "thc_mg": 250, "cbd_mg": 0}
    ends = timezone.localdate() + timedelta(days=365)
    return delivery_rules.LotDetails(**{**said, "expires_date": ends, **over})


def next_wednesday(weeks=0):
    """Return the first Wednesday for which an order can be placed now, or the one `weeks` later."""
    day = timezone.localdate() + timedelta(days=2)
    return day + timedelta(days=(2 - day.weekday()) % 7 + 7 * weeks)


def window(day=None, *, starts="09:30"):
    """Return the window of `day` (the next Wednesday) that begins at `starts`, made from the policy."""
    day = day or next_wednesday()
    deliveries.make_windows(today=day - timedelta(days=1), by=None)
    return DeliveryWindow.objects.get(date=day, starts=starts)


def cart(of, *lines, by=None, caller=None):
    """Return a cart of the patient with these (product, quantity) pairs; two tinctures for $80 without any."""
    made = None
    for chosen, quantity in lines or [(product(), 2)]:
        made = deliveries.set_line(patient=of, product=chosen, quantity=quantity, by=by or of.user, caller=caller)
    return made


def address(**over):
    return {
        "street": "40 Orange Street",
        "unit": "",
        "city": "New Haven",
        "zip_code": "06510",
        "phone": "+12035550142",
        "is_residence": True,
        **over,
    }


def confirmed_order(*args, **over):
    """Return a confirmed order; the arguments are those of `order`."""
    return confirm(order(*args, **over), by=staff("Pharmacist"))


def packed_order(*args, **over):
    """Return a packed order; the arguments are those of `order`."""
    return deliveries.pack_order(order=confirmed_order(*args, **over), by=staff("Technician"))


def order(of=None, *, into=None, by=None, caller=None, lines=(), **over):
    """Return a placed order of the patient `of` (a new patient) for the window `into` (the next window)."""
    of = of or patient()
    by = by or of.user
    made = cart(of, *lines, by=by, caller=caller)
    seen = sum(line.total_cents for line in made.lines.all())
    return deliveries.place_order(
        **{
            "patient": of,
            "window": into or window(),
            "address": address(),
            "payment_method": Order.PaymentMethod.CASH,
            "seen_cents": seen,
            "idempotency_key": uuid4(),
            "by": by,
            "caller": caller,
            **over,
        }
    )


def confirm(order, *, by=None):
    """Confirm the order, of which a pharmacist has reviewed the monitoring program today; return it.

    The pharmacist states the days' supply of its lines, so that anybody may pack it.
    """
    by = by or staff("Pharmacist")
    order = deliveries.confirm_order(order=order, monitoring_reviewed_date=timezone.localdate(), by=by)
    return state_days(order, by=by if by.has_perm(delivery_rules.STATES_DAYS) else None)


def state_days(order, *, by=None):
    """State for each line of a confirmed order how many days one item lasts, as its product suggests; return it."""
    days = {line.pk: line.product.days_supply for line in order.lines.select_related("product")}
    return deliveries.state_days(order=order, days=days, by=by or staff("Pharmacist"))
