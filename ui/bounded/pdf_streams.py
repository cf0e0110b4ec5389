"""Count how large the streams of a PDF are once a reader unpacks them, without storing them whole."""

import io
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image
from pypdf.filters import ASCII85Decode, ASCIIHexDecode, LZWDecode, RunLengthDecode
from pypdf.generic import ArrayObject, NullObject, StreamObject

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


class Unpacked:
    """The bytes of all streams so far."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, stream: StreamObject) -> None:
        """Add the bytes of a stream. Raises Refusal for too many bytes or an unknown filter."""
        size = max(_stream_bytes(stream), _image_bytes(stream, stream.get("/Width", 0), stream.get("/Height", 0)))
        self.total += size
        if size > MOST_STREAM_BYTES or self.total > MOST_BYTES:
            raise Refusal(TOO_LARGE)


def _stream_bytes(stream: StreamObject) -> int:
    data = stream._data  # as it stands in the file: get_data() would unpack it
    filters = _filters(stream)
    for place, name in enumerate(filters, start=1):
        if name in IMAGES:
            return _size_in_header(stream, data, name) if place == len(filters) else _refuse()
        if name == FLATE and place == len(filters):
            return sum(len(part) for part in _inflated(data))
        data = b"".join(_inflated(data)) if name == FLATE else UNPACK.get(name, _refuse)(data)
    return len(data)


def _filters(stream: StreamObject) -> list[Any]:
    filters = stream.get("/Filter", NullObject()).get_object()
    if isinstance(filters, NullObject):
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


def _size_in_header(stream: StreamObject, data: bytes, name: str) -> int:
    """Return the size of a picture by its own header, which may differ from what the PDF says."""
    if name not in HEADERS:
        return 0
    with Image.open(io.BytesIO(data), formats=[HEADERS[name]]) as picture:
        return _image_bytes(stream, *picture.size)


def _image_bytes(stream: StreamObject, width: Any, height: Any) -> int:
    is_black_and_white = stream.get("/ImageMask") or stream.get("/BitsPerComponent") == 1
    bits = 1 if is_black_and_white else 3 * int(stream.get("/BitsPerComponent", 8))
    return int(width) * int(height) * bits // 8
