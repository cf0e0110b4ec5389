"""The people of the demo, at least one for each role and state. The portal's own actions make them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from fpdf import FPDF

from accounts import actions as accounts
from accounts.backends import PortalBackend
from accounts.models import Physician, User
from certification import actions as certifications
from certification.models import Caregiver, Certification, Draft, Patient
from certification.rules import still_to_affirm
from certification.statements import ATTESTATIONS, CAREGIVER_AFFIRMATIONS, PATIENT_AFFIRMATIONS, QUESTIONS
from certification.steps import guardian_of, is_minor
from delivery import actions as deliveries
from delivery.demo_products import PRODUCTS, lots_of
from delivery.models import DeliveryWindow, Order, Product
from delivery.rules import LotDetails, bookable_windows, policy_on
from dispensing.actions import enter_paper_name
from pages import demo_delivered

PASSWORD = "quiet-harbor-lantern"  # noqa: S105  of demo accounts only; `seed_demo` prints it


Answers = dict[str, Any]  # of one step of a draft, as its form cleans them


@dataclass(frozen=True)
class Person:
    role: str
    email: str
    about: str
    dea_number: str = ""
    ssn_last_four: str = ""
    password: str = PASSWORD
    full_name: str = ""  # of staff

    @property
    def first_name(self) -> str:
        return self.full_name.partition(" ")[0]


PEOPLE = [
    Person("Physician", "amara.osei@portal.example", "Meets all five requirements; has patients", "AO1234563", "4821"),
    Person("Physician", "ben.carver@portal.example", "On the roster, not identified yet", "BC2345672", "7350"),
    Person("Physician", "clara.novak@portal.example", "State registration has ended", "FN3456781", "1964"),
    Person("Applicant", "edith.frost@portal.example", "Waits to be verified; prepares a patient", "BF4567890", "2468"),
    Person("Delegate", "dana.reyes@portal.example", "Prepares patients for Dr. Osei, never signs"),
    Person("Patient", "rosa.delgado@portal.example", "Certified; one order is placed, one is confirmed"),
    Person("Patient", "samuel.ortiz@portal.example", "20 days left"),
    Person("Patient", "theo.lang@portal.example", "Certification ended"),
    Person("Caregiver", "nora.hart@portal.example", "Guardian of Milo, 12, and orders for him; his letters are stored"),
    Person("Patient", "june.park@portal.example", "Invited: open the link in /mailbox/", password=""),
    Person("Patient", "", "Walter Quinn has no e-mail and no account: staff call him", password=""),
    Person("Registrar", "registrar@portal.example", "Staff: physicians and certifications", full_name="Ruth Baker"),
    Person("Pharmacist", "pharmacist@portal.example", "Staff: reviews orders", full_name="Paula Whitfield"),
    Person(
        "Technician",
        "technician@portal.example",
        "Staff: packs orders; receives and counts stock",
        full_name="Tim Okafor",
    ),
    Person("Driver", "driver@portal.example", "Staff: drives a run next Wednesday: My runs", full_name="Luis Moreno"),
    Person(
        "Manager", "manager@portal.example", "Staff: runs, windows, closures, terms, messages", full_name="Mary Sutton"
    ),
    Person(
        "Auditor",
        "auditor@portal.example",
        "Staff: opens every list and the audit trail, changes nothing",
        full_name="Alan Becker",
    ),
    Person("Administrator", "admin@portal.example", "Staff: every list and button; no medical data"),
]
STAFF = {"Registrar", "Pharmacist", "Technician", "Driver", "Manager", "Auditor"}

_ROSTER = {
    "amara.osei@portal.example": ("Amara", "Osei", "Elm Street Medicine", "12 Elm Street", "New Haven", "06510"),
    "ben.carver@portal.example": ("Ben", "Carver", "Harbor Family Practice", "8 Water Street", "Stamford", "06902"),
    "clara.novak@portal.example": ("Clara", "Novak", "Novak Neurology", "200 Main Street", "Hartford", "06106"),
}


def rows() -> list[dict[str, str]]:
    """Return the table of demo people as dicts, without the names of staff."""
    return [{name: value for name, value in asdict(person).items() if name != "full_name"} for person in PEOPLE]


def _person(email: str) -> Person:
    """Return the row of PEOPLE with this address."""
    return next(person for person in PEOPLE if person.email == email)


def is_seeded() -> bool:
    return User.objects.filter(email=PEOPLE[0].email).exists()


@transaction.atomic
def seed() -> int:
    """Make all demo people in one transaction: a seed that was cut off leaves nothing behind; return how many."""
    today = timezone.localdate()
    with _days_ago(40):
        _fill_the_menu(today)
    for day in (timezone.localdate(demo_delivered.ordered_at()), today):
        deliveries.make_windows(today=day, by=None)
    users = {person.email: _account(person) for person in PEOPLE if person.password}
    physicians = {email: _on_roster(email) for email in _ROSTER}
    osei = _identify("amara.osei@portal.example", users)
    _identify("clara.novak@portal.example", users)
    dana = users["dana.reyes@portal.example"]
    accounts.name_delegate(physician=osei, email=dana.email, by=osei.user)
    accounts.activate_delegations(user=dana, by=dana)
    _certify_everybody(osei, users)
    _prepare(_profile("Omar", "Haddad", "1966-08-21", 149), physician=osei, by=dana)
    _apply(users["edith.frost@portal.example"])
    return len(users) + len(physicians)


@contextmanager
def _days_ago(days: int) -> Iterator[None]:
    """Let the actions inside believe that it is so many days ago."""
    with demo_delivered.at(timezone.now() - timedelta(days=days)):
        yield


def _fill_the_menu(today: date) -> None:
    for fields in PRODUCTS:
        product = deliveries.save_product(by=None, **{name: fields[name] for name in fields if name != "stock"})
        for lot in lots_of(fields, today=today):
            details = LotDetails(**lot.details) if lot.details else None
            deliveries.receive_stock(product=product, quantity=lot.quantity, lot=lot.number, details=details, by=None)


def _account_of(physician: Physician) -> User:
    """Return the account of a physician whom `_identify` has bound to it."""
    assert physician.user is not None
    return physician.user


def _account(person: Person) -> User:
    groups = [person.role] if person.role in STAFF else []
    is_administrator = person.role == "Administrator"
    user = accounts.create_user(
        email=person.email,
        password=person.password,
        groups=groups,
        first_name=person.first_name,
        is_staff=bool(groups) or is_administrator,
        is_superuser=is_administrator,
        by=None,
    )
    if person.full_name:
        enter_paper_name(user=user, full_name=person.full_name, by=None)
    return user


def _on_roster(email: str) -> Physician:
    first_name, last_name, practice, street, city, zip_code = _ROSTER[email]
    person = _person(email)
    number = PEOPLE.index(person) + 1
    today = timezone.localdate()
    ends = {kind: today + timedelta(days=200 + 40 * number) for kind in ("medical_license", "dea")}
    ends["controlled_substance"] = today - timedelta(days=9) if last_name == "Novak" else today + timedelta(days=460)
    numbers = {
        "medical_license": f"1.{34560 + number:06d}",
        "controlled_substance": f"CSP.{45670 + number:07d}",
        "dea": person.dea_number,
    }
    registrations = [
        {"kind": kind, "number": numbers[kind], "state": "CT", "expires_date": ends[kind], "source": "Program roster"}
        for kind in numbers
    ]
    registrations.append({"kind": "prescription_monitoring", "source": "Program roster"})
    return accounts.add_physician(
        first_name=first_name,
        last_name=last_name,
        dea_number=person.dea_number,
        ssn_last_four=person.ssn_last_four,
        email=email,
        phone=f"+1203555011{number}",
        practice_name=practice,
        practice_street=street,
        practice_city=city,
        practice_state="CT",
        practice_zip=zip_code,
        registrations=registrations,
        by=None,
    )


def _identify(email: str, users: Mapping[str, User]) -> Physician:
    person = _person(email)
    accounts.identify_physician(
        dea_number=person.dea_number, ssn_last_four=person.ssn_last_four, address=None, by=users[email]
    )
    return Physician.objects.select_related("user").get(email=email)


def _certify_everybody(osei: Physician, users: Mapping[str, User]) -> None:
    today = timezone.localdate()
    with _days_ago(40):
        rosa = _certify(osei, _profile("Rosa", "Delgado", "1986-04-28", 142), ["cancer"])
        _join(rosa, users["rosa.delgado@portal.example"])
    ends = today + timedelta(days=21)  # the certification is valid through the day before
    with _days_ago((today - _a_year_before(ends)).days):
        samuel = _certify(osei, _profile("Samuel", "Ortiz", "1958-11-03", 143), ["parkinsons-disease"])
        _join(samuel, users["samuel.ortiz@portal.example"])
    with _days_ago(380):
        theo = _certify(osei, _profile("Theo", "Lang", "1971-07-19", 144), ["multiple-sclerosis"])
        _join(theo, users["theo.lang@portal.example"])
    with _days_ago(90):
        milo = _profile("Milo", "Hart", f"{today.year - 12}-02-11", 145, email="", has_no_email=True)
        nora = _profile("Nora", "Hart", "1984-09-30", 145) | {"relationship": "parent", "need": "Milo is a minor."}
        patient = _certify(osei, milo, ["severe-epilepsy"], caregiver=nora)
        milo_hart = patient
        _join(patient.assignments.get().caregiver, users["nora.hart@portal.example"])
    with _days_ago(3):
        _certify(osei, _profile("June", "Park", "1990-12-05", 146), ["crohns-disease"])
        _certify(osei, _profile("Walter", "Quinn", "1941-05-22", 147, email="", has_no_email=True), ["glaucoma"])
    _issue_cards()
    _begin_a_draft(osei)
    with demo_delivered.at(demo_delivered.ordered_at()):
        delivered = _order(samuel, weeks=0, confirmed=True, line=(Product.objects.get(sku="FL-HARBOR-35"), 2))
    demo_delivered.deliver(delivered, users)
    first = _order(rosa, weeks=0, confirmed=True)
    _order(rosa, weeks=1, confirmed=False)
    packed = [
        _order(samuel, weeks=0, confirmed=True),
        _order(milo_hart, weeks=0, confirmed=True, by=users["nora.hart@portal.example"]),
    ]
    demo_delivered.assess(packed[0])
    _plan_a_run(first, packed, users)


def _issue_cards() -> None:
    """Issue a card to every certified patient and their caregivers; replace Samuel's card, which was lost."""
    today = timezone.localdate()
    for certification in Certification.objects.valid_on(today).select_related("patient"):
        assignment = certification.patient.current_assignment
        people: list[Patient | Caregiver] = [certification.patient]
        people += [assignment.caregiver] if assignment else []
        for person in people:
            card = certifications.card_of(person=person, by=None)
            if person.first_name == "Samuel":
                certifications.revoke_card(card=card, reason="lost", by=None)
                certifications.card_of(person=person, by=None)


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _profile(first_name: str, last_name: str, birth_date: str, phone: int, **over: Any) -> Answers:
    return {
        "first_name": first_name,
        "last_name": last_name,
        "birth_date": datetime.fromisoformat(birth_date).date(),
        "sex": "U",
        "street": f"{phone - 100} Orange Street",
        "city": "New Haven",
        "zip_code": "06510",
        "email": f"{first_name}.{last_name}@portal.example".lower(),
        "has_no_email": False,
        "phone": f"+12035550{phone}",
        "has_legal_capacity": True,
        **over,
    }


