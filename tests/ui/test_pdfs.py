"""Cleaning a PDF removes programs and attached files, and its pages look as before."""

import io
import struct
import zlib
from functools import partial

import pypdf
import pytest
from PIL import Image
from pypdf.generic import NullObject

from certification.models import Certification
from certification.papers.certificate import certificate_pdf
from tests import factories
from tests.pdfs import Letter, active_parts, file_of, made, pictures_of, script, stream, text_of, uri
from ui.bounded import pdfs, refusals
from ui.bounded.pdf_streams import MOST_STREAM_BYTES
from ui.bounded.pdfs import clean
from ui.bounded.refusals import Refusal
from ui.bounded.run import MEGABYTE, MOST_MEMORY, run_bounded

pytestmark = pytest.mark.once

RECT = [100, 20, 140, 40]


def active(add):
    """Return the bytes of a letter that `add` has changed."""
    letter = Letter()
    add(letter)
    return letter.content


def drawn(subtype, **keys):
    """Return an annotation with a drawing of its own, unless `keys` replaces it."""
    return lambda letter: letter.with_annotations(
        {"Subtype": subtype, "Rect": RECT, "F": 4, "AP": {"N": letter.look()}, **_of(letter, keys)}
    )


def _of(letter, keys):
    return {key: value(letter) if callable(value) else value for key, value in keys.items()}


def field(**keys):
    """Return a field of a PDF form."""

    def add(letter):
        drawn("/Widget", T="name", **keys)(letter)
        letter.with_root(AcroForm={"Fields": letter.page["/Annots"]})

    return add


def elsewhere(letter, value):
    """Return a reference to the value, as any value of a PDF may be."""
    return letter.writer._add_object(made(value))


def xfa(letter):
    field(FT="/Tx", V="Ines", AA={"K": script()})(letter)
    letter.writer.root_object["/AcroForm"].update(made({"XFA": stream(b"<xfa>example.org</xfa>")}))


