"""The headings, cells, filters and buttons of every list of the admin."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils import timezone

from accounts.models import Physician, PhysicianApplication, User
from audit.columns import chip, column_of, day_and_time, status_chip, yes_or_no
from audit.templatetags.admin_look import CELL, filters_of, tools_of
from delivery.models import Product
from tests import factories

MOST_CHARACTERS = 24
MOST_COLUMNS = 9
ADMINS = sorted(admin.site._registry.items(), key=lambda each: each[0]._meta.label)


def columns(model, model_admin):
    request = type("Request", (), {"user": User(is_superuser=True, is_active=True)})()
    for column in model_admin.get_list_display(request):
        name = column if isinstance(column, str) else column.__name__
        yield name, str(label_for_field(column, model, model_admin))


@pytest.mark.once
@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=[model._meta.label for model, _admin in ADMINS])
def test_headings_of_each_list_are_short_words(model, model_admin):
    headings = list(columns(model, model_admin))

    assert len(headings) <= MOST_COLUMNS
    for name, heading in headings:
        is_name = "_" in name and heading.lower() == name.replace("_", " ") and name.endswith(("_at", "_date"))
        assert not is_name and not heading.startswith(("is ", "Is ")), (name, heading)
        assert "_" not in heading and len(heading) <= MOST_CHARACTERS, (name, heading)
        assert not [word for word in heading.split() if word.isupper() and len(word) > 4], (name, heading)


@pytest.mark.once
@pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=[model._meta.label for model, _admin in ADMINS])
def test_labels_of_each_page_are_words(model, model_admin):
    for name in model_admin.fields or ():
        column = model_admin._in_words(name)
        if not isinstance(column, str):
            heading = str(label_for_field(column, model, model_admin))
            assert not heading.lower().startswith("is ") and not heading.lower().endswith(" at"), (name, heading)


@pytest.mark.once
def test_a_status_has_one_colour_and_words_on_each_list():
    physician = Physician(status="suspended")

    assert column_of(object, Physician, "status", in_list=True)(physician) == (
        '<span class="chip chip--stop">Suspended</span>'
    )
    assert status_chip("pending", "Waits") == '<span class="chip chip--look">Waits</span>'
    assert chip("<b>") == '<span class="chip chip--plain">&lt;b&gt;</span>'


@pytest.mark.once
def test_yes_and_no_are_words():
    assert [yes_or_no(value) for value in (True, False, None)] == ["Yes", "No", ""]
    assert column_of(object, Product, "is_active", in_list=True)(Product(is_active=False)) == "No"


@pytest.mark.once
def test_a_moment_breaks_between_day_and_time():
    at = timezone.datetime(2026, 11, 23, 15, 5, tzinfo=timezone.get_default_timezone())

    assert day_and_time(at) == ('<span class="one-line">Nov. 23, 2026,</span> <span class="one-line">3:05 p.m.</span>')
    assert day_and_time(None) == ""


@pytest.mark.once
def test_a_column_is_one_function_that_sorts_by_its_field():
    column = column_of(object, PhysicianApplication, "created_at", in_list=True)

    assert column is column_of(object, PhysicianApplication, "created_at", in_list=True)
    assert column.admin_order_field == "created_at"
    assert column.__name__ == "created_at"


@pytest.mark.once
@pytest.mark.parametrize(
    ("count", "apart", "in_menu"), [(0, [], []), (3, ["0", "1", "2"], []), (4, ["3"], ["0", "1", "2"])]
)
def test_of_many_buttons_the_main_one_stands_apart(count, apart, in_menu):
    tools = tools_of([{"label": str(number), "is_main": number == 3} for number in range(count)])

    assert [button["label"] for button in tools.apart] == apart
    assert [button["label"] for button in tools.menu] == in_menu


@pytest.mark.once
def test_cells_of_django_are_found():
    assert CELL.match('<td class="field-status nowrap">x</td>')[2] == "field-status nowrap"
    assert CELL.match("<td>x</td>")[1] == "td"


@pytest.mark.django_db
def test_a_list_says_what_its_filters_show_and_how_to_clear_them(client):
    client.force_login(factories.staff("Registrar"))
    factories.physician()

    html = client.get("/admin/accounts/physician/?status__exact=verified").content.decode()

    assert "Status: <strong>" in html
    assert "Clear: Status" in html
    assert '<a class="filter__clear" href="?"' in html
    assert '<td class="field-status" data-label="Status"><span class="chip chip--ready">Verified</span></td>' in html


@pytest.mark.django_db
def test_every_choice_of_a_filter_has_words(rf):
    """An empty choice is a link that nobody sees, and that a screen reader reads as its address."""
    chosen = {}
    for model, model_admin in ADMINS:
        request = rf.get("/")
        request.user, request.session = factories.staff(is_superuser=True), {}
        shown = filters_of(model_admin.get_changelist_instance(request))
        chosen |= {(model._meta.label, each.title): [str(one["display"]) for one in each.choices] for each in shown}
    assert chosen["accounts.User", "Groups"][-1] == "None"
    assert [where for where, words in chosen.items() if not all(words)] == []


@pytest.mark.django_db
def test_a_list_says_what_a_link_asked_for(client):
    client.force_login(factories.staff("Pharmacist"))
    address = "/admin/delivery/order/?window__date=2026-11-25"

    html = client.get(address).content.decode()

    assert "<strong>Nov. 25, 2026</strong>" in html


@pytest.mark.django_db
def test_an_empty_list_says_what_to_do(client):
    client.force_login(factories.staff("Registrar"))

    html = client.get("/admin/accounts/physicianapplication/").content.decode()

    assert "No physician applications here." in html
    assert "Choose something else in the filters to see others." in html


@pytest.mark.django_db
def test_the_bar_says_who_reads_and_what_waits(client):
    factories.application()
    registrar = factories.staff("Registrar", first_name="Ines Caldwell")
    client.force_login(registrar)

    html = client.get("/admin/").content.decode()

    assert "Ines Caldwell, Registrar</span>" in html
    assert '1<span class="visually-hidden"> waiting</span>' in html
    assert "Sign out" in html