def _certify(
    physician: Physician, profile: Answers, conditions: list[str], caregiver: Answers | None = None
) -> Patient:
    day = timezone.localdate()
    steps = {
        "profile": profile,
        "condition": {"condition_codes": conditions, "exam_date": day, "monitoring_reviewed_date": day},
        "caregiver": caregiver,
    }
    steps["statement"] = {
        **dict.fromkeys(ATTESTATIONS, True),
        "explained_to": guardian_of(steps, today=day),
        "monthly_allotment_oz": Decimal("3.50"),
        "directions": "",
    }
    account = _account_of(physician)
    draft = _start(physician, by=account)
    for step, answers in steps.items():
        if answers is not None:
            certifications.save_step(draft=draft, step=step, answers=answers, by=account)
    if is_minor(steps, today=day):
        _add_letters(draft, day, by=account)
    return certifications.sign_draft(draft=draft, signature_name=physician.name, by=account).patient


def _add_letters(draft: Draft, day: date, *, by: User) -> None:
    writers = (("primary_care", "Lena Fischer", "1.051122"), ("specialist", "Ravi Menon", "1.048811"))
    for kind, writer, licence in writers:
        page = FPDF()
        page.add_page()
        page.set_font("helvetica", size=12)
        page.multi_cell(0, 8, f"To whom it may concern\n\nI support this certification.\n\n{writer}, M.D., {licence}")
        certifications.save_letter(
            draft=draft,
            kind=kind,
            letter={"writer": writer, "licence": licence, "letter_date": day},
            file=ContentFile(bytes(page.output())),
            by=by,
        )


