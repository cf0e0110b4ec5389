"""Every list of the admin with the rows of a whole world: it fits a screen and a phone, in light and in dark."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests import factories
from tests.world import World

pytestmark = pytest.mark.journey

LISTS = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
]
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll('.results, .wide-table')]
    .some(box => box.scrollWidth > box.clientWidth)"""
WITHOUT_LABEL = """() => getComputedStyle(document.querySelector('#result_list thead')).display !== 'none'
    || document.querySelectorAll('#result_list td:not([data-label], .action-checkbox)').length > 0"""
SOME = ["/admin/accounts/physician/", "/admin/delivery/product/", "/admin/certification/certification/"]


def test_every_list_fits_a_screen_and_a_phone(visitor):
    World()
    administrator = factories.staff("Administrator", is_superuser=True)
    ada = visitor(viewport={"width": 1200, "height": 900})
    ada.opens("/admin/login/")
    ada.signs_in_here(administrator.email)
    too_wide, without_label = [], []

    for address in LISTS:
        ada.page.goto(address)
        for width in (1200, 390):
            ada.page.set_viewport_size({"width": width, "height": 900})
            if ada.page.evaluate(TOO_WIDE):
                too_wide.append((address, width))
        has_rows = ada.page.locator("#result_list").count() and "delivery/order/" not in address
        if has_rows and ada.page.evaluate(WITHOUT_LABEL):
            without_label.append(address)
        ada.page.set_viewport_size({"width": 1200, "height": 900})

    assert too_wide == []
    assert without_label == []

    # axe in both colours, on a screen and in an open menu: the list under it is out of reach until the menu closes.
    for scheme in ("light", "dark"):
        ada.page.emulate_media(color_scheme=scheme)
        for address in SOME:
            ada.opens(address)
        ada.page.locator(".filter summary").first.click()
        ada.looks(within=".filters")

    # Filters say what is on, and how to turn them off again.
    ada.opens("/admin/delivery/product/?form__exact=flower")
    ada.sees("Form: Flower")
    ada.page.get_by_role("link", name="Clear: Form").click()
    ada.sees("Form: All")
    ada.errors = [error for error in ada.errors if not error.startswith("Applying inline style violates")]
    ada.met_no_barrier()
