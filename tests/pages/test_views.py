import re

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.actions import create_user
from tests import factories
from tests.delivery import people
from tests.pages.words import title_of, words_of

pytestmark = pytest.mark.django_db
PAGES = [
    "home",
    "physicians",
    "faq",
    "delivery-info",
    "quick-reference",
    "contact",
    "contact-done",
    "privacy",
    "terms",
    "accessibility",
]


# --- The words of the brief -----------------------------------------------------------------------------------------

RELATIONSHIP = [
    "Physicians must have a bona fide relationship with the patient in order to register them with the program.",
    "A bona fide physician-patient relationship means a relationship in which the physician has ongoing "
    "responsibility for the assessment, care, and treatment of a patient’s debilitating medical condition or a "
    "symptom of the patient’s debilitating medical condition whereby the physician has:",
    "Completed a medically reasonable assessment of the patient’s medical history and current medical condition;",
    "Diagnosed the patient as having a debilitating medical condition;",
    "Prescribed, or determined it is not in the best interest to prescribe, prescription drugs to address the "
    "symptoms or effects for which the certification is being issued;",
    "Concluded that, in the physician’s medical opinion, the potential benefits of the palliative use of "
    "marijuana would likely outweigh the health risks to the patient; and",
    "Explained the potential risks and benefits of the palliative use of marijuana to the patient or, where the "
    "patient lacks legal capacity, to the parent, guardian or other person having legal custody of the patient.",
    "In addition, the physician should be reasonably available to provide follow-up care and treatment for the "
    "patient, including any examinations necessary to determine the efficacy of marijuana for treating the "
    "patient’s debilitating medical condition, or a symptom thereof.",
]
REQUIREMENTS = [
    "Physicians who wish to certify a patient for medical marijuana must:",
    "Possess an active Connecticut medical license issued by the Connecticut Department of Public Health.",
    "Practice within the State of Connecticut.",
    "Possess an active controlled substance registration issued by the Connecticut Department of Consumer "
    "Protection that is not subject to limitation.",
    "Possess an active Drug Enforcement Administration (DEA) controlled substance registration that is not "
    "subject to limitation.",
    "Be registered with, and able to access, the Connecticut Prescription Monitoring Program.",
]
PROCESS = [
    "To begin certifying your patients you must:",
    "Confirm that you meet the Physician Requirements and Eligibility and possess the proper licenses and "
    "registrations.",
    "Create an account on this portal so you can access the online registration system.",
    "Log in to the registration system using your DEA number and the last four digits of your Social Security number.",
    "Be prepared to obtain contact information for your patient, including a valid email address (if your patient "
    "has one) and a primary phone number. This information must be included in the patient profile page of your "
    "certification before you can submit the certification.",
    "Physician Quick Reference Card",
    "For additional information, visit: CT MMP—Physicians",
]
STEPS = [
    "This step is required for initial set-up only. You must create an account on this portal",
    "Log in with the email and password you used to create the account.",
    "Select: “I am a Physician.”",
    "Provide your DEA number and the last four digits of your Social Security number.",
    "Certify your patient Once you have logged in: Select: “Add new patient.”",
    "Follow the prompts for entering patient information.",
    "Note: Patients must be qualified before you can register them in the system.",
    "Assign a caregiver This is an optional step. You only need to complete this step if a caregiver is needed.",
    "Note: The caregiver must qualify according to the Connecticut Medical Marijuana Program (MMP).",
    "Confirmation of patient certification Your patient is now certified.",
]
DELIVERY = [
    "Dispensary delivery hours: Wednesdays, 9:30 a.m. to 4:30 p.m.",
    "Patients can choose between 2 delivery windows: 9:30 a.m. to 1:30 p.m. 1:30 p.m. to 4:30 p.m.",
    "There is a $75.00 order minimum for dispensary delivery.",
    "We deliver to home addresses in Connecticut.",
    "Deliveries cannot be made to businesses.",
    "Delivery orders must be placed at least 24 hours in advance",
    "For Wednesday at 9:30 a.m.: order by Tuesday at 9:30 a.m.",
    "Orders can only be accepted by a registered patient or caregiver.",
    "A valid medical marijuana card and a photo ID must be presented at the time of delivery.",
    "Our delivery drivers accept both cash and debit cards.",
    "For faster service, please have your payment and ID ready in preparation for delivery.",
    "Drivers do not give change, so cash payments must be exact.",
    "Anything over the total will be considered a tip to the driver.",
]
HELP = (
    "Our trained staff and licensed pharmacists are here to give you, your patients and their caregivers a "
    "seamless and smooth way to complete the process. Simply contact us by email or phone, and we will be happy "
    "to help you with any questions you may have."
)
FAQ = [
    "Yes! For your convenience, dispensary delivery is now available at select times.",
    "A patient’s certification expires one year from the date a physician certified the patient through DCP’s "
    "online registration system.",
    "The physician will be required to confirm the patient continues to be eligible for medical marijuana use "
    "based on the same criteria used for the patient’s initial registration.",
    "Physicians do not “prescribe” marijuana in the same way other medications are prescribed to patients.",
    "Rather, upon a medical assessment of the patient’s medical history and medical condition, physicians may "
    "certify that a patient is eligible for the palliative use of marijuana.",
    "This assessment must be made in the course of a bona fide physician-patient relationship.",
    "Note: The physician must explain the potential risks and benefits of palliative marijuana use to the patient "
    "or their legal guardian.",
    "The maximum allowable monthly amount is 3.5 ounces unless you, as their physician, indicate a lesser amount "
    "is appropriate.",
    f"Yes. {HELP}",
]
WORDS = {
    "physicians": [*RELATIONSHIP, *REQUIREMENTS, *PROCESS, *STEPS, HELP],
    "quick-reference": STEPS,
    "faq": [*FAQ, *DELIVERY, *REQUIREMENTS],
    "delivery-info": DELIVERY,
    "contact": ["Example Dispensary is here to help you.", "Your name", "Your email", "Your message"],
}


