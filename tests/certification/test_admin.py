"""The admin of certifications: each group sees its fields, and changes nothing."""

from datetime import date

import pytest
from django.contrib import admin
from django.urls import reverse

from audit.models import Event
from certification import actions
from certification.models import Card, Caregiver, Certification, Invitation
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db
OURS = [model for model in admin.site._registry if model._meta.app_label == "certification"]


@shared
def certification():
    made = factories.certification(
        caregiver=factories.caregiver(need="Cannot walk far."),
        statement=factories.statement(directions="Only at night."),
    )
    factories.card(made.patient)
    factories.patient_request(made)
    return made


def change_page(group, obj):
    model = obj._meta.model_name
    return factories.client_for(factories.staff(group)).get(
        reverse(f"admin:certification_{model}_change", args=[obj.pk])
    )


@pytest.mark.parametrize(
    ("group", "status", "sees_medical"),
    [("Pharmacist", 200, True), ("Registrar", 200, True), ("Auditor", 200, False), ("Technician", 403, False),
     ("Driver", 403, False), ("Manager", 403, False)],
)  # fmt: skip
def test_certification_shows_each_group_its_fields(certification, group, status, sees_medical):
    response = change_page(group, certification)
    page = response.content.decode()
    assert response.status_code == status
    assert ("Only at night." in page, "Cancer" in page) == (sees_medical, sees_medical)
    assert (certification.number in page) is (status == 200)


def test_certification_shows_a_superuser_no_medical_field(certification):
    client = factories.client_for(factories.staff(is_superuser=True))
    page = client.get(reverse("admin:certification_certification_change", args=[certification.pk])).content.decode()
    assert certification.number in page
    assert "Only at night." not in page and "Cancer" not in page


def test_physicians_and_accounts_are_named_and_not_numbered(certification):
    physician, registrar = certification.physician, factories.staff("Registrar")
    actions.revoke_certification(certification=certification, reason="The proof was false.", by=registrar)
    page = change_page("Registrar", certification).content.decode()
    address = reverse("admin:accounts_physician_change", args=[physician.pk])

    assert f'<a href="{address}">{physician.name}</a>' in page and str(physician) not in page
    assert registrar.email in page and "The proof was false." in page
    assert "The proof was false." not in change_page("Auditor", certification).content.decode()


def test_certification_list_holds_no_draft(certification):
    draft = factories.draft(certification.physician)
    client = factories.client_for(factories.staff("Registrar"))
    page = client.get(reverse("admin:certification_certification_changelist")).content.decode()
    assert certification.number in page and str(draft) not in page
    address = reverse("admin:certification_certification_change", args=[draft.pk])
    assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    ("group", "patient", "caregiver"),
    [
        ("Registrar", 200, 200),
        ("Pharmacist", 200, 403),
        ("Auditor", 200, 200),
        ("Driver", 403, 403),
        ("Manager", 403, 403),
    ],
)
def test_people_are_seen_by_the_groups_that_need_them(certification, group, patient, caregiver):
    assert change_page(group, certification.patient).status_code == patient
    assert change_page(group, Caregiver.objects.get()).status_code == caregiver


def test_person_shows_assignments_without_their_reasons(certification):
    page = change_page("Registrar", certification.patient).content.decode()
    assert certification.patient.name in page and Caregiver.objects.get().number in page
    assert "Cannot walk far." not in page


def test_a_look_is_recorded(certification):
    change_page("Registrar", certification.patient)
    event = Event.objects.get(action="patient.view")
    assert (event.subject_id, event.role) == (certification.patient.pk, "staff")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_nothing_is_added_changed_or_deleted(model, certification):
    client, name = factories.client_for(factories.staff(is_superuser=True)), model._meta.model_name
    obj = model.objects.exclude(status="draft").first() if model is Certification else model.objects.first()
    assert client.get(reverse(f"admin:certification_{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:certification_{name}_change", args=[obj.pk])).status_code == 200
    assert client.get(reverse(f"admin:certification_{name}_add")).status_code == 403
    assert client.post(reverse(f"admin:certification_{name}_change", args=[obj.pk]), {"number": "X"}).status_code == 403
    assert client.post(reverse(f"admin:certification_{name}_delete", args=[obj.pk]), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=obj.pk).exists()


def test_invitation_shows_no_digest(certification):
    client = factories.client_for(factories.staff(is_superuser=True))
    invitation = Invitation.objects.first()
    page = client.get(reverse("admin:certification_invitation_change", args=[invitation.pk])).content.decode()
    assert invitation.token_digest not in page


@pytest.mark.parametrize("model", ["certification", "patient"])
def test_list_stays_within_its_queries(model, django_assert_max_num_queries):
    physician = factories.identified_physician()
    client = factories.client_for(factories.staff("Registrar"))
    for number in range(4):
        factories.certification(physician, profile=factories.profile(birth_date=date(1980, 1, number + 1)))
    client.get(reverse(f"admin:certification_{model}_changelist"))
    with django_assert_max_num_queries(12):
        client.get(reverse(f"admin:certification_{model}_changelist"))


def test_patients_are_found_by_number(certification):
    other = factories.patient()
    client = factories.client_for(factories.staff("Registrar"))
    page = client.post(reverse("admin:certification_patient_changelist"), {"q": other.number}, follow=True)
    assert list(page.context["cl"].result_list) == [other]


@pytest.mark.parametrize("term", ["nunez", "O’BRIEN nunez", "obrien", "02/29/1988", "(203) 555-0177", "0177"])
@pytest.mark.parametrize("model", ["patient", "certification"])
def test_patients_are_found_by_name_birth_date_and_phone(certification, model, term):
    person = {"last_name": "O'Brien-Núñez", "birth_date": date(1988, 2, 29), "phone": "+12035550177"}
    found = factories.certification(profile=factories.profile(**person))
    client = factories.client_for(factories.staff("Registrar"))
    page = client.post(reverse(f"admin:certification_{model}_changelist"), {"q": term}, follow=True)
    assert list(page.context["cl"].result_list) == [found if model == "certification" else found.patient]


def test_card_shows_no_token_and_is_ended_with_a_reason(certification):
    card = factories.card(certification.patient)
    client = factories.client_for(factories.staff("Registrar"))
    page = client.get(reverse("admin:certification_card_change", args=[card.pk])).content.decode()
    assert card.token not in page and card.token_digest not in page
    step = reverse("admin:certification_card_step", args=[card.pk, "revoke"])
    assert client.post(step, {"revoked_reason": "closed"}).status_code == 200 and Card.objects.live().count() == 1
    assert client.post(step, {"revoked_reason": "lost"}).status_code == 302 and not Card.objects.live().exists()


@pytest.mark.parametrize(("group", "status"), [("Pharmacist", 302), ("Auditor", 403), ("Driver", 403)])
def test_card_is_ended_by_those_who_print(certification, group, status):
    step = reverse("admin:certification_card_step", args=[factories.card(certification.patient).pk, "revoke"])
    client = factories.client_for(factories.staff(group))
    assert client.post(step, {"revoked_reason": "lost"}).status_code == status
