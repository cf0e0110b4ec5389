"""Barcodes of invented licenses, for the tests of the door."""

from datetime import date

import zxingcpp
from PIL import Image

CURRENT = {
    "DAQ": "123456780", "DCS": "RIVERA", "DDE": "N", "DAC": "ANA", "DDF": "N", "DAD": "LUZ", "DDG": "N", "DCA": "D",
    "DBD": "10182024", "DBB": "02291980", "DBA": "10182031", "DBC": "2", "DAG": "12 OAK ST", "DAJ": "CT", "DCG": "USA",
}  # fmt: skip
OLD = {"DAA": "RIVERA,ANA,LUZ,", "DAQ": "123456780", "DAG": "12 OAK ST", "DBA": "20311018", "DBB": "19800229"}


def current(head="@\n\x1e\rANSI 636006090002DL00410278ZC03190008DL", **over):
    """Return the bytes of a Connecticut license as it is printed today; an element that is None is left out."""
    elements = {**CURRENT, **over}
    body = "\n".join(key + value for key, value in elements.items() if value is not None)
    return f"{head}{body}\n\rZCZCACT,12\r".encode("latin-1")


def old(head="@\n\x1e\rAAMVA6360060101DL00290179DL", **over):
    """Return the bytes of a license in the older layout of Connecticut."""
    elements = {**OLD, **over}
    return (head + "\n".join(key + value for key, value in elements.items() if value is not None) + "\r").encode()


def of_person(person, *, expires=date(2031, 10, 18), **over):
    """Return the bytes of the license of a patient or caregiver."""
    names = {"DCS": person.last_name, "DAC": person.first_name, "DAD": person.middle_name or "NONE"}
    dates = {"DBB": person.birth_date.strftime("%m%d%Y"), "DBA": expires.strftime("%m%d%Y")}
    return current(**{**{key: name.upper() for key, name in names.items()}, **dates, **over})


def picture(data, *, scale=4):
    """Return a picture of the barcode as the back of a license has it."""
    drawn = memoryview(zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.PDF417).to_image(scale=scale))
    height, width = drawn.shape[:2]
    pixels = Image.frombytes("L", (width, height), drawn.tobytes())
    card = Image.new("L", (width + 120, height + 240), 235)
    card.paste(pixels, (60, 120))
    return card
