"""Reasons that staff write in English and in Spanish: each reader gets the one of their language."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from certification.models import Patient
from delivery import actions, rules
from delivery.models import DeliveryWindow, Order
from notifications.actions import send_due
from tests import factories
from tests.delivery.people import words_of
from tests.guard import unguarded
from tests.shared import shared
from ui.languages import in_readers_language
from ui.templatetags.portal import or_spanish

pytestmark = pytest.mark.django_db
SHOP = {"reason": "That address is a shop.", "reason_es": "Esa dirección es una tienda."}
SNOW = {"reason": "Heavy snow", "reason_es": "Nieve intensa"}


@shared
def pharmacist():
    return factories.staff("Pharmacist")


def reads_spanish(order):
    """Let the patient of an order get mail in Spanish."""
    with unguarded():
        Patient.objects.filter(pk=order.patient_id).update(language="es")


def page_of(order, language):
    client = factories.client_for(order.placed_by)
    return words_of(client.get(f"/delivery/orders/{order.number}/", headers={"accept-language": language}))


def step_of(order, step):
    return reverse("admin:delivery_order_step", args=[order.pk, step])


def mails_sent():
    """Send what waits, and return the words of all of it."""
    mail.outbox.clear()
    send_due(by=None)
    return "\n".join(sent.body for sent in mail.outbox)


@pytest.mark.parametrize(
    ("language", "spanish", "read"),
    [
        ("en", "Nieve", "Snow"),
        ("es", "Nieve", "Nieve"),
        ("es", "", "Snow"),
        ("es", None, "Snow"),
    ],
)
def test_in_readers_language(language, spanish, read):
    with translation.override(language):
        assert in_readers_language("Snow", spanish) == or_spanish("Snow", spanish) == read
        assert in_readers_language("", spanish if language == "en" else "") == ""


def test_a_sentence_of_the_portal_is_translated():
    with translation.override("es"):
        assert in_readers_language("Thanksgiving Day", "") == "Día de Acción de Gracias"


def test_a_refusal_is_read_in_the_language_of_the_orderer(pharmacist):
    order = factories.order()
    actions.refuse_order(order=order, **SHOP, by=pharmacist)
    for language, read, other in (("es", "reason_es", "reason"), ("en", "reason", "reason_es")):
        words = page_of(order, language)
        assert SHOP[read] in words and SHOP[other] not in words


def test_a_reason_without_spanish_is_read_as_it_was_written(pharmacist):
    order = factories.order()
    actions.cancel_order(order=order, reason=SHOP["reason"], by=pharmacist)
    assert SHOP["reason"] in page_of(order, "es")


@pytest.mark.parametrize("step", ["refuse", "cancel"])
def test_staff_type_both_and_read_both(pharmacist, step):
    order, client = factories.order(), factories.client_for(pharmacist)
    assert "Reason in Spanish" in client.get(step_of(order, step)).content.decode()
    client.post(step_of(order, step), SHOP)
    order.refresh_from_db()
    assert (order.ended_reason, order.ended_reason_es) == tuple(SHOP.values())
    assert SHOP["reason_es"] in words_of(client.get(f"/admin/delivery/order/{order.pk}/change/"))


@pytest.mark.parametrize(("is_moving", "sentence"), [(True, "No pudimos ir"), (False, "No podemos ir")])
def test_a_closed_day_is_explained_in_the_mail(is_moving, sentence):
    order = factories.order()
    reads_spanish(order)
    actions.close_date(day=order.window.date, **SNOW, is_moving=is_moving, by=factories.staff("Manager"))
    words = mails_sent()
    assert sentence in words and "Nieve intensa" in words and "Heavy snow" not in words
    assert DeliveryWindow.objects.filter(date=order.window.date).first().closed_reason_es == "Nieve intensa"


def test_a_closed_day_is_explained_at_checkout():
    window = factories.window()
    window.is_open, window.closed_reason, window.closed_reason_es = False, *SNOW.values()
    with translation.override("es"), pytest.raises(rules.WindowError, match="Nieve intensa"):
        rules.check_window_has_room(window)
    with pytest.raises(rules.WindowError, match="Heavy snow"):
        rules.check_window_has_room(window)


def test_an_opened_day_forgets_both_reasons():
    order, manager = factories.order(), factories.staff("Manager")
    closure = actions.close_date(day=order.window.date, **SNOW, is_moving=False, by=manager)
    actions.open_date(closure=closure, by=manager)
    window = DeliveryWindow.objects.get(pk=order.window_id)
    assert (window.is_open, window.closed_reason, window.closed_reason_es) == (True, "", "")


def test_spanish_stands_beside_a_reason():
    order = factories.order()
    for model, name, key in (
        (Order, "ended_reason_es", order.pk),
        (DeliveryWindow, "closed_reason_es", order.window_id),
    ):
        with pytest.raises(IntegrityError, match="spanish_beside_reason"), unguarded(), transaction.atomic():
            model.objects.filter(pk=key).update(**{name: "Nieve"})
