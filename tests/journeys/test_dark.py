"""Where the system is dark, the pages are, and every word can still be read."""

import pytest

from tests import factories

pytestmark = pytest.mark.journey


def test_the_shop_and_a_record_can_be_read_in_the_dark(visitor):
    patient, physician = visitor(color_scheme="dark"), visitor(color_scheme="dark")
    certification = factories.certification()
    product = factories.product(price_cents=8000)
    factories.window()
    when_the_patient_shops(patient, certification.patient, product)
    when_the_physician_reads(physician, certification)
    for person in (patient, physician):
        person.met_no_barrier()


def when_the_patient_shops(patient, rosa, product):
    patient.signs_in(rosa.email)
    then_the_page_is_dark(patient)
    factories.cart(rosa, (product, 1))
    for address in (
        "/delivery/",
        f"/delivery/products/{product.sku}/",
        "/delivery/cart/",
        "/delivery/checkout/",
        "/card/",
    ):
        patient.opens(address)


def then_the_page_is_dark(person):
    colors = person.page.evaluate(
        "() => [document.body, document.querySelector('.header')].map((part) => getComputedStyle(part).backgroundColor)"
    )
    assert all(sum(map(int, color[4:-1].split(", "))) < 150 for color in colors), colors


def when_the_physician_reads(physician, certification):
    signer = certification.physician
    physician.signs_in(signer.user.email)
    physician.opens("/accounts/physician/identify/")
    physician.identifies(signer)
    for page in ("/certification/start/", "/certification/", f"/certification/{certification.uuid}/confirmation/"):
        physician.opens(page)