ACTIVE = {
    "open script": lambda it: it.with_root(OpenAction=script()),
    "open address": lambda it: it.with_root(OpenAction=uri()),
    "open program": lambda it: it.with_root(OpenAction={"S": "/Launch", "F": "example.org"}),
    "open other file": lambda it: it.with_root(OpenAction={"S": "/GoToR", "F": "example.org", "D": [0, "/Fit"]}),
    "open sends form": lambda it: it.with_root(
        OpenAction={"S": "/SubmitForm", "F": {"FS": "/URL", "F": "example.org"}}
    ),
    "document closes": lambda it: it.with_root(AA={"WC": script()}),
    "named scripts": lambda it: it.with_root(Names={"JavaScript": {"Names": ["a", script()]}}),
    "base address": lambda it: it.with_root(URI={"Base": "https://example.org/"}),
    "bookmark": lambda it: it.with_root(Outlines={"First": {"Title": "example.org", "A": uri()}}),
    "page opens": lambda it: it.with_page(AA={"O": script(), "C": uri()}),
    "link": lambda it: it.with_annotations({"Subtype": "/Link", "Rect": RECT, "Border": [0, 0, 2], "A": uri()}),
    "link pressed": lambda it: it.with_annotations({"Subtype": "/Link", "Rect": RECT, "PA": uri()}),
    "link into the page": lambda it: it.with_annotations(
        {"Subtype": "/Link", "Rect": RECT, "A": {"S": "/GoTo", "D": "a", "Next": [{"S": "/Hide", "Next": script()}]}}
    ),
    "note under the mouse": drawn("/Stamp", AA={"E": script(), "X": uri()}),
    "mark with an action in a part": drawn("/Square", BS={"S": "/S", "Next": script()}, IC=uri()),
    "field": field(FT="/Tx", V="Ines", AA={"K": script(), "F": script()}),
    "form in XML": xfa,
    "button": field(FT="/Btn", Ff=65536, A=uri(), MK={"CA": "example.org"}),
    "signature": field(FT="/Sig", V={"Type": "/Sig", "Location": "example.org"}),
    "attached to the document": lambda it: it.writer.add_attachment("a.txt", b"from example.org"),
    "attached to a note": drawn("/FileAttachment", FS=lambda it: file_of(it.writer)),
    "file of the page": lambda it: it.with_page(AF=[file_of(it.writer)]),
    "file of a picture": lambda it: it.with_resource(
        "XObject", B=stream(b"", Subtype="/Form", AF=[file_of(it.writer)])
    ),
    "film": drawn("/Movie", Movie={"F": "example.org"}, A={"ShowControls": True}),
    "sound": drawn("/Sound", Sound=stream(b"example.org", R=8000)),
    "screen": drawn("/Screen", A={"S": "/Rendition", "JS": "example.org"}),
    "rich media": drawn("/RichMedia", RichMediaContent={"Assets": "example.org"}, RichMediaSettings={}),
    "3D": drawn("/3D", **{"3DD": stream(b"example.org", OnInstantiate=stream(b"example.org"))}),
    "picture elsewhere": lambda it: it.with_resource("XObject", B=stream(b"", Subtype="/Form", F="example.org")),
    "page elsewhere": lambda it: it.with_resource(
        "XObject", B=stream(b"", Subtype="/Form", Ref={"F": "example.org", "Page": 0})
    ),
    "print server": lambda it: it.with_resource("XObject", B=stream(b"", Subtype="/Form", OPI={"2.0": "example.org"})),
    "program for a printer": lambda it: it.with_resource("XObject", B=stream(b"(example.org) print", Subtype="/PS")),
    "program for a printer, named elsewhere": lambda it: it.with_resource(
        "XObject", B=stream(b"(example.org) print", Subtype=elsewhere(it, "/PS"))
    ),
    "named like a resource": lambda it: it.with_resource("XObject", B=script(), URI=uri()),
    "beside a font": lambda it: it.with_resource("Font", B={"Type": "/Font", "AA": script(), "Widths": [uri()]}),
    "in a graphics state": lambda it: it.with_resource("ExtGState", B={"D": {"S": "/URI", "URI": "example.org"}}),
    "in a property": lambda it: it.with_resource("Properties", B={"Metadata": stream(b"example.org")}),
    "in a list of resources": lambda it: it.with_resource("Names", B=script()),
    "loose script": lambda it: it.with_loose(script(), uri()),
    "loose file": lambda it: it.with_loose(file_of(it.writer)),
    "writer": lambda it: it.writer.add_metadata({"/Author": "somebody@example.org"}),
    "private data": lambda it: it.with_page(PieceInfo={"Word": {"Private": "example.org"}}),
    "metadata": lambda it: it.with_root(Metadata=stream(b"<x>example.org</x>", Type="/Metadata", Subtype="/XML")),
}  # fmt: skip


@pytest.mark.parametrize("name", list(ACTIVE))
def test_clean_leaves_nothing_that_acts_and_all_that_is_seen(name):
    content = active(ACTIVE[name])
    assert active_parts(content), "the control: it is there before"

    cleaned = clean(content)

    assert active_parts(cleaned) == set() and b"example.org" not in cleaned
    assert pictures_of(cleaned) == pictures_of(content)


def test_pictures_of_finds_a_picture_that_cleaning_loses():
    """The control: without its notes, the page looks different."""
    content = active(drawn("/FileAttachment"))
    without = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    without.remove_annotations(None)
    out = io.BytesIO()
    without.write(out)
    assert pictures_of(out.getvalue()) != pictures_of(content)


def layered(letter):
    hidden = letter.writer._add_object(made({"Type": "/OCG", "Name": "draft"}))
    letter.with_resource("Properties", B=hidden).with_root(
        OCProperties={"OCGs": [hidden], "D": {"OFF": [hidden], "Order": [hidden], "Creator": "example.org"}}
    )
    letter.page["/Contents"].set_data(b"/OC /B BDC 0 0 200 200 re f EMC 1 0 0 rg 0 0 9 9 re f")


