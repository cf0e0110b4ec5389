"""Each view, change and refusal writes one event."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from audit.action_admin import ActionAdmin
from audit.models import Event
from delivery import actions
from delivery.rules import DeliveryError
from tests import factories
from tests.shared import shared

pytestmark = pytest.mark.django_db
READ = [model for model, its_admin in admin.site._registry.items() if isinstance(its_admin, ActionAdmin)]


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@shared
def world():
    """Make an order of a patient, so that many lists and pages have a row."""
    return factories.order()


def events_after(do):
    """Return the events that `do` writes."""
    last = Event.objects.order_by("pk").last()
    do()
    later = Event.objects.filter(pk__gt=last.pk if last else 0).order_by("pk")
    return list(later.values_list("action", "subject_id", "outcome"))


@pytest.mark.parametrize("model", READ, ids=lambda model: model._meta.label_lower)
def test_each_list_and_page_of_the_admin_leaves_one_event(model, world):
    client = factories.client_for(factories.staff(is_superuser=True))
    name = model._meta.model_name
    listed = events_after(lambda: client.get(address(model, "changelist")))
    assert listed == [(f"{name}.list", None, "done")]
    if row := model._base_manager.order_by("pk").last():
        seen = events_after(lambda: client.get(address(model, "change", row.pk)))
        assert seen == [(f"{name}.view", row.pk, "done")]


def test_a_change_and_a_refusal_leave_one_event_each(world):
    pharmacist = factories.staff("Pharmacist")

    def confirm():
        actions.confirm_order(order=world, monitoring_reviewed_date=timezone.localdate(), by=pharmacist)

    assert events_after(confirm) == [("order.confirm", world.pk, "done")]

    def again():
        with pytest.raises(DeliveryError):
            confirm()

    actions.refuse_order(order=world, reason="no", by=pharmacist)
    assert events_after(again) == [("order.confirm", world.pk, "refused")]


def test_without_the_record_a_look_leaves_nothing(world, monkeypatch):
    """The control: without `record` there is no event."""
    monkeypatch.setattr("audit.action_admin.record", lambda **_event: None)
    client = factories.client_for(factories.staff(is_superuser=True))
    assert events_after(lambda: client.get(address(type(world), "change", world.pk))) == []
