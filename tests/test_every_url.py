"""Every address of the portal, as nobody, as a stranger of each role, and as its owner. An undeclared one fails."""

from types import SimpleNamespace

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from tests import factories
from tests.delivery import people

pytestmark = pytest.mark.django_db

PUBLIC = {
    "pages:home", "pages:physicians", "pages:faq", "pages:delivery-info", "pages:quick-reference", "pages:contact",
    "pages:contact-done", "pages:privacy", "pages:terms", "pages:accessibility", "pages:livez", "pages:readyz",
    "certification:invitation", "certification:invitation-link", "certification:verify",
    "accounts:not-me", "accounts:not-me-link", "accounts:lost-phone", "accounts:reset-cancel", "accounts:reset-link",
    "accounts:main-address-link",
}  # fmt: skip
CHOICE = {"pages:language"}  # POST alone, for everybody: tests/test_spanish.py
LINKS = {
    "certification:invitation-link", "certification:verify", "accounts:not-me-link", "accounts:reset-link",
    "accounts:main-address-link",
}  # fmt: skip
METRICS = "pages:metrics"  # a token's and staff's, 404 to everybody else: tests/pages/test_metrics.py
PHOTO = "delivery:product-photo"  # for whoever has signed in; tests/delivery/test_photos.py
# Each signed-in person has a page of her own there: it shows what is hers, or leads on.
OWN = {
    "accounts:role", "accounts:physician-identify", "accounts:physician-apply", "accounts:second-way",
    "accounts:codes-kept", "accounts:main-address",
    "certification:affirmation", "certification:own-contact", "certification:card", "certification:card-pdf",
    "delivery:home", "delivery:product-list", "delivery:cart-line", "delivery:acting-for", "delivery:checkout",
    "delivery:order-list", "delivery:allotment", "delivery:phone-end", "delivery:record",
    "delivery:waiting-leave", PHOTO,
}  # fmt: skip
# For any physician or her office, who see only what is theirs.
OFFICE = {
    "accounts:physician",
    "accounts:delegate-list",
    "accounts:physician-renewed",
    "accounts:physician-leave",
    "accounts:physician-monitoring",
    "certification:patient-list",
    "certification:patient-csv",
    "certification:several",
    "certification:sign-all",
    "certification:due-list",
    "certification:certification-add",
}
# About one thing: its owner's alone, and nothing at all (404) to everybody else.
DRAFT = {f"certification:certification-{step}" for step in (
    "questions", "profile", "condition", "statement", "caregiver", "letters", "review", "sign", "discard", "duplicates",
    "take-over",
)}  # fmt: skip
SIGNED = {
    f"certification:certification-{step}"
    for step in (
        "confirmation", "renew", "renewal-letters",
        "withdraw", "invite", "code", "assign", "end-caregiver", "contact", "allotment",
        "identity", "close",
    )
}  # fmt: skip
LETTER = {"certification:certification-letter"}
# The same, and for staff with the right (a pharmacist); the certificate for the patient herself as well.
CERTIFICATE = {"certification:certification-certificate", "certification:certification-certificate-pdf"}
PAPERS = CERTIFICATE | {
    "certification:certification-card", "certification:certification-card-pdf", "certification:certification-card-lost",
}  # fmt: skip
ASK = "certification:certification-ask"  # the patient's, and who acts for her
MOVE = "certification:certification-move"  # likewise
ANSWERED = "certification:request-answered"  # the office's, POST alone
REFUSE = "certification:request-refuse"
ASKED = {ASK, MOVE, ANSWERED, REFUSE}
LEDGER = "delivery:allotment-of"  # the office's own, and for staff who may see entries
ORDER = {f"delivery:order-{page}" for page in ("detail", "cancel", "again", "move", "decline", "calendar")}
SIGNERS_ALONE = {f"certification:certification-{step}" for step in (
    "statement", "review", "sign", "withdraw", "take-over", "allotment", "identity", "close",
)}  # fmt: skip
PHYSICIANS_ALONE = {
    "accounts:physician-renewed", "accounts:physician", "accounts:physician-leave", "accounts:physician-monitoring",
    "accounts:delegate-list", "certification:sign-all",
}  # fmt: skip
# What does not simply open: the way it leads on, or the refusal of a GET.
PATIENT_IS_LED = {
    "accounts:second-way": "/accounts/2fa/",
    "accounts:codes-kept": 405,
    "certification:affirmation": "/home/",
    "delivery:acting-for": 405,
    "delivery:cart-line": "/delivery/",
    "delivery:checkout": "/delivery/",
    "delivery:order-again": 405,
    "delivery:phone-end": 405,
    "delivery:waiting-leave": 405,
    PHOTO: 404,
}
# allauth's pages of a state's sign-on: there once it is switched on (tests/accounts/test_sign_on.py).
SIGN_ON = {
    "socialaccount_connections": [],
    "socialaccount_signup": [],
    "socialaccount_login_cancelled": [],
    "socialaccount_login_error": [],
    "openid_connect_login": ["state"],
    "openid_connect_callback": ["state"],
}
OUR_NAMESPACES = {"pages", "accounts", "certification", "delivery"}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Made once; what a test writes is taken back before the next, and all of it at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield made()
        transaction.set_rollback(True)


