"""Harmless PDFs for the tests, each with something active or attached."""

import io

import pypdf
import pypdfium2
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

MARKER = "example.org"  # part of everything that the cleaning must remove
DRAWING = b"0.2 0.6 0.4 rg 20 20 60 30 re f BT /A 18 Tf 20 120 Td (Letter of support) Tj ET /JS Do"
ACTION_KEYS = {
    "/A", "/AA", "/PA", "/OpenAction", "/JS", "/JavaScript", "/EF", "/RF", "/EmbeddedFiles", "/FS", "/AF", "/Next",
    "/URI", "/XFA", "/AcroForm", "/RichMediaContent", "/RichMediaSettings", "/Movie", "/Sound", "/R", "/3DD", "/Ref",
    "/OPI", "/Alternates", "/PieceInfo", "/Metadata", "/Names", "/Dests", "/Outlines", "/Threads", "/Info", "/Dest",
}  # fmt: skip


def made(value):
    """Return the Python value as an object of a PDF; a text that begins with a slash becomes a name."""
    if isinstance(value, PdfObject):
        return value
    if isinstance(value, dict):
        return DictionaryObject({NameObject(f"/{key}"): made(part) for key, part in value.items()})
    if isinstance(value, list | tuple):
        return ArrayObject(made(part) for part in value)
    if isinstance(value, bool):
        return BooleanObject(value)
    if isinstance(value, int | float):
        return NumberObject(value) if isinstance(value, int) else FloatObject(value)
    return NameObject(value) if value.startswith("/") else TextStringObject(value)


def stream(data, **keys):
    content = DecodedStreamObject()
    content.set_data(data)
    content.update(made(keys))
    return content


def uri(**more):
    return {"Type": "/Action", "S": "/URI", "URI": f"https://{MARKER}/", **more}


def script(words="app.alert"):
    return {"S": "/JavaScript", "JS": f"{words}('{MARKER}')"}


def file_of(writer):
    """Return the specification of a file that is attached to the PDF."""
    content = writer._add_object(stream(f"from {MARKER}".encode(), Type="/EmbeddedFile"))
    return {"Type": "/Filespec", "F": "a.txt", "EF": {"F": content}}


class Letter:
    """A PDF with a box, a line of text and a picture that have names of actions; each `with_…` adds something."""

    def __init__(self):
        self.writer = pypdf.PdfWriter()
        self.page = self.writer.add_blank_page(width=200, height=200)
        font = {"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica"}
        box = self.writer._add_object(stream(b"1 0 0 rg 0 0 20 20 re f", Subtype="/Form", BBox=[0, 0, 20, 20]))
        self.resources = made({"Font": {"A": self.writer._add_object(made(font))}, "XObject": {"JS": box}})
        self.page[NameObject("/Resources")] = self.writer._add_object(self.resources)
        self.page[NameObject("/Contents")] = self.writer._add_object(stream(DRAWING))

    def with_root(self, **keys):
        self.writer.root_object.update(made(keys))
        return self

    def with_page(self, **keys):
        self.page.update(made(keys))
        return self

    def with_annotations(self, *annotations):
        added = [self.writer._add_object(made({"Type": "/Annot", **annotation})) for annotation in annotations]
        return self.with_page(Annots=added)

    def with_resource(self, category, **keys):
        self.resources.setdefault(NameObject(f"/{category}"), DictionaryObject()).update(made(keys))
        return self

    def with_loose(self, *things):
        """Add objects that nothing refers to."""
        for thing in things:
            self.writer._add_object(made(thing))
        return self

    def look(self, data=b"0 0 1 rg 0 0 40 20 re f", **keys):
        """Return the appearance of an annotation: a blue box."""
        return self.writer._add_object(stream(data, Subtype="/Form", BBox=[0, 0, 40, 20], **keys))

    @property
    def content(self):
        self._store_streams(self.page, set())
        self._store_streams(self.writer.root_object, set())
        out = io.BytesIO()
        self.writer.write(out)
        return out.getvalue()

    def _store_streams(self, thing, seen):
        """Make each stream an object of its own, as the PDF format wants it, and refer to it."""
        thing = thing.get_object()
        if id(thing) in seen or not isinstance(thing, DictionaryObject | ArrayObject):
            return
        seen.add(id(thing))
        for key, value in list(thing.items() if isinstance(thing, DictionaryObject) else enumerate(thing)):
            self._store_streams(value, seen)
            if isinstance(value, StreamObject):
                thing[key] = self.writer._add_object(value)


def pictures_of(content):
    """Return each page as a viewer draws it, with notes and form fields, as RGB bytes."""
    with pypdfium2.PdfDocument(content) as document:
        document.init_forms()
        return [page.render(scale=2).to_pil().convert("RGB").tobytes() for page in document]


def text_of(content):
    with pypdfium2.PdfDocument(content) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)


def active_parts(content):
    """Return the active keys and traces of MARKER in all objects of the file, also in those without a reference."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    found = {key for key in reader.trailer if key in ACTION_KEYS}
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    waiting = [reader.get_object(number) for number in numbers]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, DictionaryObject):
            found |= {key for key in thing if key in ACTION_KEYS and key not in _names_of_the_drawing(thing)}
            found |= {"external"} if isinstance(thing, StreamObject) and "/F" in thing else set()
            waiting += thing.values()
        elif isinstance(thing, ArrayObject):
            waiting += thing
        if isinstance(thing, StreamObject) and MARKER.encode() in thing.get_data():
            found.add("data")
        if isinstance(thing, str | bytes) and MARKER in str(thing):
            found.add("words")
    return found


def _names_of_the_drawing(thing):
    """Return the keys that only name a font or a picture of the page: these are called /A and /JS on purpose."""
    return {key for key in ("/A", "/JS") if key in thing and _is_drawn(thing[key])}


def _is_drawn(value):
    return isinstance(value, DictionaryObject) and (value.get("/Subtype") == "/Form" or value.get("/Type") == "/Font")
