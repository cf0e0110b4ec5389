"""A driver at the door scans the photo ID with the phone, lets the patient sign on the screen, and hands over."""

import pytest
from django.utils import timezone

from certification import qr
from certification.actions import card_of
from delivery.models import HandOver, IdDifference, Order, Run
from tests import factories
from tests.delivery import door, licenses
from tests.guard import unguarded

pytestmark = pytest.mark.journey


def test_a_driver_scans_the_card_and_the_id_and_lets_the_patient_sign(visitor, tmp_path):
    order = factories.order()
    run = out_with(order)
    dora = visitor(viewport={"width": 390, "height": 844})
    dora.signs_in(run.driver.email)
    dora.opens(f"/delivery/runs/{run.uuid}/")
    when_the_code_of_the_card_is_scanned(dora, order, tmp_path)
    when_the_id_of_somebody_else_is_scanned(dora, order, tmp_path)
    when_the_patients_id_is_scanned(dora, order, tmp_path)
    when_the_patient_signs(dora)
    dora.fills(cash_cents="80")
    dora.presses("Hand over")
    dora.sees("Every stop is done.")
    then_the_hand_over_says_what_was_scanned(order)
    dora.met_no_barrier()


def out_with(order):
    """Return the run of an order that has left; the real clock may be before its day."""
    run = door.run_of(order)
    with unguarded():
        Run.objects.update(opened_at=timezone.now())
        Order.objects.update(status=Order.Status.OUT_FOR_DELIVERY)
    return run


def scan(dora, button, picture, tmp_path):
    """Take a picture: this browser has no camera."""
    picture.save(tmp_path / "code.png")
    dora.page.get_by_role("button", name=button).click()
    dora.page.get_by_text("This phone gives no camera.").wait_for()
    dora.page.locator("[data-picture]").set_input_files(tmp_path / "code.png")
    dora.page.locator("[data-camera]").wait_for(state="hidden")


def when_the_code_of_the_card_is_scanned(dora, order, tmp_path):
    from PIL import Image

    rows = qr.matrix(qr.check_url(card_of(person=order.patient, by=order.placed_by).token))
    code = Image.new("L", (len(rows), len(rows)), 255)
    code.putdata([0 if dark else 255 for row in rows for dark in row])
    page = Image.new("L", (len(rows) + 8, len(rows) + 8), 255)
    page.paste(code, (4, 4))
    scan(dora, "Scan the card", page.resize((400, 400), Image.Resampling.NEAREST), tmp_path)
    assert "/verify/" in dora.page.locator("[name=card]").input_value()
    assert dora.page.locator("[name=card_checked]").is_checked()


def when_the_id_of_somebody_else_is_scanned(dora, order, tmp_path):
    scan(dora, "Scan the ID", licenses.picture(licenses.of_person(order.patient, DCS="DACOSTA")), tmp_path)
    dora.page.get_by_text("Call our pharmacists").wait_for()
    dora.sees("The family name on the photo ID is DACOSTA")
    dora.sees("Call our pharmacists: one of them decides.")
    assert IdDifference.objects.undecided().count() == 1


def when_the_patients_id_is_scanned(dora, order, tmp_path):
    scan(dora, "Scan the ID", licenses.picture(licenses.of_person(order.patient)), tmp_path)
    dora.page.get_by_text(f"Name and birth date are those of {order.patient.name}.").wait_for()
    assert dora.page.locator("[name=id_number]").input_value() == "123456780"
    assert dora.page.locator("[name=id_expires_date]").input_value() == "10/18/2031"
    dora.ticks("photo_id_checked")


def when_the_patient_signs(dora):
    pad = dora.page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    mouse = dora.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 60)
    mouse.down()
    for place in range(1, 12):
        mouse.move(box["x"] + 20 + 20 * place, box["y"] + (20 if place % 2 else 90))
    mouse.up()


def then_the_hand_over_says_what_was_scanned(order):
    made = HandOver.objects.get(order=order)
    assert (made.id_number, made.id_state, str(made.id_expires_date)) == ("123456780", "CT", "2031-10-18")
    assert (made.signed, made.signature.startswith("M"), made.id_difference) == ("drawn", True, None)
