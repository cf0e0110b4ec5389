"""The checkout by htmx, and its boxes and rows that are rendered once."""

import re

import pytest
from django.utils import timezone
from django.utils.translation import override

from audit.models import Event
from delivery.forms import CheckoutForm
from delivery.models import DeliveryPolicy, Order
from delivery.presenters.cart import Cart
from delivery.presenters.terms import Terms
from tests import factories
from tests.delivery import people
from tests.delivery.people import checkout_post, url, words_of
from ui.widgets import Choice, RowRadioSelect

pytestmark = pytest.mark.once
HTMX = {"HX-Request": "true"}
BOXES = sorted(CheckoutForm.kept)
TERMS = Terms(timezone.now(), DeliveryPolicy(lead_hours=24), [], None)
CART = Cart([], subtotal_cents=8_000, amount_mg=0, minimum_cents=7_500)
FILLED = {
    "street": '4 <b> "Elm" & Sons', "unit": "", "city": "<text>", "zip_code": "06510", "phone": "+12035550142",
    "is_residence": True, "payment_method": "debit",
}  # fmt: skip


@pytest.fixture
def window():
    return factories.window()


@pytest.fixture
def patient(window):
    patient = factories.patient()
    factories.cart(patient)
    return patient


@pytest.fixture
def client(patient):
    return factories.client_for(patient.user)


def post(client, window, **over):
    return client.post(url("checkout"), checkout_post(window, **over), headers=HTMX)


@pytest.mark.django_db
def test_htmx_gets_the_page_of_the_order_under_its_own_address(client, window):
    response = post(client, window)
    order = Order.objects.placed().get()
    address = url("order-detail", order.number)
    assert (response.status_code, response.headers["HX-Push-Url"]) == (200, address)
    assert response.headers["HX-Retarget"] == "#main-content"
    assert Event.objects.filter(action="order.view", subject_id=order.pk).count() == 1
    page = client.get(address).content.decode()
    shown = response.content.decode()
    assert main_of(shown) == main_of(page) and title_of(shown) == title_of(page)
    assert "<html" not in shown


def main_of(page):
    main = re.search("<h1.*</main>", page, re.DOTALL)[0]
    return re.sub('(name="csrfmiddlewaretoken" value=)"[^"]+"', r"\1", main).split()


def title_of(page):
    return re.search("<title>(.*)</title>", page)[1]


@pytest.mark.django_db
def test_htmx_gets_the_form_alone_with_what_is_wrong_and_what_was_typed(client, window):
    people.fill(window)
    response = post(client, window, street="7 Typed Street")
    content, words = response.content.decode(), words_of(response)
    assert "This window filled a moment ago. Your cart is kept; choose another one." in words
    assert (
        "<title>Error: Check out – Medical Marijuana Program</title>" in content and 'value="7 Typed Street"' in content
    )
    assert 'id="error-summary"' in content and "Full windows" in words
    assert "<html" not in content and "<h1" not in content and "<footer" not in content
    assert not Order.objects.placed().exists()


@pytest.mark.django_db
def test_htmx_and_a_page_say_the_same(client, window):
    sent = checkout_post(window, phone="203", city="Hartford")
    page = client.post(url("checkout"), sent)
    part = client.post(url("checkout"), sent, headers=HTMX)
    form = words_of(page)[words_of(page).index("Check what you entered") :]
    assert words_of(part).split("Program ", 1)[1] in form


@pytest.mark.django_db
def test_the_same_key_with_other_content_is_no_part_of_the_page(client, window):
    sent = checkout_post(window)
    client.post(url("checkout"), sent)
    assert client.post(url("checkout"), {**sent, "payment_method": "debit"}, headers=HTMX).status_code == 409


@pytest.mark.django_db
def test_a_page_that_nobody_sent_is_whole_for_htmx_too(client):
    assert b"<html" in client.get(url("checkout"), headers=HTMX).content


def boxes(**kwargs):
    form = CheckoutForm(terms=TERMS, cart=CART, **kwargs)
    form._errors = {} if form.is_bound else None
    return {name: form[name].as_field_group() for name in BOXES}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kwargs", [{}, {"initial": FILLED}, {"data": FILLED}], ids=lambda kwargs: "".join(kwargs))
def test_a_kept_box_is_the_box_rendered_afresh(monkeypatch, kwargs, language):
    with override(language):
        boxes()  # are kept
        kept = boxes(**kwargs)
        monkeypatch.setattr(CheckoutForm, "kept", frozenset())
        assert kept == boxes(**kwargs)


def test_a_box_with_an_error_is_rendered_afresh():
    form = CheckoutForm(terms=None, cart=None, data={"street": "x" * 201})
    form._errors = {"street": ["Shorten this."]}
    assert form.kept_box(form["street"]) is None


ROW = Choice("9 to 12", hint="Order by noon.", aside="3 places left")


def rows(choice=ROW, value=None):
    return RowRadioSelect(choices=[("a", choice), ("b", "Other")]).render("window", value, {"id": "id_window"})


@pytest.mark.parametrize(
    "other",
    [
        Choice("10 to 12", hint="Order by noon.", aside="3 places left"),
        Choice("9 to 12", hint="Order by one.", aside="3 places left"),
        Choice("9 to 12", hint="Order by noon.", aside="2 places left"),
        Choice("9 to 12", hint="Order by noon.", aside="3 places left", disabled=True),
        Choice("9 to 12", hint="Order by noon.", aside="3 places left", abbreviations=("N",)),
    ],
    ids=str,
)
def test_a_row_of_windows_shows_each_change_at_once(other):
    assert rows() != rows(other)


def test_a_row_shows_at_once_that_it_is_chosen():
    assert rows() != rows(value="a") != rows(value="b")
    assert rows(value="a").count("checked") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_way_to_the_cart_keeps_the_order_that_is_ordered_again(client, patient, window, language):
    order = factories.order(patient)
    factories.cart(patient)
    page = client.get(url("checkout"), {"again": order.number}, headers={"Accept-Language": language}).content.decode()
    assert f'<html lang="{language}">' in page and f'href="{url("cart")}?again={order.number}"' in page
    assert "?again=" not in client.get(url("checkout"), headers={"Accept-Language": language}).content.decode()