SEEN = {
    "a mark in a color": lambda it: it.with_annotations(
        {"Subtype": "/Highlight", "Rect": RECT, "QuadPoints": [100, 40, 140, 40, 100, 20, 140, 20], "C": [1, 1, 0],
         "F": 4, "AP": {"N": it.look()}}
    ),
    "a checked box": field(
        FT="/Btn", V="/Yes", AS="/Yes", AP=lambda it: {"N": {"Yes": it.look(), "Off": it.look(b"")}}
    ),
    "a checked box whose state is named elsewhere": field(
        FT="/Btn", V="/Yes", AS=lambda it: elsewhere(it, "/Yes"),
        AP=lambda it: {"N": {"Yes": it.look(), "Off": it.look(b"")}}
    ),
    "a mark whose kind is named elsewhere": lambda it: it.with_annotations(
        {"Subtype": elsewhere(it, "/Square"), "Rect": RECT, "F": 4, "C": [1, 0, 0]}
    ),
    "a mark with a flag that is null": lambda it: it.with_annotations(
        {"Subtype": "/Square", "Rect": RECT, "F": NullObject(), "C": [1, 0, 0]}
    ),
    "a hidden note": lambda it: it.with_annotations(
        {"Subtype": "/Stamp", "Rect": RECT, "F": 2, "AP": {"N": it.look()}}
    ),
    "a layer that is off": layered,
    "a turned page": lambda it: it.with_page(Rotate=90, CropBox=[10, 10, 150, 190]),
    "a pattern": lambda it: it.with_resource("Pattern", P=stream(
        b"1 0 1 rg 0 0 5 5 re f", PatternType=1, PaintType=1, TilingType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9,
        Resources={})).page["/Contents"].set_data(b"/Pattern cs /P scn 0 0 100 100 re f"),
    "a shading": lambda it: it.with_resource("Shading", S={
        "ShadingType": 2, "ColorSpace": "/DeviceRGB", "Coords": [0, 0, 200, 0], "Extend": [True, True],
        "Function": {"FunctionType": 2, "Domain": [0, 1], "C0": [1, 0, 0], "C1": [0, 0, 1], "N": 1},
    }).page["/Contents"].set_data(b"/S sh"),
    "a transparent box": lambda it: it.with_resource("ExtGState", G={"ca": 0.4}).page["/Contents"].set_data(
        b"0 0 1 rg 0 0 90 90 re f /G gs 1 0 0 rg 30 30 90 90 re f"),
    "letters drawn by procedures": lambda it: it.with_resource("Font", T={
        "Type": "/Font", "Subtype": "/Type3", "FontBBox": [0, 0, 9, 9], "FontMatrix": [0.1, 0, 0, 0.1, 0, 0],
        "FirstChar": 65, "LastChar": 65, "Widths": [9], "Resources": {}, "Encoding": {"Differences": [65, "/AA"]},
        "CharProcs": {"AA": it.writer._add_object(stream(b"9 0 0 0 9 9 d1 0 0 9 9 re f"))},
    }).page["/Contents"].set_data(b"BT /T 40 Tf 20 20 Td (A) Tj ET"),
    "a picture in one color": lambda it: it.with_resource("XObject", I=stream(
        bytes(range(64)), Subtype="/Image", Width=8, Height=8, BitsPerComponent=8, ColorSpace="/DeviceGray",
        SMask=stream(bytes(range(0, 256, 4)), Subtype="/Image", Width=8, Height=8, BitsPerComponent=8,
                     ColorSpace="/DeviceGray"))).page["/Contents"].set_data(b"90 0 0 90 5 5 cm /I Do"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SEEN))
def test_clean_keeps_everything_visible(name):
    content = active(SEEN[name])
    assert (
        pictures_of(clean(content)) == pictures_of(content) != pictures_of(Letter().content) or name == "a hidden note"
    )


def test_clean_keeps_the_text():
    assert text_of(clean(Letter().content)) == "Letter of support"


def encrypted(user, owner, algorithm):
    letter = Letter()
    letter.writer.encrypt(user, owner, algorithm=algorithm)
    return letter.content


OPENED_BY_READERS = {
    "locked by its owner": encrypted("", "owner", "AES-256"),
    "locked by its owner, long ago": encrypted("", "owner", "RC4-128"),
    "line after the end": Letter().content + b"\n-- printed by the office\n",
    "page after the end": Letter().content + b"<html>" + bytes(3000),
    "line before the beginning": b"HTTP/1.1 200 OK\r\n\r\n" + Letter().content,
}