def made():
    """Two physicians, two patients, one draft, one certification and one order of the first of each, and strangers."""
    mine, other = factories.identified_physician(), factories.identified_physician()
    certification = factories.certification(mine)
    caregiver, _child = people.guardian_of_a_child()
    return SimpleNamespace(
        physician=mine,
        other_physician=other,
        draft=factories.draft(mine),
        certification=certification,
        patient=certification.patient,
        other_patient=factories.patient(),
        order=factories.order(certification.patient),
        staff=factories.staff("Pharmacist"),
        asked=factories.patient_request(certification),
        delegate=factories.delegate(mine),
        other_delegate=factories.delegate(other),
        applicant=factories.application().user,
        caregiver=caregiver,
        technician=factories.staff("Technician"),
    )


def names(resolver=None, namespace=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}" if namespace else pattern.name
        elif pattern.namespace in OUR_NAMESPACES or pattern.namespace is None:
            yield from names(pattern, pattern.namespace or namespace)


def address_of(name, world):
    if name in DRAFT:
        return reverse(name, args=[world.draft.uuid])
    if name in SIGNED | PAPERS | {LEDGER}:
        return reverse(name, args=[world.certification.uuid])
    if name in (ASK, MOVE):
        return reverse(name, args=[world.certification.uuid])
    if name in (ANSWERED, REFUSE):
        return reverse(name, args=[world.asked.uuid])
    if name in LETTER:
        return reverse(name, args=[world.draft.uuid, "specialist"])
    if name in ORDER:
        return reverse(name, args=[world.order.number])
    if name == PHOTO:
        return reverse(name, args=["there-is-none"])
    if name == "accounts:physician-renewed":
        return reverse(name, args=["dea"])
    return reverse(name, args=["a-token"]) if name in LINKS else reverse(name)


def statuses(client, address):
    return {method: getattr(client, method)(address).status_code for method in ("get", "post")}


def leads_to_the_order(name, world):
    """What is only for later leads back to the order."""
    return {"delivery:order-decline": reverse("delivery:order-detail", args=[world.order.number])}.get(name)


def opened(response):
    """The status, or where it leads."""
    return response.headers.get("Location", response.status_code)


def office_is_led(name, world):
    if name == "certification:certification-duplicates":  # there is no second one of her name
        return reverse("certification:certification-profile", args=[world.draft.uuid])
    if name == "certification:certification-letters":  # an adult's draft has none
        return reverse("certification:certification-statement", args=[world.draft.uuid])
    if name == "certification:certification-renewal-letters":  # of an adult's renewal neither
        return reverse("certification:certification-renew", args=[world.certification.uuid])
    if name.removeprefix("certification:certification-") not in ("invite", "code", "end-caregiver"):
        return 200
    return reverse("certification:certification-confirmation", args=[world.certification.uuid])


def test_every_url_of_ours_is_declared():
    ours = {name for name in names() if name and name.split(":")[0] in OUR_NAMESPACES}
    assert ours == CHOICE | PUBLIC | OWN | OFFICE | DRAFT | SIGNED | PAPERS | LETTER | ORDER | {
        LEDGER,
        METRICS,
        ASK,
        MOVE,
        ANSWERED,
        REFUSE,
    }


def test_every_url_of_the_sign_on_is_declared():
    assert {name for name in names() if name and name.startswith(("socialaccount", "openid"))} == SIGN_ON.keys()


@pytest.mark.parametrize("name", sorted(SIGN_ON))
def test_the_sign_on_is_not_there_while_it_is_off(name):
    for client in (Client(), factories.client_for(factories.user())):
        assert set(statuses(client, reverse(name, args=SIGN_ON[name])).values()) <= {302, 404}
    assert statuses(client, reverse(name, args=SIGN_ON[name])) == {"get": 404, "post": 404}