def _join(person: Patient | Caregiver, account: User) -> None:
    invitation = person.invitations.latest("pk")
    certifications.accept_invitation(invitation=invitation, birth_date=person.birth_date, by=account)
    person.refresh_from_db()
    for role in still_to_affirm(person):
        sentences = PATIENT_AFFIRMATIONS if isinstance(role, Patient) else CAREGIVER_AFFIRMATIONS
        certifications.affirm(role=role, affirmed=list(sentences), by=account)


def _start(physician: Physician | None, *, by: User) -> Draft:
    return certifications.start_draft(physician=physician, questions=dict.fromkeys(QUESTIONS, True), by=by)


def _begin_a_draft(physician: Physician) -> None:
    account = _account_of(physician)
    draft = _start(physician, by=account)
    certifications.save_step(
        draft=draft, step="profile", answers=_profile("Ines", "Moreau", "1979-03-14", 148), by=account
    )


def _prepare(profile: Answers, *, physician: Physician | None, by: User) -> None:
    """Prepare a draft that lacks only the statement and the signature."""
    day = timezone.localdate()
    steps = {
        "profile": profile,
        "condition": {"condition_codes": ["cancer"], "exam_date": day, "monitoring_reviewed_date": day},
        "caregiver": None,
    }
    draft = _start(physician, by=by)
    for step, answers in steps.items():
        draft = certifications.save_step(draft=draft, step=step, answers=answers, by=by)


