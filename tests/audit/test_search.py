"""What staff search in a list of the admin is posted and stored in the session: no address holds a name."""

import pytest
from django.contrib import admin
from django.urls import reverse

from audit.action_admin import ActionAdmin
from tests import factories

pytestmark = pytest.mark.django_db
PHYSICIANS = "/admin/accounts/physician/"
SEARCHED = [model for model, its_admin in admin.site._registry.items() if its_admin.search_fields]


@pytest.fixture
def registrar():
    return factories.client_for(factories.staff("Registrar"))


def found(response):
    return list(response.context["cl"].result_list)


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model._meta.label_lower)
def test_no_searched_list_has_the_term_in_its_address(model):
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert isinstance(admin.site._registry[model], ActionAdmin)
    assert client.post(f"{address}?p=2", {"q": "Osei"}).url == address
    page = client.get(address)
    assert page.context["cl"].query == "Osei"
    assert b'id="changelist-search" method="post"' in page.content


def test_a_search_lasts_until_all_is_shown_again(registrar):
    wanted, other = factories.physician(last_name="Nilsson"), factories.physician(last_name="Okafor")
    assert found(registrar.post(PHYSICIANS, {"q": "nilsson"}, follow=True)) == [wanted]
    assert found(registrar.get(PHYSICIANS)) == [wanted]
    assert found(registrar.post(PHYSICIANS, {"q": ""}, follow=True)) == [wanted, other]


def test_a_search_keeps_the_filters_and_leaves_other_lists_alone(registrar):
    assert registrar.post(f"{PHYSICIANS}?status=left&p=3", {"q": "x"}).url == f"{PHYSICIANS}?status=left"
    assert registrar.get("/admin/certification/patient/").context["cl"].query == ""


def test_a_term_in_the_address_is_not_looked_for(registrar):
    response = registrar.get(PHYSICIANS, {"q": "Osei", "status": "left"})
    assert response.url == f"{PHYSICIANS}?status=left"
    assert registrar.get(PHYSICIANS).context["cl"].query == ""


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        ("x" * 201, "Shorten this to 200 characters or fewer. It has 201."),
        ("a\0b", "Some characters here cannot be read. Type the text again."),
    ],
)
def test_a_term_that_cannot_be_one_gets_a_sentence_and_changes_nothing(registrar, term, sentence):
    registrar.post(PHYSICIANS, {"q": "osei"})
    page = registrar.post(PHYSICIANS, {"q": term}, follow=True)
    assert page.context["cl"].query == "osei"
    assert [str(message) for message in page.context["messages"]] == [sentence]
