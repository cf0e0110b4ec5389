"""Count how large the streams of a PDF are once a reader unpacks them, without storing them whole."""

import io
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image
from pypdf.filters import ASCII85Decode, ASCIIHexDecode, LZWDecode, RunLengthDecode
from pypdf.generic import ArrayObject, StreamObject

from ui.bounded.pdf_values import value_of
from ui.bounded.refusals import TOO_LARGE, UNREADABLE, Refusal

MOST_STREAM_BYTES = 128_000_000  # a letter page at 600 dots an inch, in color
MOST_BYTES = 4 * MOST_STREAM_BYTES  # of all streams together
MOST_FILTERS = 4
CHUNK = 1 << 20
FLATE = "/FlateDecode"
UNPACK = {
    "/ASCIIHexDecode": ASCIIHexDecode.decode,
    "/ASCII85Decode": ASCII85Decode.decode,
    "/LZWDecode": LZWDecode.decode,
    "/RunLengthDecode": RunLengthDecode.decode,
}
IMAGES = {"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"}
HEADERS = {"/DCTDecode": "JPEG", "/JPXDecode": "JPEG2000"}  # that say the size themselves
IN_COLOR = 24  # bits of a point
DEPTHS = {1: 1, 2: 6, 4: 12, 8: IN_COLOR, 16: 48}  # bits of a point, by the bits of one of its three colors


class Unpacked:
    """The bytes of all streams so far."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, stream: StreamObject) -> None:
        """Add the bytes of a stream. Raises Refusal for too many bytes or an unknown filter."""
        said = int(value_of(stream, "/Width", 0)), int(value_of(stream, "/Height", 0))
        size = max(_stream_bytes(stream), _picture_bytes(*said, bits=_bits(stream)))
        self.total += size
        if size > MOST_STREAM_BYTES or self.total > MOST_BYTES:
            raise Refusal(TOO_LARGE)


def _stream_bytes(stream: StreamObject) -> int:
    data = stream._data  # as it stands in the file: get_data() would unpack it
    filters = _filters(stream)
    for place, name in enumerate(filters, start=1):
        if name in IMAGES:
            return _size_in_header(data, name) if place == len(filters) else _refuse()
        if name == FLATE and place == len(filters):
            return sum(len(part) for part in _inflated(data))
        data = b"".join(_inflated(data)) if name == FLATE else UNPACK.get(name, _refuse)(data)
    return len(data)


def _filters(stream: StreamObject) -> list[Any]:
    filters = value_of(stream, "/Filter")
    if filters is None:
        return []
    filters = [name.get_object() for name in filters] if isinstance(filters, ArrayObject) else [filters]
    return filters if len(filters) <= MOST_FILTERS else _refuse()


def _refuse(*_data: bytes) -> Any:
    raise Refusal(UNREADABLE)


def _inflated(data: bytes) -> Iterator[bytes]:
    """Yield parts of the unpacked data, as far as a reader gets. Raises Refusal for too many bytes."""
    inflater, count = zlib.decompressobj(), 0
    try:
        while data and not inflater.eof:
            part = inflater.decompress(data, CHUNK)
            data = inflater.unconsumed_tail
            count += len(part)
            if count > MOST_STREAM_BYTES:
                raise Refusal(TOO_LARGE)
            yield part
    except zlib.error:
        return


def _size_in_header(data: bytes, name: str) -> int:
    """Return the size of a picture by its own header, which may differ from what the PDF says of it."""
    if name not in HEADERS:
        return 0
    with Image.open(io.BytesIO(data), formats=[HEADERS[name]]) as picture:
        return _picture_bytes(*picture.size, bits=IN_COLOR)


def _bits(stream: StreamObject) -> int:
    """Return the bits of a point by what the PDF says of a picture; what it may not say counts as color."""
    if value_of(stream, "/ImageMask"):
        return 1
    depth = value_of(stream, "/BitsPerComponent")
    return DEPTHS.get(depth, IN_COLOR)


def _picture_bytes(width: int, height: int, *, bits: int) -> int:
    return width * height * bits // 8
