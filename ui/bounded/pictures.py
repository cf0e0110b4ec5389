"""Draw a photo anew with Pillow: what people see stays, and nothing else in the file does."""

import io
import math
import warnings

from PIL import Image, ImageChops, ImageOps

from ui.bounded.refusals import TOO_MANY_PIXELS, Refusal

# A letter page at 500 dots an inch. A large JPEG is decoded at half its width and height or less, so that a phone's 50
# million pixels fit in as well.
MOST_PIXELS = 25_000_000
MOST_JPEG_PIXELS = 4 * MOST_PIXELS
MOST_BYTES = 120_000_000  # while it is decoded; the process may have 200 MB with its libraries and the result
PIXEL_BYTES = 4  # in Pillow's memory, of whatever mode
ORIENTATION = 0x0112  # of the camera, in the EXIF data
STRIPE_PIXELS = 1_000_000  # of the source, drawn at once
MARGIN = 4  # rows of the result that a stripe needs of its neighbours: the filter looks 3 rows up and down

Image.MAX_IMAGE_PIXELS = MOST_JPEG_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


def draw(content: bytes, *, kind: str, longest_side: int, quality: int) -> bytes:
    """Return the picture as a JPEG: upright, laid on white, at most `longest_side` pixels long, without metadata.

    `kind` is "JPEG" or "PNG". Of several pictures in one file the first is drawn. Raises Refusal.
    """
    with _opened(content, kind) as picture:
        _check_size(picture, longest_side)
        orientation = picture.getexif().get(ORIENTATION, 1)
        drawn = _shrunk(picture, longest_side)
    drawn.getexif()[ORIENTATION] = orientation
    ImageOps.exif_transpose(drawn, in_place=True)
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _opened(content: bytes, kind: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=[kind])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refusal(TOO_MANY_PIXELS) from error


def _check_size(picture: Image.Image, longest_side: int) -> None:
    """Refuse a picture that would not fit into memory, by its header. A JPEG is set to be decoded small."""
    coefficients = _coefficient_bytes(picture)
    smallest = (longest_side, longest_side)
    if coefficients + PIXEL_BYTES * picture.width * picture.height > MOST_BYTES:
        smallest = (min(longest_side, picture.width // 2), min(longest_side, picture.height // 2))
    picture.draft(picture.mode, smallest)
    pixels = picture.width * picture.height
    if pixels > MOST_PIXELS or coefficients + PIXEL_BYTES * pixels > MOST_BYTES:
        raise Refusal(TOO_MANY_PIXELS)


def _coefficient_bytes(picture: Image.Image) -> int:
    """Return the bytes that libjpeg needs for a whole progressive JPEG besides the pixels; 0 for any other."""
    if not picture.info.get("progressive"):
        return 0
    factors = [across * down for _id, across, down, _table in picture.layer]  # type: ignore[attr-defined] # of a JPEG alone
    return 2 * picture.width * picture.height * sum(factors) // max(factors)


def _shrunk(picture: Image.Image, longest_side: int) -> Image.Image:
    """Return the picture on white in its final size. It is drawn in stripes, because a second copy is too large."""
    scale = max(1, max(picture.size) / longest_side)
    width, height = (max(1, round(side / scale)) for side in picture.size)
    rows = picture.height / height  # of the source in one row of the result
    drawn = Image.new("RGB", (width, height))
    stripe_height = max(1, int(STRIPE_PIXELS / picture.width / rows))
    for top in range(0, height, stripe_height):
        bottom = min(top + stripe_height, height)
        first, last = max(top - MARGIN, 0), min(bottom + MARGIN, height)
        upper, lower = math.floor(first * rows), min(math.ceil(last * rows), picture.height)
        source = on_white(picture.crop((0, upper, picture.width, lower)))
        box = (0, first * rows - upper, picture.width, min(last * rows - upper, source.height))
        stripe = source.resize((width, last - first), Image.Resampling.LANCZOS, box)
        drawn.paste(stripe.crop((0, top - first, width, bottom - first)), (0, top))
    return drawn


def on_white(picture: Image.Image) -> Image.Image:
    """Return the picture in RGB without transparency, laid on white as a page shows it."""
    if picture.mode == "I;16":
        return _eight_bits(picture).convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground.convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return a grey picture of 16 bits a pixel in 8. Pillow's own conversion makes everything above 255 white."""
    low, high = Image.frombytes("LA", picture.size, picture.tobytes()).split()
    transparent = picture.info.get("transparency")
    if transparent is not None:
        parts = zip((low, high), (transparent & 255, transparent >> 8), strict=True)
        is_transparent = [part.point([255 * (level == byte) for level in range(256)]) for part, byte in parts]
        high.paste(255, mask=ImageChops.darker(*is_transparent))
    return high