@pytest.mark.parametrize("name", list(OPENED_BY_READERS))
def test_clean_accepts_files_that_a_reader_opens(name):
    cleaned = clean(OPENED_BY_READERS[name])
    assert pictures_of(cleaned) == pictures_of(Letter().content)
    assert not pypdf.PdfReader(io.BytesIO(cleaned)).is_encrypted and b"printed by" not in cleaned


def many_pages(count):
    writer = pypdf.PdfWriter()
    for _ in range(count):
        writer.add_blank_page(9, 9)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def picture(**keys):
    return active(lambda it: it.with_resource("XObject", B=stream(b"", Subtype="/Image", **keys)))


def jpeg(width, height, **keys):
    """Return a PDF with a small JPEG whose header says that it is larger."""
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "JPEG")
    begin = out.getvalue().index(b"\xff\xc0") + 5  # the frame header: height and width
    data = out.getvalue()[:begin] + struct.pack(">HH", height, width) + out.getvalue()[begin + 4 :]
    of_color = {"Width": 8, "Height": 8, "ColorSpace": "/DeviceGray", "Filter": "/DCTDecode"}
    return active(lambda it: it.with_resource("XObject", B=stream(data, Subtype="/Image", **of_color, **keys)))


def widget(**keys):
    return lambda it: it.with_annotations({"Subtype": "/Widget", "Rect": RECT, **keys})


