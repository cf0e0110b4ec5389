"""The page of one product, and the favorites of a patient."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from delivery import actions, rules
from delivery.models import Favorite
from tests import factories
from tests.delivery import people
from tests.delivery.people import url, words_of
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def patient():
    factories.window()
    return factories.patient()


@shared
def client(patient):
    return factories.client_for(patient.user)


@shared
def product():
    texts = {
        "name": "Harbor Haze",
        "detail": "Whole flower, 3.5 g",
        "description": "Bright.",
        "description_es": "Clara.",
    }
    return factories.product(sku="HAZE", form="flower", stock=4, amount_mg=3_500, is_inhaled=True, **texts)


def page(client, sku="HAZE", **headers):
    return client.get(reverse("delivery:product-detail", args=[sku]), headers=headers)


def like(client, sku="HAZE", favorite="1", **over):
    return client.post(reverse("delivery:product-favorite", args=[sku]), {"favorite": favorite, **over})


def test_a_product_page_says_what_it_is_and_how_it_counts(client, product):
    words = words_of(page(client))
    assert "Harbor Haze Whole flower, 3.5 g Favorite Bright. $40.00 4 left Add Harbor Haze" in words
    assert "One counts as 3.5 g (0.13 oz) of flower in your monthly allotment. Flower counts by its weight." in words
    assert "wait ten minutes before more" in words
    assert "Clara." in words_of(page(client, **{"accept-language": "es"}))


def test_a_product_page_has_the_figures_of_its_lots(client, product):
    words = words_of(page(client))
    ends = timezone.localdate() + people.timedelta(days=365)
    assert (
        f"Lot LOT-1 THC 250 mg CBD 0 mg Producer Shoreline Growers Best by {ends:%B} {ends.day}, {ends.year}" in words
    )


def test_a_lot_that_ends_before_the_delivery_is_not_shown(client, product):
    details = factories.lot_details(expires_date=timezone.localdate())
    actions.receive_stock(product=product, quantity=3, lot="LOT-OLD", details=details, by=None)
    assert "LOT-OLD" not in words_of(page(client))


def test_a_lot_in_quarantine_is_not_shown(client, product):
    actions.quarantine_lot(lot=product.lots.get(), reason="Mold", by=factories.staff("Pharmacist"))
    assert "The figures of the next lot come with its label." in words_of(page(client))


@pytest.mark.parametrize("sku", ["NOPE", "GONE"])
def test_a_product_off_the_menu_has_no_page(client, sku):
    factories.product(sku="GONE", is_active=False)
    assert page(client, sku).status_code == 404


def test_an_inhaled_product_has_no_page_for_a_child(product):
    factories.window()
    caregiver, _child = people.guardian_of_a_child()
    assert page(factories.client_for(caregiver.user)).status_code == 404


def test_a_stepper_on_the_page_comes_back_to_it(client, product):
    response = client.post(url("cart-line"), {"product": "HAZE", "quantity": 2, "next": "product"})
    assert response.url == reverse("delivery:product-detail", args=["HAZE"])
    assert "In your cart: 2" in words_of(client.get(response.url))
    response = client.post(url("cart-line"), {"product": "HAZE", "quantity": 9, "next": "product"}, follow=True)
    assert "Only 4 of Harbor Haze, whole flower, 3.5 g left." in words_of(response)


# --- Favorites ------------------------------------------------------------------------------------------------------


def test_set_favorite_twice_keeps_one_and_is_audited(client, patient, product):
    for _time in range(2):
        assert like(client).url == reverse("delivery:product-detail", args=["HAZE"])
    assert [favorite.product for favorite in patient.favorites.all()] == [product]
    assert (
        Event.objects.filter(action="favorite.set", subject_id=str(patient.pk), actor_id=patient.user_id).count() == 2
    )
    like(client, favorite="0")
    assert not Favorite.objects.exists()


def test_a_favorite_has_a_chip_and_a_mark(client, product):
    factories.product(sku="CALM", name="Calm drops")
    assert "Favorites" not in words_of(client.get(url("product-list")))
    like(client)
    response = client.get(url("product-list"), {"favorites": "1"})
    assert "Favorites 1" in words_of(response) and "A favorite." in words_of(response)
    assert response.context["menu"].found == 1


def test_favorites_are_those_of_the_patient_and_not_of_the_account(product):
    patient, caregiver = people.patient_with_caregiver()
    like(factories.client_for(caregiver.user), patient=patient.number)
    assert Favorite.objects.get().patient == patient
    with pytest.raises(rules.OrdererError):
        actions.set_favorite(patient=patient, product=product, is_favorite=True, by=factories.user())


def test_what_is_not_for_a_child_is_no_favorite_of_theirs(product):
    caregiver, child = people.guardian_of_a_child()
    with pytest.raises(rules.ProductError):
        actions.set_favorite(patient=child, product=product, is_favorite=True, by=caregiver.user)
    assert not Favorite.objects.exists()


def test_a_favorite_is_there_once(patient, product):
    actions.set_favorite(patient=patient, product=product, is_favorite=True, by=patient.user)
    with unguarded(), pytest.raises(IntegrityError), transaction.atomic():
        Favorite.objects.create(patient=patient, product=product)
