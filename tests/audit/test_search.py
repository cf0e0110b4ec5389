"""What staff search in a list of the admin is posted and stored in the session: no address holds a name."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.action_admin import ActionAdmin
from tests import factories
from tests.delivery.people import copy
from tests.shared import shared

pytestmark = pytest.mark.django_db
PHYSICIANS = "/admin/accounts/physician/"
SEARCHED = [model for model, its_admin in admin.site._registry.items() if its_admin.search_fields]


@shared
def registrar():
    return factories.client_for(factories.staff("Registrar"))


def found(response):
    return list(response.context["cl"].result_list)


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model._meta.label_lower)
def test_no_searched_list_has_the_term_in_its_address(model):
    client = factories.client_for(factories.user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert isinstance(admin.site._registry[model], ActionAdmin)
    found_at = client.post(f"{address}?p=2", {"q": "Osei"}).url
    assert re.fullmatch(rf"{address}(\?search=[\w-]+)?", found_at)
    page = client.get(found_at)
    assert page.context["cl"].query == "Osei"
    assert b'id="changelist-search" method="post"' in page.content


def test_a_list_opened_from_the_menu_forgets_the_search_and_the_way_back_from_a_row_keeps_it(registrar):
    wanted, other = factories.physician(last_name="Nilsson"), factories.physician(last_name="Okafor")
    found_at = registrar.post(PHYSICIANS, {"q": "nilsson"}).url
    assert found(registrar.get(found_at)) == [wanted]
    assert found(registrar.get(PHYSICIANS)) == [wanted, other]
    row = re.search(r'href="(/admin/accounts/physician/\d+/change/\?[^"]+)"', registrar.get(found_at).content.decode())
    page = registrar.get(unescape(row[1])).content.decode()
    assert f'href="{found_at}"' in page
    step = re.search(r'href="([^"]+/step/suspend/[^"]+)"', page)
    done = registrar.post(unescape(step[1]), {"reason": "A complaint."})
    assert found(registrar.get(re.search(r'href="(/admin/accounts/physician/\?search[^"]+)"',
                                         registrar.get(done.url).content.decode())[1])) == [wanted]  # fmt: skip
    assert found(registrar.post(found_at, {"q": ""}, follow=True)) == [wanted, other]


def test_two_tabs_search_the_same_list_and_old_searches_are_forgotten(registrar):
    nilsson, okafor = factories.physician(last_name="Nilsson"), factories.physician(last_name="Okafor")
    first, second = (registrar.post(PHYSICIANS, {"q": name}).url for name in ("nilsson", "okafor"))
    assert (found(registrar.get(first)), found(registrar.get(second))) == ([nilsson], [okafor])
    for number in range(10):
        registrar.post(PHYSICIANS, {"q": f"x{number}"})
    assert registrar.get(first).context["cl"].query == ""
    assert registrar.get(PHYSICIANS, {"search": "never-given"}).context["cl"].query == ""


def test_a_search_keeps_the_filters_and_leaves_other_lists_alone(registrar):
    assert registrar.post(f"{PHYSICIANS}?status=left&p=3", {"q": "x"}).url.startswith(
        f"{PHYSICIANS}?status=left&search="
    )
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
    page = registrar.post(registrar.post(PHYSICIANS, {"q": "osei"}).url, {"q": term}, follow=True)
    assert page.context["cl"].query == "osei"
    assert [str(message) for message in page.context["messages"]] == [sentence]


def test_of_what_a_search_finds_only_the_rows_of_the_page_are_joined():
    order = factories.order()
    copy(order, times=70)
    client = factories.client_for(factories.staff("Pharmacist"))
    found_at = client.post("/admin/delivery/order/?status=all", {"q": order.patient.last_name}).url
    client.get(found_at)
    with CaptureQueriesContext(connection) as caught:
        pages = [client.get(found_at), client.get(f"{found_at}&p=2")]
    assert [len(found(page)) for page in pages] == [50, 21]
    assert [order.pk for page in pages for order in found(page)] == sorted(
        (order.pk for page in pages for order in found(page)), reverse=True
    )
    joined = [query["sql"] for query in caught if 'LEFT OUTER JOIN "delivery_deliverywindow"' in query["sql"]]
    assert len(joined) == 2 and not any("LIMIT" in sql for sql in joined)
