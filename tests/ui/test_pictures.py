"""A photo is drawn anew: the picture stays, everything else in the file goes, and memory is limited."""

import io
import random
import zlib
from functools import partial

import pytest
from PIL import Image, ImageDraw

from ui.bounded import pictures, refusals
from ui.bounded.pictures import MOST_PIXELS, draw
from ui.bounded.refusals import Refusal
from ui.bounded.run import MOST_MEMORY, run_bounded
from ui.pictures import drawn_anew, kind_of

pytestmark = pytest.mark.once

INK, PAPER = (0, 0, 0), (255, 255, 255)


def saved(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def read(content):
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
    return picture


def seen(picture, kind="PNG", **options):
    """Return the colors of both halves of a picture of 40 × 20 points."""
    drawn = read(draw(saved(picture, kind, **options), kind=kind, longest_side=100, quality=95))
    assert drawn.size == picture.size and drawn.mode == "RGB"
    return drawn.getpixel((10, 10)), drawn.getpixel((30, 10))


def on(mode, ground, ink):
    picture = Image.new(mode, (40, 20), ground)
    ImageDraw.Draw(picture).rectangle((0, 0, 19, 19), fill=ink)
    return picture


def palette(**options):
    picture = on("P", 0, 1)
    picture.putpalette([9, 9, 9, 0, 0, 0])
    return picture, options


BLACK_ON_WHITE = {
    "RGB": (on("RGB", PAPER, INK), {}),
    "grey": (on("L", 255, 0), {}),
    "one bit": (on("1", 1, 0), {}),
    "transparent": (on("RGBA", (0, 0, 0, 0), (0, 0, 0, 255)), {}),
    "transparent and grey": (on("LA", (0, 0), (0, 255)), {}),
    "transparent color": (on("RGB", (1, 2, 3), INK), {"transparency": (1, 2, 3)}),
    "transparent grey": (on("L", 7, 0), {"transparency": 7}),
    "transparent bit": (on("1", 1, 0), {"transparency": 1}),
    "transparent in a palette": palette(transparency=b"\x00\xff"),
    "one transparent of a palette": palette(transparency=0),
    "16 bits": (on("I;16", 65535, 0), {}),
    "16 bits, transparent": (on("I;16", 700, 0), {"transparency": 700}),
}


@pytest.mark.parametrize("name", list(BLACK_ON_WHITE))
def test_draw_keeps_black_ink_on_white_paper(name):
    picture, options = BLACK_ON_WHITE[name]
    assert seen(picture, **options) == (INK, PAPER)


def test_draw_keeps_half_transparent_and_grey_as_they_look():
    assert seen(on("RGBA", (0, 0, 0, 51), (255, 0, 0, 255)))[1] == (204, 204, 204)
    assert seen(on("I;16", 0x8000, 0x4000)) == ((64,) * 3, (128,) * 3)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_draw_keeps_a_jpeg_of_any_colors(mode):
    white, black = {"RGB": (PAPER, INK), "L": (255, 0), "CMYK": ((0, 0, 0, 0), (0, 0, 0, 255))}[mode]
    ink, paper = seen(on(mode, white, black), "JPEG", quality=95)
    assert max(ink) < 20 and min(paper) > 235


@pytest.mark.parametrize(
    ("kind", "orientation", "size"), [("JPEG", 6, (20, 40)), ("PNG", 8, (20, 40)), ("JPEG", 3, (40, 20))]
)
def test_draw_turns_a_photo_upright_and_drops_its_place(kind, orientation, size):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = orientation, "Milo at home"
    drawn = draw(saved(on("RGB", PAPER, INK), kind, exif=exif), kind=kind, longest_side=100, quality=85)
    assert read(drawn).size == size and not read(drawn).getexif() and b"Milo" not in drawn


def test_draw_takes_the_first_picture_of_a_file():
    animated = saved(on("RGB", PAPER, INK), "PNG", save_all=True, append_images=[Image.new("RGB", (40, 20), "red")])
    two = saved(on("RGB", PAPER, INK), "MPO", save_all=True, append_images=[Image.new("RGB", (4000, 2000), "red")])
    for content, kind in ((animated, "PNG"), (two, "JPEG")):
        drawn = read(draw(content, kind=kind, longest_side=100, quality=95))
        assert drawn.size == (40, 20) and max(drawn.getpixel((5, 10))) < 20


def test_drawing_in_stripes_equals_drawing_at_once(monkeypatch):
    noise = random.Random(3)
    picture = Image.frombytes("RGB", (211, 307), noise.randbytes(211 * 307 * 3))
    monkeypatch.setattr(pictures, "STRIPE_PIXELS", 4000)
    drawn = pictures._shrunk(picture, 100)
    whole = picture.resize(drawn.size, Image.Resampling.LANCZOS)
    assert drawn.size == (69, 100)
    assert max(abs(value - other) for value, other in zip(drawn.tobytes(), whole.tobytes(), strict=True)) <= 1


@pytest.mark.parametrize("hidden", [b"PK\x05\x06" + bytes(18), b"<script>alert(1)</script>", b"<svg onload=''/>"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_drawn_anew_accepts_a_picture_whose_bytes_look_like_markup_and_stores_none_of_them(kind, hidden):
    """A picture's own points may spell <svg: what is drawn counts, and only that is kept."""
    content = saved(on("RGB", PAPER, INK), kind) + hidden
    drawn = drawn_anew(content, kind_of(content), longest_side=100, quality=85)
    assert read(drawn).format == "JPEG" and hidden not in drawn and b"<svg" not in drawn


def test_draw_is_not_misled_by_points_that_spell_markup():
    spelled = Image.frombytes("P", (4, 2), b"<svg" * 2)
    spelled.putpalette(bytes(range(256)) * 3)
    content = saved(spelled, "PNG", compress_level=0)
    assert b"<svg" in content
    assert read(draw(content, kind="PNG", longest_side=100, quality=85)).size == (4, 2)


# --- What a picture may cost ----------------------------------------------------------------------------------------


def plain(mode, width, height, kind="PNG", **options):
    return saved(Image.new(mode, (width, height)), kind, **options)


OPTIONS = {"kind": "PNG", "longest_side": 3000, "quality": 85}


def cost(content, kind, longest_side=3000):
    """Return the most memory in bytes that the drawing process used."""
    options = {"kind": kind, "longest_side": longest_side, "quality": 85}
    return run_bounded("ui.bounded.pictures:draw", content, **options).peak


# The large pictures are made by their tests: each worker would make all of them when it collects the tests.
@pytest.mark.parametrize(
    ("made", "kind"),
    [(partial(plain, "RGBA", 5000, 5000), "PNG"), (partial(plain, "RGB", 25_000, 1000), "PNG"),
     (partial(plain, "RGB", 5000, 5000, "JPEG", subsampling=0), "JPEG"),
     (partial(plain, "CMYK", 5000, 5000, "JPEG"), "JPEG"),
     (partial(plain, "RGB", 5000, 4000, "JPEG", progressive=True), "JPEG"),
     (partial(plain, "RGB", 9000, 8000, "JPEG"), "JPEG")],
    ids=["transparent", "wide", "jpeg", "cmyk", "progressive", "72 million points"],
)  # fmt: skip
def test_the_largest_picture_that_is_taken_costs_less_than_200_mb(made, kind):
    content = made()
    assert len(content) < 10 * 1024 * 1024
    assert 0 < cost(content, kind) < MOST_MEMORY == 200 * 1024 * 1024


def test_the_pixels_are_counted_before_anything_is_decoded():
    """The test makes a picture just over the portal's limit: 25,005,000 points in 73 kB. It is never decoded."""
    content = plain("RGB", 5001, 5000)
    assert len(content) < 100_000 and MOST_PIXELS == 25_000_000
    with pytest.raises(Refusal, match=refusals.TOO_MANY_PIXELS):
        run_bounded("ui.bounded.pictures:draw", content, memory=80 * 1024 * 1024, **OPTIONS)


@pytest.mark.parametrize(
    ("made", "kind"),
    [(partial(plain, "RGB", 12_000, 9000, "JPEG"), "JPEG"),
     (partial(plain, "RGB", 9000, 8000, "JPEG", progressive=True), "JPEG"), (partial(plain, "1", 6000, 5000), "PNG")],
    ids=["108 million points", "progressive", "one bit"],
)  # fmt: skip
def test_a_picture_that_would_cost_more_is_refused(made, kind):
    content = made()
    with pytest.raises(Refusal, match=refusals.TOO_MANY_PIXELS):
        draw(content, kind=kind, longest_side=3000, quality=85)


def test_a_large_photo_for_the_menu_costs_little():
    """The decoder itself draws it at an eighth of its size."""
    assert cost(plain("RGB", 9000, 8000, "JPEG"), "JPEG", longest_side=480) < 60 * 1024 * 1024


def test_texts_of_a_png_are_not_unpacked_without_end():
    """Pillow's own limit holds: a text of 65 MB in 64 kB is no reason to read it."""
    text = zlib.compress(bytes(65 * 1024 * 1024))
    chunk = b"zTXtx\0\0" + text
    head, tail = plain("L", 4, 4)[:33], plain("L", 4, 4)[33:]
    content = head + len(chunk[4:]).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + tail
    with pytest.raises(Refusal):
        run_bounded("ui.bounded.pictures:draw", content, kind="PNG", longest_side=100, quality=85)