REFUSED = {
    "password": (encrypted("a", "b", "AES-256"), refusals.PASSWORD),
    "portfolio": (active(lambda it: it.with_root(Collection={})), refusals.PORTFOLIO),
    "dynamic form": (
        active(lambda it: it.with_root(NeedsRendering=True, AcroForm={"XFA": "x"})), refusals.UNDRAWN_FORM,
    ),
    "answer that is not drawn": (active(widget(FT="/Tx", V="Ines")), refusals.UNDRAWN_FORM),
    "answer of its parent": (active(widget(Parent={"FT": "/Tx", "V": "Ines"})), refusals.UNDRAWN_FORM),
    "no page": (many_pages(0), refusals.UNREADABLE),
    "101 pages": (many_pages(101), refusals.TOO_LARGE),
    "a wall of pixels": (picture(Width=7000, Height=7000, BitsPerComponent=8), refusals.TOO_LARGE),
    "a wall that is no mask": (
        picture(Width=7000, Height=7000, BitsPerComponent=8, ImageMask=False), refusals.TOO_LARGE,
    ),
    "a wall of unheard-of depth": (picture(Width=7000, Height=7000, BitsPerComponent=0), refusals.TOO_LARGE),
    "a wall in its own header": (jpeg(7000, 7000, BitsPerComponent=8), refusals.TOO_LARGE),
    "a wall that calls itself black and white": (jpeg(7000, 7000, BitsPerComponent=1), refusals.TOO_LARGE),
    "a wall that calls itself a mask": (jpeg(7000, 7000, ImageMask=True), refusals.TOO_LARGE),
    "unknown filter": (picture(Filter="/Crypt"), refusals.UNREADABLE),
    "five filters": (picture(Filter=["/ASCIIHexDecode"] * 5), refusals.UNREADABLE),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_clean_refuses(name):
    content, why = REFUSED[name]
    with pytest.raises(Refusal) as refused:
        clean(content)
    assert refused.value.why == why


def test_clean_takes_a_form_whose_pages_are_drawn():
    drawn_form = active(lambda it: it.with_root(NeedsRendering=False, AcroForm={"XFA": "x"}, Collection=NullObject()))
    assert pictures_of(clean(drawn_form)) == pictures_of(Letter().content)


@pytest.mark.parametrize("keys", [{"FT": "/Tx"}, {"FT": "/Tx", "V": ""}, {"FT": "/Btn", "V": "/Off"},
                                  {"FT": "/Sig", "V": {"Type": "/Sig"}}])  # fmt: skip
def test_clean_takes_a_form_with_nothing_to_draw(keys):
    assert "/Annots" not in pypdf.PdfReader(io.BytesIO(clean(active(widget(**keys))))).pages[0]


@pytest.mark.parametrize(("count", "is_taken"), [(MOST_STREAM_BYTES - 100, True), (MOST_STREAM_BYTES + 1, False)])
def test_clean_counts_the_unpacked_bytes_of_a_stream(count, is_taken):
    """The test makes a file just over the portal's limit: 128 MB of zeros in 125 kB."""
    packed = zlib.compressobj()
    data = b"".join(packed.compress(bytes(1_000_000)) for _ in range(count // 1_000_000))
    data += packed.compress(bytes(count % 1_000_000)) + packed.flush()
    content = active(lambda it: it.with_resource("XObject", B=stream(data, Subtype="/Form", Filter="/FlateDecode")))
    if is_taken:
        assert clean(content)
        return
    with pytest.raises(Refusal, match=refusals.TOO_LARGE):
        clean(content)


def test_clean_counts_all_streams_together_and_all_objects(monkeypatch):
    content = active(lambda it: it.with_resource("XObject", B=stream(bytes(5000)), C=stream(bytes(5000))))
    monkeypatch.setattr("ui.bounded.pdf_streams.MOST_BYTES", 9000)
    with pytest.raises(Refusal, match=refusals.TOO_LARGE):
        clean(content)
    monkeypatch.setattr("ui.bounded.pdf_streams.MOST_BYTES", 12000)
    assert clean(content)
    monkeypatch.setattr(pdfs, "MOST_OBJECTS", 5)
    with pytest.raises(Refusal, match=refusals.TOO_LARGE):
        clean(content)


@pytest.mark.django_db
def test_clean_keeps_our_own_papers_as_they_look():
    """A document with embedded fonts, tags and a code."""
    signed = factories.certification(profile=factories.profile(last_name="O'Brien-Núñez"), joined=False)
    paper = certificate_pdf(Certification.objects.select_related("patient", "physician").get(pk=signed.pk))
    cleaned = clean(paper)
    assert pictures_of(cleaned) == pictures_of(paper) and "Núñez" in text_of(cleaned)


# --- What a PDF may cost --------------------------------------------------------------------------------------------


def pages_of_states(each):
    """Return a PDF of 100 pages, each with a drawing and so many graphics states of its own."""
    writer = pypdf.PdfWriter()
    for _ in range(pdfs.MOST_PAGES):
        page = writer.add_blank_page(200, 200)
        states = {
            f"G{number}": writer._add_object(made({"LW": number, "ca": 0.5, "CA": 0.5})) for number in range(each)
        }
        drawing = writer._add_object(stream(b"1 0 0 rg 0 0 9 9 re f"))
        page.update(made({"Resources": {"ExtGState": states}, "Contents": drawing}))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def large_picture():
    """Return a PDF of 10 MB, the most that may be uploaded, with one picture in it that is not packed."""
    points = stream(bytes(9_900_000), Subtype="/Image", Width=3300, Height=1000, BitsPerComponent=8,
                    ColorSpace="/DeviceRGB")  # fmt: skip
    return active(lambda it: it.with_resource("XObject", B=points))


def cost(content, **options):
    """Return the most memory in bytes that the cleaning process used."""
    return run_bounded("ui.bounded.pdfs:clean", content, is_job=True, **options).peak


@pytest.mark.parametrize("made_by", [partial(pages_of_states, 300), large_picture], ids=["many objects", "large"])
def test_a_pdf_of_many_pages_and_objects_costs_less_than_200_mb(made_by):
    peak = cost(made_by())
    print(f"{peak / MEGABYTE:.0f} MB")
    assert 40 * MEGABYTE < peak < MOST_MEMORY == 200 * MEGABYTE


def test_a_pdf_that_would_cost_more_is_refused_and_with_double_the_room_it_is_read():
    """48,000 objects are fewer than may be counted, and cost more than 200 MB. The second line is the control."""
    content = pages_of_states(480)
    assert MOST_MEMORY < cost(content, memory=2 * MOST_MEMORY) < 2 * MOST_MEMORY
    with pytest.raises(Refusal) as refused:
        cost(content)
    assert refused.value.why in {
        refusals.TOO_MUCH,
        refusals.UNREADABLE,
    }  # pypdf may take a lack of memory for bad bytes