@pytest.mark.parametrize(("name", "sentence"), [(name, sentence) for name in WORDS for sentence in WORDS[name]])
def test_page_says_what_the_brief_says(client, name, sentence):
    assert sentence in words_of(client.get(reverse(f"pages:{name}")))


def test_home_has_three_ways_in(client):
    body = client.get("/").content.decode()
    for url, label in [
        ("/physicians/", "I am a physician"),
        ("/faq/#patients", "I am a patient or caregiver"),
        ("/delivery-info/", "How delivery works"),
    ]:
        assert f'<a class="usa-link" href="{url}">{label}</a>' in body


# --- Every page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_page_has_one_heading_and_the_phone(client, name):
    response = client.get(reverse(f"pages:{name}"))
    assert response.status_code == 200
    body = response.content.decode()
    assert body.count("<h1") == 1
    assert "(203) 555-0100" in body
    assert "Monday to Friday, 9 a.m. to 5 p.m. Eastern" in body


def test_titles_are_unique(client):
    titles = [title_of(client.get(reverse(f"pages:{name}"))) for name in PAGES]
    assert len(set(titles)) == len(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_inline_script_or_style(client, name):
    body = client.get(reverse(f"pages:{name}")).content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", body)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "contact"])
def test_page_is_cached_only_by_the_visitors_browser(client, name):
    response = client.get(reverse(f"pages:{name}"))
    assert response["Cache-Control"] == "private, max-age=300"
    assert "Cookie" in response["Vary"]
    assert not response.cookies


def test_contact_page_is_not_cached(client):
    assert "no-store" in client.get("/contact/")["Cache-Control"]


def test_page_of_a_signed_in_person_is_not_cached(client):
    client.force_login(create_user(email="rosa@example.org", password=None, by=None))
    assert "no-store" in client.get("/")["Cache-Control"]


@pytest.mark.parametrize("name", PAGES)
def test_page_needs_few_queries(client, django_assert_max_num_queries, name):
    with django_assert_max_num_queries(2):
        client.get(reverse(f"pages:{name}"))


def test_pages_refuse_post(client):
    assert client.post("/").status_code == 405


# --- The ZIP box ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("06510", "Yes, we deliver to homes in ZIP code 06510."),
        ("06390", "No, we cannot deliver to ZIP code 06390. We deliver to street addresses in Connecticut only."),
        ("🏠", "Enter a 5-digit ZIP code, like 06510"),
        ("", "Enter ZIP code"),
    ],
)
def test_the_zip_box_needs_no_account(client, typed, answer):
    response = client.get("/delivery-info/", {"zip": typed})
    assert response.status_code == 200
    assert answer in words_of(response)


def test_the_zip_box_names_the_radius_when_one_is_set(client):
    people.policy(timezone.localdate(), radius_miles=10, origin_zip="06510")
    words = words_of(client.get("/delivery-info/", {"zip": "06103"}))
    assert "in Connecticut, within 10 miles of 06510." in words


def test_a_newcomer_reads_each_link_of_the_header_apart_and_finds_the_door_for_a_code(client, db):
    newcomer = factories.client_for(factories.user())
    header = newcomer.get("/accounts/role/").content.decode().split("</header>")[0]
    words = re.sub(r"<[^>]+>", "", header)
    assert "Sign out Español" in words and "Sign outEspañol" not in words
    for page in (client.get("/"), newcomer.get("/"), newcomer.get("/accounts/role/")):
        assert page.content.decode().count('href="/invitation/"') >= 2  # in the menu, and on the page
