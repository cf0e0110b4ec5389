"""The Registrar's pages: queues, badges, search, and action pages with a preview."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import IdentificationTry, Physician, PhysicianApplication, Proof
from accounts.rules import IdentificationError
from audit.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


def page(model, pk=None, step=None):
    name = f"admin:accounts_{model}_{'step' if step else 'change' if pk else 'changelist'}"
    return reverse(name, args=[arg for arg in (pk, step) if arg])


def client_of(*groups):
    return factories.client_for(factories.staff(*groups))


def text_of(response):
    return " ".join(response.content.decode().split())


def reported(physician=None):
    physician = physician or factories.identified_physician()
    return actions.report_renewed_registration(
        physician=physician,
        kind="controlled_substance",
        number="CSP.0012345",
        valid_through=timezone.localdate() + timedelta(days=500),
        by=physician.user,
    )


# --- Physicians -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_one", [False, True])
def test_list_and_page_show_which_requirements_are_met(of_one):
    physician = factories.physician(
        practice_state="NY", registrations_over={"dea": {"is_limited": True}, "medical_license": None}
    )

    text = text_of(client_of("Registrar").get(page("physician", physician.pk if of_one else None)))

    badges = re.findall(r'<li class="badge[^>]*>.*?[✓✗]</span>\s*(.*?)<span.*?: (met|not met)</span>', text, re.DOTALL)
    assert badges == [
        ("license", "not met"),
        ("practice", "not met"),
        ("state registration", "met"),
        ("DEA", "not met"),
        ("monitoring", "met"),
    ]


@pytest.mark.parametrize(
    "term",
    ["Núñez", "zoe nunez", "Nunez, Zoe", " ap 5836727", "AP5836727-001AB", "1987654325", "198-765-4325", "1.098765",
     "098765", "CSP.0098765", "csp 0098765", "0098765"],
)  # fmt: skip
def test_a_physician_is_found_in_any_spelling(term):
    factories.physician()
    found = factories.physician(
        first_name="Zoë",
        last_name="Núñez",
        dea_number="AP5836727",
        npi="1987654325",
        registrations_over={
            "medical_license": {"number": "1.098765"},
            "controlled_substance": {"number": "CSP.0098765"},
        },
    )

    response = client_of("Registrar").post(page("physician"), {"q": term}, follow=True)

    assert list(response.context["cl"].result_list) == [found]


def test_a_physician_without_npi_is_not_found_by_signs():
    factories.physician(npi="")

    response = client_of("Registrar").post(page("physician"), {"q": "- -"}, follow=True)

    assert list(response.context["cl"].result_list) == []


def test_a_physician_is_suspended_and_reinstated_with_a_reason():
    physician, client = factories.physician(), client_of("Registrar")
    suspend, reinstate = (page("physician", physician.pk, step) for step in ("suspend", "reinstate"))
    assert "cannot certify" in text_of(client.get(suspend))
    assert "Enter a reason." in text_of(client.post(suspend))

    client.post(suspend, {"reason": "Board order."})
    physician.refresh_from_db()
    assert physician.status == "suspended"
    offered = text_of(client.get(page("physician", physician.pk)))
    assert (suspend in offered, reinstate in offered) == (False, True)
    client.post(reinstate, {"reason": "Order lifted."})

    physician.refresh_from_db()
    assert physician.status == "verified"
    assert [
        event.reason
        for event in Event.objects.filter(action__in=["physician.suspend", "physician.reinstate"]).order_by("pk")
    ] == [
        "Board order.",
        "Order lifted.",
    ]


@pytest.mark.parametrize("group", ["Auditor", "Pharmacist", "Driver", "Manager"])
def test_only_the_registrar_suspends(group):
    physician = factories.physician()

    response = client_of(group).post(page("physician", physician.pk, "suspend"), {"reason": "No."})

    assert response.status_code == 403
    physician.refresh_from_db()
    assert physician.status == "verified"


def test_a_suspended_physician_gets_a_message(django_capture_on_commit_callbacks):
    physician = factories.physician()
    with django_capture_on_commit_callbacks(execute=True):
        client_of("Registrar").post(page("physician", physician.pk, "suspend"), {"reason": "Board order."})

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == ([physician.email], "Your account is closed for the moment")
    assert "Board order." not in sent.body


# --- Proofs ---------------------------------------------------------------------------------------------------------


def test_the_last_report_is_first_in_the_list():
    actions.verify_proof(proof=reported(), source="eLicense", by=factories.staff("Registrar"))
    first, second = reported(), reported()

    listed = list(client_of("Registrar").get(page("proof")).context["cl"].result_list)

    assert listed[:2] == [second, first]
    assert len(listed) == 3


def test_a_proof_is_verified_with_its_source():
    proof, client = reported(), client_of("Registrar")

    client.post(page("proof", proof.pk, "verify"), {"source": "eLicense lookup"})

    registration = proof.physician.registrations.get(kind="controlled_substance")
    assert (registration.number, registration.source) == ("CSP.0012345", "eLicense lookup")


def test_a_look_at_a_proof_is_recorded():
    proof = reported()

    client_of("Registrar").get(page("proof", proof.pk))

    assert Event.objects.get(action="proof.view").subject_id == proof.pk


def test_the_person_who_entered_a_proof_is_asked_to_find_a_second_one():
    physician, registrar = factories.physician(), factories.staff("Registrar")
    client = factories.client_for(registrar)
    entered = {
        "kind": "controlled_substance",
        "number": "0012345",
        "valid_through": (timezone.localdate() + timedelta(days=100)).isoformat(),
        "state": "CT",
        "is_active": "on",
        "source": "eLicense",
    }
    client.post(page("physician", physician.pk, "enter-proof"), entered)
    proof = Proof.objects.get()

    text = text_of(client.post(page("proof", proof.pk, "verify"), {"source": "eLicense"}))
    assert "Ask another Registrar or a Manager to verify it." in text
    client_of("Manager").post(page("proof", proof.pk, "verify"), {"source": "eLicense"})

    proof.refresh_from_db()
    assert (proof.status, proof.entered_by) == ("verified", registrar)


def test_a_proof_is_refused_with_a_reason(django_capture_on_commit_callbacks):
    proof = reported()
    with django_capture_on_commit_callbacks(execute=True):
        client_of("Registrar").post(page("proof", proof.pk, "refuse"), {"reason": "Not found."})

    proof.refresh_from_db()
    assert proof.status == "refused"
    sent = mail.outbox[-1]
    assert sent.subject == "We could not confirm your registration"
    assert "Not found." in sent.body


# --- Applications ---------------------------------------------------------------------------------------------------


def test_an_application_shows_claims_and_warnings_to_whoever_looks_it_up():
    application = factories.looked_up(factories.application(last_name="Zimmer"), factories.staff("Registrar"))

    text = text_of(client_of("Registrar").get(page("physicianapplication", application.pk)))

    assert "CSP.0012345" in text
    assert "1 Water Street, Stamford, CT 06902" in text
    assert "second letter of the DEA number" in text
    assert application.ssn_digest not in text
    assert Event.objects.get(action="physicianapplication.view").subject_id == application.pk


def test_an_application_shows_five_proofs_to_the_auditor():
    application = factories.looked_up(factories.application(last_name="Zimmer"), factories.staff("Registrar"))

    text = text_of(client_of("Auditor").get(page("physicianapplication", application.pk)))

    table = text[text.index('<table id="five-proofs">') :].partition("</table>")[0]
    assert table.count("<tr>") == 6
    assert "CSP.0012345" in table
    assert "second letter of the DEA number" in text


def test_an_application_is_looked_up_by_one_and_verified_by_another():
    application, registrar = factories.application(), factories.staff("Registrar")
    client = factories.client_for(registrar)
    verify = page("physicianapplication", application.pk, "verify")
    assert "Look these up and enter them first" in text_of(client.post(verify))
    factories.looked_up(application, registrar)
    assert "Ask another Registrar" in text_of(client.post(verify))

    client_of("Manager").post(verify)

    assert Physician.objects.get().user == application.user


def test_an_application_is_refused_with_a_reason():
    application = factories.application()

    client_of("Manager").post(page("physicianapplication", application.pk, "refuse"), {"reason": "Expired."})

    assert PhysicianApplication.objects.get().status == "refused"


def test_those_that_wait_stand_first():
    decided, waiting = factories.application(), factories.application()
    actions.refuse_application(application=decided, reason="Expired.", by=factories.staff("Registrar"))

    listed = client_of("Registrar").get(page("physicianapplication")).context["cl"].result_list

    assert list(listed) == [waiting, decided]


@pytest.mark.parametrize("model", ["proof", "physicianapplication"])
def test_lists_take_the_same_number_of_queries_however_long(model, django_assert_max_num_queries):
    client = client_of("Registrar")
    factories.application()
    reported()
    with django_assert_max_num_queries(14) as few:
        client.get(page(model))
    for _ in range(6):
        factories.application()
        reported()

    with django_assert_max_num_queries(len(few)):
        client.get(page(model))


@pytest.mark.parametrize("model", ["proof", "physicianapplication"])
@pytest.mark.parametrize(
    ("group", "status"),
    [("Registrar", 200), ("Manager", 200), ("Auditor", 200), ("Pharmacist", 403), ("Technician", 403), ("Driver", 403)],
)
def test_only_these_groups_see_proofs_and_applications(model, group, status):
    assert client_of(group).get(page(model)).status_code == status


# --- Lockouts -------------------------------------------------------------------------------------------------------


def test_a_lockout_is_lifted_with_a_reason(django_capture_on_commit_callbacks):
    registrar = factories.staff("Registrar")
    physician, account = factories.physician(), factories.user()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            with pytest.raises(IdentificationError):
                actions.identify_physician(
                    dea_number=physician.dea_number, ssn_last_four="0000", address=None, by=account
                )
    failed = IdentificationTry.objects.latest("pk")
    [sent] = mail.outbox
    assert page("identificationtry", failed.pk) in sent.body

    client = factories.client_for(registrar)
    client.post(page("identificationtry", failed.pk, "lift"), {"reason": "She called, number on file."})

    assert not IdentificationTry.objects.filter(lifted_at=None).exists()
    assert page("identificationtry", failed.pk, "lift") not in text_of(client.get(page("identificationtry", failed.pk)))
