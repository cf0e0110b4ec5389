"""Clean a PDF with pypdf: only what draws its pages stays.

A page is copied by a list of the keys that drawing needs. Every other key is dropped, whatever its name: actions,
scripts, attached files, forms, links, metadata. Objects that no page needs are not copied.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import LimitReachedError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
)

from ui.bounded.pdf_keys import ACTIONS, KEPT, KEPT_OF_ANNOTATION, KEPT_OF_PAGE, KEPT_OF_RESOURCES
from ui.bounded.pdf_streams import Unpacked
from ui.bounded.pdf_values import value_of
from ui.bounded.refusals import PASSWORD, PORTFOLIO, TOO_LARGE, UNDRAWN_FORM, UNREADABLE, Refusal

MOST_PAGES = 100
MOST_OBJECTS = 50_000  # dictionaries and arrays that draw the pages
MOST_PARENTS = 32  # of a form field
HEAD = 1024  # readers look for the beginning of a PDF in so many bytes
INVISIBLE = 1 << 1 | 1 << 5  # annotation flags Hidden and NoView
# Drawn from their own keys where they bring no appearance. Any other kind is kept as the stamp that it looks like.
DRAWN_ALONE = {
    "/Text", "/Link", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline",
    "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink",
}  # fmt: skip

# By the place where a dictionary stands. Those that are not named here may have any keys.
KEPT_OF = {
    "page": KEPT_OF_PAGE,
    "annotation": KEPT_OF_ANNOTATION,
    "resources": KEPT_OF_RESOURCES,
    "drawing": KEPT,
}


def clean(content: bytes) -> bytes:
    """Return a new PDF with the pages of the given one as people see them, and nothing else. Raises Refusal."""
    try:
        return _cleaned(content)
    except LimitReachedError as error:
        raise Refusal(TOO_LARGE) from error


def _cleaned(content: bytes) -> bytes:
    reader = PdfReader(io.BytesIO(content[_start(content) :]))
    if reader.is_encrypted and not reader.decrypt(""):  # locked by its owner only: a reader opens it
        raise Refusal(PASSWORD)
    root = reader.root_object
    _check_pages_are_the_document(root)
    if not 0 < len(reader.pages) <= MOST_PAGES:
        raise Refusal(TOO_LARGE if reader.pages else UNREADABLE)
    pruner = Pruner()
    writer = PdfWriter()
    for page in reader.pages:
        _reduce_page(page)
        pruner.prune(page, "page")
        writer.add_page(page)
    if layers := value_of(root, "/OCProperties"):  # which of the layers are shown
        pruner.prune(layers, "drawing")
        writer.root_object[NameObject("/OCProperties")] = layers.clone(writer)
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _start(content: bytes) -> int:
    return max(content.find(b"%PDF-", 0, HEAD), 0)


def _check_pages_are_the_document(root: DictionaryObject) -> None:
    """Refuse a portfolio, which shows its files, and a dynamic form, which shows its entries, instead of pages."""
    if value_of(root, "/Collection") is not None:
        raise Refusal(PORTFOLIO)
    form = value_of(root, "/AcroForm")
    if value_of(root, "/NeedsRendering") and isinstance(form, DictionaryObject) and "/XFA" in form:
        raise Refusal(UNDRAWN_FORM)


def _reduce_page(page: DictionaryObject) -> None:
    annotations = value_of(page, "/Annots")
    reduced = (
        [_annotation(annotation.get_object()) for annotation in annotations]
        if isinstance(annotations, ArrayObject)
        else []
    )
    for key in list(page):
        if key not in KEPT_OF_PAGE or key == "/Annots":
            del page[key]
    if any(reduced):
        page[NameObject("/Annots")] = ArrayObject(annotation for annotation in reduced if annotation)


def _annotation(annotation: PdfObject) -> DictionaryObject | None:
    """Return what is visible of a note, a mark, a stamp or a form field, or None.

    Raises Refusal for an entry that is not drawn yet.
    """
    if not isinstance(annotation, DictionaryObject) or int(value_of(annotation, "/F", 0)) & INVISIBLE:
        return None
    kind, appearance = value_of(annotation, "/Subtype"), _appearance(annotation)
    if kind == "/Popup" or not (appearance or kind in DRAWN_ALONE):
        if kind == "/Widget" and _has_entry(annotation):
            raise Refusal(UNDRAWN_FORM)
        return None
    stamp = DictionaryObject({key: value for key, value in annotation.items() if key != "/AP"})
    if kind not in DRAWN_ALONE:
        stamp[NameObject("/Subtype")] = NameObject("/Stamp")
    if appearance:
        stamp[NameObject("/AP")] = DictionaryObject({NameObject("/N"): appearance})
    return stamp


def _appearance(annotation: DictionaryObject) -> IndirectObject | StreamObject | None:
    """Return how an annotation looks while nobody points at it, in the state that it is in."""
    appearances = value_of(annotation, "/AP")
    if not isinstance(appearances, DictionaryObject) or "/N" not in appearances:
        return None
    normal = appearances.raw_get("/N")
    if not isinstance(normal.get_object(), StreamObject):
        states, state = normal.get_object(), value_of(annotation, "/AS")
        normal = states.raw_get(state) if isinstance(states, DictionaryObject) and state in states else NullObject()
    return normal if isinstance(normal.get_object(), StreamObject) else None


def _has_entry(field: DictionaryObject) -> bool:
    """Return whether a form field holds something that a reader would draw. An undrawn signature is invisible."""
    found: dict[str, Any] = {}
    for _step in range(MOST_PARENTS):
        for key in ("/V", "/FT"):
            found.setdefault(key, field[key]) if key in field else None
        parent = value_of(field, "/Parent")
        if not isinstance(parent, DictionaryObject):
            break
        field = parent
    return found.get("/FT") != "/Sig" and found.get("/V") not in (None, "", b"", "/Off", NullObject())


def _is_action(part: PdfObject) -> bool:
    value = part.get_object()
    if not isinstance(value, DictionaryObject):
        return False
    does = value_of(value, "/S")
    return (isinstance(does, str) and does in ACTIONS) or value_of(value, "/Type") == "/Action"


class Pruner:
    """Removes from an object and its parts what is not needed to draw it, and counts what is left."""

    def __init__(self) -> None:
        self.seen: dict[tuple[int, str], PdfObject] = {}  # the objects as well, so that no id is given twice
        self.unpacked = Unpacked()

    def prune(self, start: DictionaryObject, place: str) -> None:
        """Remove what is not needed. Raises Refusal for too many objects or unpacked bytes."""
        waiting: list[tuple[PdfObject, str]] = [(start, place)]
        while waiting:
            thing, place = waiting.pop()
            if (id(thing), place) in self.seen:
                continue
            self.seen[id(thing), place] = thing
            if len(self.seen) > MOST_OBJECTS:
                raise Refusal(TOO_LARGE)
            if isinstance(thing, DictionaryObject):
                _drop_keys(thing, KEPT_OF.get(place))
            if isinstance(thing, StreamObject):
                self.unpacked.add(thing)
            waiting += _held(thing, place)


def _drop_keys(thing: DictionaryObject, only: set[str] | None) -> None:
    """Drop the keys that are not in `only`; None leaves all, where the writer of the PDF chose the names."""
    for key in list(thing):
        if (only is not None and key not in only) or _is_action(thing.raw_get(key)) or _is_program(thing.raw_get(key)):
            del thing[key]


def _is_program(part: PdfObject) -> bool:
    """Return whether this is PostScript that a printer would run [ISO 32000-1, 8.8.2]."""
    value = part.get_object()
    return isinstance(value, StreamObject) and value_of(value, "/Subtype") == "/PS"


def _held(thing: PdfObject, place: str) -> Iterator[tuple[PdfObject, str]]:
    """Yield the dictionaries and arrays in a dictionary or array, each with its place."""
    pairs: Iterable[tuple[str | None, PdfObject]] = ()
    if isinstance(thing, DictionaryObject):
        pairs = thing.items()
    elif isinstance(thing, ArrayObject):
        pairs = ((None, part) for part in thing)
    for key, value in pairs:
        held = value.get_object()
        if isinstance(held, DictionaryObject | ArrayObject):
            yield held, _place(place, key)


def _place(place: str, key: str | None) -> str:
    """Return what a part is, by where it is: that decides which keys it may have."""
    if place == "page" and key == "/Annots":
        return "annotations"
    if place == "annotations":
        return "annotation"
    if place == "resources" or key in ("/CharProcs", "/Colorants"):
        return "names"
    return "resources" if key == "/Resources" and place != "names" else "drawing"