def _apply(applicant: User) -> None:
    person = _person(applicant.email)
    accounts.apply_as_physician(
        first_name="Edith",
        last_name="Frost",
        dea_number=person.dea_number,
        ssn_last_four=person.ssn_last_four,
        license_number="1.034571",
        csp_number="CSP.0045681",
        npi="1234567893",
        phone="+12035550119",
        practice_name="Frost Family Medicine",
        practice_street="3 Hill Street",
        practice_city="Milford",
        practice_state="CT",
        practice_zip="06460",
        by=applicant,
    )
    _prepare(_profile("Greta", "Sands", "1962-02-17", 150), physician=None, by=applicant)


def _plan_a_run(first: Order, packed: list[Order], users: Mapping[str, User]) -> None:
    """Pack two of the orders, and put all of them into a run of the demo driver."""
    for order in packed:
        deliveries.pack_order(order=order, by=users["technician@portal.example"])
    assert first.window is not None
    deliveries.make_run(
        window=first.window,
        orders=[first, *packed],
        driver=users["driver@portal.example"],
        vehicle="Van 1",
        by=users["manager@portal.example"],
    )


def _order(
    patient: Patient, *, weeks: int, confirmed: bool, by: User | None = None, line: tuple[Product, int] | None = None
) -> Order:
    """Place an order of the patient for the first window, or so many weeks later; without a line, of one tincture."""
    patient = Patient.objects.get(pk=patient.pk)
    account = by or (patient.user_id and PortalBackend().get_user(patient.user_id))
    assert account, "only a patient who has joined orders"
    policy = policy_on(timezone.localdate())
    windows = bookable_windows(now=timezone.now(), policy=policy)
    day = windows[0].date + timedelta(weeks=weeks)
    window = DeliveryWindow.objects.get(date=day, starts=windows[0].starts)
    product, quantity = line or _enough_of_one_tincture(policy.minimum_cents)
    deliveries.set_line(patient=patient, product=product, quantity=quantity, by=account)
    order = deliveries.place_order(
        patient=patient,
        window=window,
        address={
            "street": patient.street,
            "unit": patient.unit,
            "city": patient.city,
            "zip_code": patient.zip_code,
            "phone": patient.phone,
            "is_residence": True,
        },
        payment_method="cash",
        seen_cents=quantity * product.price_cents,
        idempotency_key=uuid4(),
        by=account,
    )
    if confirmed:
        pharmacist = User.objects.get(email="pharmacist@portal.example")
        deliveries.confirm_order(order=order, monitoring_reviewed_date=timezone.localdate(), by=pharmacist)
        days = {line.pk: line.product.days_supply for line in order.lines.select_related("product")}
        deliveries.state_days(order=order, days=days, by=pharmacist)
    return order


def _enough_of_one_tincture(minimum_cents: int) -> tuple[Product, int]:
    tincture = Product.objects.filter(form="tincture", stock__gt=10).latest("price_cents")
    return tincture, -(-minimum_cents // tincture.price_cents)