@pytest.mark.parametrize("name", sorted(ASKED))
def test_what_a_patient_asks_is_hidden_from_everybody_else(name, world):
    strangers = [world.other_physician.user, world.other_patient.user, world.staff, world.applicant]
    strangers.append(world.physician.user if name in (ASK, MOVE) else world.patient.user)
    for account in strangers:
        answers = set(statuses(factories.client_for(account), address_of(name, world)).values())
        assert answers <= {404, 405}
    owner = world.patient.user if name in (ASK, MOVE) else world.physician.user
    assert factories.client_for(owner).get(address_of(name, world)).status_code == (405 if name == ANSWERED else 200)


@pytest.mark.parametrize(
    "name", sorted(OWN | OFFICE | DRAFT | SIGNED | PAPERS | LETTER | ORDER | {ASK, MOVE, ANSWERED, REFUSE})
)
def test_nobody_is_sent_to_sign_in(name, world):
    for status, location in (
        (response.status_code, response.headers.get("Location", ""))
        for response in (Client().get(address_of(name, world)), Client().post(address_of(name, world)))
    ):
        assert (status, location.startswith("/accounts/login/")) == (302, True)


@pytest.mark.parametrize("name", sorted(DRAFT | SIGNED | LETTER))
def test_a_certification_is_hidden_from_everybody_else(name, world):
    for account in (world.other_physician.user, world.patient.user, world.other_patient.user, world.staff):
        assert statuses(factories.client_for(account), address_of(name, world)) == {"get": 404, "post": 404}


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_papers_are_hidden_from_everybody_else_and_open_for_staff_with_the_right(name, world):
    for account in (world.other_physician.user, world.other_patient.user, world.technician):
        assert statuses(factories.client_for(account), address_of(name, world)) == {"get": 404, "post": 404}
    assert factories.client_for(world.staff).get(address_of(name, world)).status_code == 200


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_the_patient_opens_her_certificate_and_no_paper_of_the_office(name, world):
    response = factories.client_for(world.patient.user).get(address_of(name, world))
    assert response.status_code == (200 if name in CERTIFICATE else 404)


@pytest.mark.parametrize("name", sorted(ORDER))
def test_an_order_is_hidden_from_everybody_else(name, world):
    for account in (world.physician.user, world.other_physician.user, world.other_patient.user, world.staff):
        assert statuses(factories.client_for(account), address_of(name, world)) == {"get": 404, "post": 404}


@pytest.mark.parametrize("name", sorted(OFFICE))
def test_a_physicians_page_is_hidden_from_patients(name, world):
    for account in (world.patient.user, world.staff):
        assert statuses(factories.client_for(account), address_of(name, world)) == {"get": 404, "post": 404}


@pytest.mark.parametrize("name", sorted(PUBLIC - LINKS))
def test_a_public_page_opens_for_nobody(name, world):
    assert Client().get(address_of(name, world)).status_code == 200


@pytest.mark.parametrize("name", sorted(DRAFT | SIGNED | PAPERS | OFFICE))
def test_the_physician_opens_her_own(name, world):
    response = factories.client_for(world.physician.user).get(address_of(name, world))
    assert opened(response) == office_is_led(name, world)


@pytest.mark.parametrize("name", sorted((DRAFT | SIGNED | PAPERS | OFFICE) - PHYSICIANS_ALONE))
def test_her_delegate_opens_what_is_not_the_physicians_alone(name, world):
    response = factories.client_for(world.delegate).get(address_of(name, world))
    assert opened(response) == (403 if name in SIGNERS_ALONE else office_is_led(name, world))


@pytest.mark.parametrize("name", sorted(OFFICE))
def test_an_applicant_opens_what_can_be_prepared(name, world):
    response = factories.client_for(world.applicant).get(address_of(name, world))
    assert opened(response) == (404 if name in PHYSICIANS_ALONE else 200)


@pytest.mark.parametrize("name", sorted(DRAFT | SIGNED | PAPERS | LETTER))
def test_a_strange_delegate_applicant_and_caregiver_open_nothing(name, world):
    for account in (world.other_delegate, world.applicant, world.caregiver.user):
        assert statuses(factories.client_for(account), address_of(name, world)) == {"get": 404, "post": 404}


@pytest.mark.parametrize("name", sorted(ORDER | OWN - {"accounts:role", "accounts:physician-identify"}))
def test_the_patient_opens_her_own(name, world):
    response = factories.client_for(world.patient.user).get(address_of(name, world))
    assert opened(response) == (leads_to_the_order(name, world) or PATIENT_IS_LED.get(name, 200))


@pytest.mark.parametrize("model", ["delivery_order", "certification_patient", "accounts_physician", "audit_event"])
def test_the_admin_is_hidden_from_everybody_but_staff(model, world):
    address = reverse(f"admin:{model}_changelist")
    for account in (world.physician.user, world.patient.user):
        assert factories.client_for(account).get(address, follow=True).status_code == 403
    assert Client().get(address).status_code == 302
