"""The day that the staff's start page is about, and a portal in which nothing waits."""

from datetime import timedelta

import pytest
from django.urls import reverse

from delivery.models import DeliveryWindow
from pages.staff_start import staff_start
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db


def test_an_empty_portal_says_that_nothing_waits():
    with unguarded():
        DeliveryWindow.objects.all().delete()
    text = factories.client_for(factories.staff("Pharmacist")).get(reverse("admin:index")).content.decode()
    assert "No delivery day is planned" in text and "Nothing waits for you." in text


def test_todays_windows_are_shown_until_the_last_has_ended():
    user, today = factories.staff("Pharmacist"), factories.window().date
    ends = max(window.ends_at for window in DeliveryWindow.objects.filter(date=today))
    assert staff_start(user, now=ends - timedelta(minutes=1)).day == today
    assert staff_start(user, now=ends).day == today + timedelta(days=7)
