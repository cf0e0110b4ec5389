"""The barcode of a license: two layouts of Connecticut, those of other states, and noise."""

import re
from datetime import date

import pytest
import zxingcpp
from hypothesis import example, given
from hypothesis import strategies as st

from delivery.licenses import MOST_BYTES, License, UnreadableLicense, read_license
from tests.delivery import licenses

pytestmark = pytest.mark.once
ANA = License("123456780", "RIVERA", "ANA", "LUZ", date(1980, 2, 29), date(2031, 10, 18), "CT")


def reads(data):
    try:
        return read_license(data)
    except UnreadableLicense:
        return None


@pytest.mark.parametrize("data", [licenses.current(), licenses.old()])
def test_both_layouts_of_connecticut(data):
    assert read_license(data) == ANA
    assert read_license(zxingcpp.read_barcode(licenses.picture(data)).bytes) == ANA


def test_the_text_mode_of_a_scanner_reads_as_well():
    """It writes <LF> for a line feed; the bytes are better, because names may hold other letters."""
    text = zxingcpp.read_barcode(licenses.picture(licenses.current())).text
    assert "<LF>" in text and read_license(text.encode()) == ANA
    assert read_license(licenses.current(DCS="PEÑA")).last_name == "PEÑA"


@pytest.mark.parametrize(
    ("over", "names"),
    [
        ({"DCS": "DACOSTA"}, ("DACOSTA", "ANA", "LUZ")),
        ({"DCS": "DADSON DAQUE", "DAC": "DBA"}, ("DADSON DAQUE", "DBA", "LUZ")),
        ({"DCS": "DE LA CRUZ, JR"}, ("DE LA CRUZ, JR", "ANA", "LUZ")),
        ({"DAC": None, "DAD": None, "DCT": "ANA,LUZ"}, ("RIVERA", "ANA", "LUZ")),
        ({"DAD": "NONE"}, ("RIVERA", "ANA", "")),
        ({"DAD": None, "DZZ": "?", "XYZ": "?"}, ("RIVERA", "ANA", "")),  # elements that nobody knows
        ({"DCS": None, "DAB": "  RIVERA   ORTIZ "}, ("RIVERA ORTIZ", "ANA", "LUZ")),
    ],
)
def test_names(over, names):
    found = read_license(licenses.current(**over))
    assert (found.last_name, found.first_name, found.middle_name) == names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("DACOSTA,ANA", ("DACOSTA", "ANA", "")),
        ("DE LA CRUZ,ANA LUZ,,JR", ("DE LA CRUZ", "ANA LUZ", "")),
        ("RIVERA ANA LUZ", None),  # which is the family name?
        ("RIVERA,,LUZ", None),
        ("A,B,C,D,E", None),
        ("", None),
    ],
)
def test_names_of_the_older_layout(name, parts):
    found = reads(licenses.old(DAA=name))
    assert (found and (found.last_name, found.first_name, found.middle_name)) == parts


@pytest.mark.parametrize(
    "head",
    [
        "@\r\nANSI 636006090002DL00410278ZC03190008DL",  # a wedge that keeps its Enter alone
        "@\n\x1e\rAAMVA636006090002DL00410278ZC03190008DL",  # a wrong file type
        "ANSI 6360060102DL00410278ZC03190008DL",
        "@<LF><RS><CR>ANSI 636006100102DL00410278ZC03190008DL\n",
        "@\n\x1e\rANSI 636006090001ID00310278ID",
    ],
)
def test_a_mangled_header_still_reads(head):
    assert read_license(licenses.current(head)) == ANA


def test_the_issuer_is_a_state_or_unknown():
    assert read_license(licenses.current("@\n\x1e\rANSI 636001090001DL00310278DL")).issuer == "NY"
    assert read_license(licenses.current("@\n\x1e\rANSI 999999090001DL00310278DL")).issuer == ""


@pytest.mark.parametrize(
    "over",
    [
        *({key: None} for key in ("DAQ", "DCS", "DAC", "DBB", "DBA")),
        *({"DBA": text} for text in ("", "13322031", "00000000", "99999999", "1018203", "10/18/2031", "02302031")),
        {"DBB": "01011899"},
        {"DBA": "22000101"},
        {"DBA": "\xb9\xb90182031"},  # other digits than 0 to 9
        {"DAQ": "123\x00456"},
        {"DAC": "NONE"},
        {"DCS": "RIVERA\nDCSORTIZ"},  # two names of one person
    ],
)
def test_what_cannot_be_read_is_typed_in(over):
    assert reads(licenses.current(**over)) is None


def test_a_scanner_that_drops_the_line_ends_is_not_guessed():
    for between in (b"", b" ", b"\t"):
        assert reads(re.sub(rb"[\n\r\x1e]", between, licenses.current(DCS="DACOSTA"))) is None


def test_a_scan_that_is_cut_off_has_all_it_needs_or_is_unreadable():
    data = licenses.current()
    for length in range(len(data)):
        found = reads(data[:length])
        assert found is None or (found.number, found.birth_date) == (ANA.number, ANA.birth_date)
        assert found is None or found.expires_date == ANA.expires_date


def test_a_huge_scan_is_refused():
    assert reads(licenses.current() + b"\nZ" * MOST_BYTES) is None
    assert reads(b"6360060900" * 400) is None


DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ-' ", min_size=1, max_size=40).map(str.strip).filter(bool)
ALONE = NAMES.filter(lambda name: name not in ("NONE", "UNAVL", "UNAVAILABLE"))


@given(NAMES, ALONE, ALONE, DATES, DATES)
@example("DACOSTA", "DACDAD", "DAQ", date(1980, 2, 29), date(2031, 10, 18))
def test_each_license_reads_as_it_was_written(last, first, middle, born, until):
    squeezed = [" ".join(name.split()) for name in (last, first, middle)]
    expected = License("123456780", *squeezed, born, until, "CT")
    us, iso = "%m%d%Y", "%Y%m%d"
    names = {"DCS": last, "DAC": first, "DAD": middle}
    new = licenses.current(**names, DBB=f"{born:%m%d}{born.year:04}", DBA=until.strftime(us))
    before = licenses.old(DAA=f"{last},{first},{middle},", DBB=born.strftime(iso), DBA=until.strftime(iso))
    assert read_license(new) == read_license(before) == expected


@given(
    st.binary(max_size=5000)
    | st.tuples(st.sampled_from([licenses.current(), licenses.old()]), st.integers(0, 400), st.binary(max_size=30)).map(
        lambda n: n[0][: n[1]] + n[2] + n[0][n[1] :]
    )
)
@example(b"")
@example(b"@\n\x1e\rANSI 636006090002DL00410278DL")
@example("🙂".encode() * 9)
def test_noise_raises_nothing_but_unreadable(data):
    found = reads(data)
    assert found is None or (found.number and found.last_name and found.first_name and found.birth_date.year >= 1900)
