"""The photo of a product: its content is checked, it is drawn anew, and the menu shows it."""

import io
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from PIL import Image

from delivery import actions, photos
from delivery.models import ProductPhoto
from tests import factories
from tests.delivery.people import url
from tests.guard import unguarded
from tests.shared import shared

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@shared
def pharmacist():
    return factories.client_for(factories.staff("Pharmacist"))


@shared
def product():
    return factories.product(stock=5)


def picture(kind="JPEG", size=(1200, 800), name="photo.jpg", after=b""):
    made = io.BytesIO()
    Image.new("RGB", size, "#3a6").save(made, kind)
    return SimpleUploadedFile(name, made.getvalue() + after)


def step(product, name):
    return reverse("admin:delivery_product_step", args=[product.pk, name])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_set_photo_stores_a_small_new_drawing(pharmacist, product, kind):
    assert 'enctype="multipart/form-data"' in pharmacist.get(step(product, "photo")).content.decode()
    pharmacist.post(step(product, "photo"), {"photo": picture(kind)})
    with Image.open(io.BytesIO(bytes(product.photo.content))) as stored:
        assert (stored.format, stored.size) == ("JPEG", (480, 320))


def test_set_photo_again_takes_the_place_of_the_first(pharmacist, product):
    for size in ((300, 200), (200, 300)):
        pharmacist.post(step(product, "photo"), {"photo": picture(size=size)})
    with Image.open(io.BytesIO(bytes(ProductPhoto.objects.get().content))) as stored:
        assert stored.size == (200, 300)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (partial(picture, "PNG", size=(5001, 5000)), "too many pixels"),  # not made before it is needed
        (SimpleUploadedFile("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "neither a JPEG nor a PNG"),
        (SimpleUploadedFile("photo.png", b"PK\x03\x04 a zip"), "neither a JPEG nor a PNG"),
        (SimpleUploadedFile("photo.jpg", b"\xff\xd8\xff and no more"), "damaged"),
        (SimpleUploadedFile("photo.jpg", b""), "empty"),
        (None, "Enter photo"),
    ],
)
def test_a_file_that_is_no_photo_gets_a_sentence(pharmacist, product, file, sentence):
    photo = file() if callable(file) else file
    page = pharmacist.post(step(product, "photo"), {"photo": photo} if photo else {}).content.decode()
    assert sentence in page and not ProductPhoto.objects.exists()


def test_data_behind_a_photo_is_not_stored(pharmacist, product):
    pharmacist.post(step(product, "photo"), {"photo": picture(after=b"<script>alert(1)</script>")})
    assert b"script" not in bytes(product.photo.content)


def test_a_transparent_photo_gets_a_white_ground(pharmacist, product):
    made = io.BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(made, "PNG")
    pharmacist.post(step(product, "photo"), {"photo": SimpleUploadedFile("photo.png", made.getvalue())})
    with Image.open(io.BytesIO(bytes(product.photo.content))) as stored:
        assert stored.getpixel((9, 9)) == (255, 255, 255)


def test_a_photo_is_read_before_any_row_is_locked(product, monkeypatch):
    in_transaction = []
    monkeypatch.setattr(
        "delivery.actions.products.read_photo",
        lambda photo: in_transaction.append(len(connection.savepoint_ids)) or photos.read_photo(photo),
    )
    before = len(connection.savepoint_ids)
    actions.set_photo(product=product, photo=picture(), by=None)
    assert in_transaction == [before]


def test_a_photo_of_too_many_bytes_is_not_read(pharmacist, product, monkeypatch):
    monkeypatch.setattr(photos, "MOST_BYTES", 1000)
    assert "larger than" in pharmacist.post(step(product, "photo"), {"photo": picture("PNG")}).content.decode()


def test_the_menu_shows_the_photo_and_the_browser_stores_it(pharmacist, product):
    pharmacist.post(step(product, "photo"), {"photo": picture()})
    client = factories.client_for(factories.patient().user)
    factories.window()
    address = url("product-photo", product.photo.digest)

    page = client.get(url("product-list")).content.decode()
    response = client.get(address)

    assert f'src="{address}"' in page and 'loading="lazy"' in page
    assert (response["Content-Type"], response["Cache-Control"]) == (
        "image/jpeg", "private, max-age=31536000, immutable",
    )  # fmt: skip
    assert client.get(url("product-photo", "another")).status_code == 404


def test_drop_photo_leaves_the_text(pharmacist, product):
    pharmacist.post(step(product, "photo"), {"photo": picture()})
    for _ in range(2):
        pharmacist.post(step(product, "drop-photo"))
    assert not ProductPhoto.objects.exists()


def test_database_refuses_a_photo_without_its_digest(product):
    actions.set_photo(product=product, photo=picture(), by=None)
    with unguarded(), pytest.raises(IntegrityError, match="photo_has_digest"), transaction.atomic():
        ProductPhoto.objects.update(digest="")
