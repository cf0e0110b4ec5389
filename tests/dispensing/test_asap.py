"""The monitoring report, compared with a worked example, an independent reader and an independent counter."""

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispensing.asap import (
    Answer,
    Certifier,
    Dispenser,
    Dispensing,
    PickedUp,
    Recipient,
    read_answer,
    write,
    write_zero,
)

pytestmark = pytest.mark.once

NEW_YORK = ZoneInfo("America/New_York")
AT = datetime(2026, 11, 25, 10, 15, tzinfo=NEW_YORK)
SHOP = Dispenser(
    "2035550100", "Example Wellness", "MM0000001", "100 Main St", "", "Milford", "CT", "06460", "+1 203 555 0100"
)
ANA = Recipient(
    "Rivera", "Ana", "Luz", "12 Oak St", "Apt 3", "New Haven", "CT", "06511", "+12035550123", date(1980, 2, 29), "F"
)
ALAN = Certifier("AP5836727", "Peters", "Alan", "+12035550188")
BY_ANA = PickedUp("CT", "06", "123456780", "01", "Rivera", "Ana")
UNIT = Dispensing(
    "00", "100001", date(2026, 3, 1), date(2026, 11, 25), "99999000101", Decimal("3.50"), 10, "03", "99",
    ANA, ALAN, BY_ANA, date(2026, 11, 25),
)  # fmt: skip
EXAMPLE = """\
TH*4.2A*7*01**20261125*101500*T**~~
IS*2035550100*EXAMPLE WELLNESS~
PHA***MM0000001*EXAMPLE WELLNESS*100 MAIN ST**MILFORD*CT*06460*2035550100~
PAT*******RIVERA*ANA*LUZ***12 OAK ST*APT 3*NEW HAVEN*CT*06511*2035550123*19800229*F*01~
DSP*00*100001*20260301*0*20261125*0*01*99999000101*3.5*10*03*99*00***01*20261125~
PRE**AP5836727***PETERS*ALAN**2035550188~
AIR***CT*06*123456780*01*RIVERA*ANA***02~
TP*6~
TT*7*9~
"""
ZERO = """\
TH*4.2A*8*01**20261126*180000*P**~~
IS*2035550100*EXAMPLE WELLNESS*#20261126#-#20261126#~
PHA***MM0000001*EXAMPLE WELLNESS*100 MAIN ST**MILFORD*CT*06460*2035550100~
PAT*******REPORT*ZERO************01~
DSP*****20261126~
PRE*~
CDI*~
AIR*~
TP*7~
TT*8*10~
"""


def report(*dispensings, control_number="7", written_at=AT, test=True, dispenser=SHOP):
    """Return a report that its own counts agree with."""
    text = write(
        dispensings or [UNIT], dispenser=dispenser, control_number=control_number, written_at=written_at, test=test
    )
    check_counts(text)
    return text


def check_counts(text):
    """Count by the letters at the beginning of each line, knowing nothing of elements."""
    tags = re.findall(r"^([A-Z]+)\*.*~$", text, re.MULTILINE)
    assert len(tags) == text.count("\n") == len(text.splitlines())
    assert text.endswith(f"\nTP*{tags.index('TP') - tags.index('PHA') + 1}~\nTT*{text.split('*')[2]}*{len(tags)}~\n")
    assert (tags[:3], tags[-2:]) == (["TH", "IS", "PHA"], ["TP", "TT"])


def read(text):
    """Return {place: value} of each segment, by one pass over the characters; knows nothing of lines or fields."""
    segments, tag, values, value = [], None, [], ""
    for char in text.replace("~~\n", "\x00~\n", 1):  # TH09 is the declared character itself
        if char == "*":
            values.append(value)
            value = ""
        elif char == "~":
            tag, *elements = [*values, value]
            segments.append({f"{tag.strip()}{place:02}": found for place, found in enumerate(elements, 1) if found})
            values, value = [], ""
        else:
            value += char
    assert value == "\n"
    return segments


def only(text, tag):
    """Return the one segment of this tag."""
    (found,) = [segment for segment in read(text) if any(place.startswith(tag) for place in segment)]
    return found


def patient(**values):
    return only(report(replace(UNIT, recipient=replace(ANA, **values))), "PAT")


def dispensed(**values):
    return only(report(replace(UNIT, **values)), "DSP")


# --- The worked example ----------------------------------------------------------------------------------------------


def test_the_worked_example_byte_for_byte():
    assert report().encode("ascii") == EXAMPLE.encode("ascii")


def test_a_day_without_dispensing_byte_for_byte():
    at, day = datetime(2026, 11, 26, 23, tzinfo=UTC), date(2026, 11, 26)
    zero = write_zero(dispenser=SHOP, first=day, last=day, control_number="8", written_at=at)
    check_counts(zero)
    assert zero == ZERO


def test_a_zero_report_of_several_days_names_both_ends_and_begins_with_the_first():
    zero = write_zero(
        dispenser=SHOP, first=date(2026, 12, 30), last=date(2027, 1, 2), control_number=9, written_at=AT, test=True
    )
    assert only(zero, "IS")["IS03"] == "#20261230#-#20270102#"
    assert only(zero, "DSP") == {"DSP05": "20261230"}
    assert only(zero, "TH")["TH07"] == "T"


def test_a_zero_report_does_not_end_before_it_begins():
    with pytest.raises(ValueError, match="ends on 2026-11-24, before its first day 2026-11-25"):
        write_zero(dispenser=SHOP, first=date(2026, 11, 25), last=date(2026, 11, 24), control_number="7", written_at=AT)


def test_a_second_unit_repeats_all_but_the_patient():
    text = report(UNIT, replace(UNIT, serial="100002"))
    lines = text.splitlines()
    assert [line.split("*")[0] for line in lines[3:-2]] == ["PAT", "DSP", "PRE", "AIR", "DSP", "PRE", "AIR"]
    assert lines[-2:] == ["TP*9~", "TT*7*12~"]


def test_patients_stand_once_and_in_the_order_in_which_they_first_appear():
    ben = replace(ANA, first_name="Ben")
    moved = replace(ANA, street="9 Elm St")  # another address: not the same values, so a patient of its own
    text = report(
        UNIT,
        replace(UNIT, serial="2", recipient=ben),
        replace(UNIT, serial="3", recipient=moved),
        replace(UNIT, serial="4", recipient=replace(ANA)),
        replace(UNIT, serial="5", recipient=ben),
    )
    found = [segment.get("PAT08") or segment.get("DSP02") for segment in read(text)]
    assert [value for value in found if value] == ["ANA", "100001", "4", "BEN", "2", "5", "ANA", "3"]


def test_a_report_of_nothing_is_refused():
    with pytest.raises(ValueError, match="zero report"):
        write([], dispenser=SHOP, control_number="7", written_at=AT)


def test_a_report_is_of_production_unless_it_is_a_test():
    assert only(write([UNIT], dispenser=SHOP, control_number="7", written_at=AT), "TH")["TH07"] == "P"


def test_who_took_it_and_the_day_sold_may_be_missing():
    text = report(replace(UNIT, picked_up=None, sold_date=None))
    assert "AIR" not in text and "*00***01~" in text


def test_a_report_needs_no_django():
    code = "import sys, dispensing.asap; assert not [name for name in sys.modules if name.startswith('django')]"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_reported_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        UNIT.serial = "2"


# --- Time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written_at", "written"),
    [
        (datetime(2026, 11, 26, 4, 59, 59, tzinfo=UTC), ("20261125", "235959")),
        (datetime(2026, 11, 26, 5, 0, 0, 999999, tzinfo=UTC), ("20261126", "000000")),
        (datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC), ("20260308", "015959")),  # clocks go forward
        (datetime(2026, 3, 8, 7, tzinfo=UTC), ("20260308", "030000")),
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), ("20261101", "013000")),  # clocks go back: 1:30 twice
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), ("20261101", "013000")),
    ],
)
def test_the_written_time_is_new_yorks(written_at, written):
    header = only(report(written_at=written_at), "TH")
    assert (header["TH05"], header["TH06"]) == written


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        report(written_at=datetime(2026, 11, 25, 10, 15))


def test_a_sale_before_midnight_keeps_its_day_in_a_report_written_after_it():
    text = report(replace(UNIT, filled_date=date(2026, 11, 25)), written_at=datetime(2026, 11, 26, 5, 5, tzinfo=UTC))
    assert (only(text, "DSP")["DSP05"], only(text, "TH")["TH05"]) == ("20261125", "20261126")


@pytest.mark.parametrize("field", ["written_date", "filled_date", "sold_date"])
def test_a_moment_is_no_date(field):
    with pytest.raises(ValueError, match="is a moment"):
        dispensed(**{field: AT})


def test_years_have_four_digits():
    assert patient(birth_date=date(987, 1, 2))["PAT18"] == "09870102"


# --- Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Núñez", "NUNEZ"),
        ("Nu\u0301n\u0303ez", "NUNEZ"),
        ("Łucja Đorđe Ægir Øst Þór ſtraße ẞ œ ŧ", "LUCJA DORDE AEGIR OST THOR STRASSE SS OE T"),
        ("İnce Iğdır", "INCE IGDIR"),
        ("O’Brien–Smith", "O'BRIEN-SMITH"),
        ("O´Neil ʻOkina ŉ", "O'NEIL 'OKINA 'N"),
        ("Gal·la Ŀ", "GALLA L"),
        ("“Bo” Ｗｉｄｅ", '"BO" WIDE'),
        ("12½ Oak", "12 1/2 OAK"),
        ("A*B~C＊D～E", "ABCDE"),
        ("one\ntwo\r\nthree\tfour\u2028five\x00six\x7fseven\u00a0eight", "ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT"),
        ("an\u200ba\u00ad\u202e", "ANA"),
        ("  two   spaces ", "TWO SPACES"),
    ],
)
def test_text_becomes_ascii_capitals(typed, written):
    assert patient(last_name=typed)["PAT07"] == written


@pytest.mark.parametrize("typed", ["李小龍", "Ana 😀", "Ωμέγα", "€5", "Иван"])
def test_what_cannot_be_folded_is_named(typed):
    with pytest.raises(ValueError, match=f"The patient's last name '{typed}' cannot be written in ASCII"):
        patient(last_name=typed)


def test_an_error_of_a_unit_names_its_serial():
    with pytest.raises(ValueError, match="^Unit 100001: The certifier's last name '李' cannot"):
        report(replace(UNIT, certifier=replace(ALAN, last_name="李")))


@pytest.mark.parametrize(
    ("field", "place", "longest"),
    [("last_name", "PAT07", 50), ("first_name", "PAT08", 50), ("middle_name", "PAT09", 50), ("street", "PAT12", 35),
     ("unit", "PAT13", 35), ("city", "PAT14", 20)],
)  # fmt: skip
def test_a_name_or_address_is_cut_to_the_length_of_its_field(field, place, longest):
    assert patient(**{field: "x" * longest})[place] == "X" * longest
    assert patient(**{field: "ß" * longest})[place] == "S" * longest  # two letters each
    assert patient(**{field: "x" * (longest - 1) + " y"})[place] == "X" * (longest - 1)


def test_the_dispensary_and_the_receiver_are_cut_as_well():
    shop = replace(SHOP, name="n" * 61, street="s" * 36, unit="u" * 36, city="c" * 21, zip_code="06460-12345")
    header = only(report(dispenser=shop), "PHA")
    assert header["PHA04"] == "N" * 60 == only(report(dispenser=shop), "IS")["IS02"]
    assert (header["PHA05"], header["PHA06"], header["PHA07"]) == ("S" * 35, "U" * 35, "C" * 20)
    assert header["PHA09"] == "064601234"
    text = report(replace(UNIT, picked_up=replace(BY_ANA, last_name="l" * 51, first_name="f" * 51)))
    assert (only(text, "AIR")["AIR07"], only(text, "AIR")["AIR08"]) == ("L" * 50, "F" * 50)


@pytest.mark.parametrize(
    ("typed", "written"),
    [("+1 (203) 555-0123", "2035550123"), ("12035550123", "2035550123"), ("203.555.0123", "2035550123"),
     ("+1 203 555 0123 ext. 45", "2035550123"), ("203-555-0123 x9", "2035550123"), ("1555012", "1555012"),
     ("1234567890", "1234567890"), ("２０３ 555 0123", "2035550123"), ("+442079460123", "4420794601")],
)  # fmt: skip
def test_a_phone_is_ten_digits_without_the_country_code(typed, written):
    assert patient(phone=typed)["PAT17"] == written


@pytest.mark.parametrize("typed", ["Connecticut", "C", "C1", "C T"])
def test_a_state_is_never_cut(typed):
    with pytest.raises(ValueError, match=f"The patient's state '{typed}' is not the two letters"):
        patient(state=typed)


def test_small_letters_are_a_state_and_a_sex():
    found = patient(state=" ct ", sex="f")
    assert (found["PAT15"], found["PAT19"]) == ("CT", "F")


# --- Identities and figures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "longest"), [("serial", 25), ("product_code", 11)])
def test_an_identity_is_written_whole_or_refused(field, longest):
    place = {"serial": "DSP02", "product_code": "DSP08"}[field]
    assert dispensed(**{field: "a" * longest})[place] == "A" * longest
    for refused, why in [("a" * (longest + 1), "is longer than"), ("A*1", "cannot carry"), ("Á1", "cannot carry"),
                         ("A\n1", "cannot carry"), ("李", "ASCII"), (" ", "is missing")]:  # fmt: skip
        with pytest.raises(ValueError, match=why):
            dispensed(**{field: refused})


def test_what_the_agency_supplies_has_no_limit():
    shop = replace(SHOP, source_id="s" * 60, pharmacy_number="p" * 60)
    assert only(report(dispenser=shop), "IS")["IS01"] == "S" * 60
    assert only(report(dispenser=shop), "PHA")["PHA03"] == "P" * 60
    assert dispensed(origin_code="12345")["DSP12"] == "12345"


def test_the_control_number_ends_the_file_as_it_begins_it():
    for number, written in [("7", "7"), (7, "7"), ("a-1", "A-1"), ("9" * 40, "9" * 40)]:
        text = report(control_number=number)
        assert only(text, "TH")["TH02"] == only(text, "TT")["TT01"] == written


@pytest.mark.parametrize("number", ["", " ", "9" * 41, "7*8", "7~", "№7"])
def test_a_control_number_that_cannot_be_repeated_is_refused(number):
    with pytest.raises(ValueError, match="The control number"):
        report(control_number=number)


def test_the_number_of_a_card_loses_asterisks_and_is_never_cut():
    text = report(replace(UNIT, picked_up=replace(BY_ANA, id_number="doe**mj501p1")))
    assert only(text, "AIR")["AIR05"] == "DOEMJ501P1"
    with pytest.raises(ValueError, match="The number of the photo ID '1{26}' is longer than 25 characters"):
        report(replace(UNIT, picked_up=replace(BY_ANA, id_number="1" * 26)))


@pytest.mark.parametrize(
    ("quantity", "written"),
    [("3.50", "3.5"), ("1E+1", "10"), ("30", "30"), ("30.00", "30"), ("0.5", "0.5"), ("100", "100"), ("1E-3", "0.001"),
     ("3." + "5" + "0" * 30, "3.5"), ("1E+9", "1000000000"), ("99999999999", "99999999999")],
)  # fmt: skip
def test_a_quantity_has_no_needless_zeros_and_no_exponent(quantity, written):
    assert dispensed(quantity=Decimal(quantity))["DSP09"] == written


@pytest.mark.parametrize("quantity", ["0", "-0", "0.000", "-3.5", "NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_quantity_is_above_zero(quantity):
    with pytest.raises(ValueError, match="is not an amount above 0"):
        dispensed(quantity=Decimal(quantity))


@pytest.mark.parametrize("quantity", ["100000000000", "1E+11", "1E+999999999", "1E-999999999", "0.3333333333"])
def test_a_quantity_is_never_cut(quantity):
    with pytest.raises(ValueError, match="is longer than 11 characters"):
        dispensed(quantity=Decimal(quantity))


@pytest.mark.parametrize("days", [-1, 0, 1000])
def test_days_are_one_to_999(days):
    assert [dispensed(days=right)["DSP10"] for right in (1, 30, 999)] == ["1", "30", "999"]
    with pytest.raises(ValueError, match=f"The supply of {days} days is not between 1 and 999 days"):
        dispensed(days=days)


def test_a_certifiers_licence_and_a_receiver_without_an_id_are_written():
    text = report(
        replace(
            UNIT,
            certifier=replace(ALAN, state_license="1.0123", phone=""),
            picked_up=PickedUp("", "", "", "01", "", ""),
        )
    )
    assert "\nPRE**AP5836727**1.0123*PETERS*ALAN~\nAIR******01*****02~\n" in text


@pytest.mark.parametrize("status", ["01", "02"])
def test_a_revision_and_a_void_repeat_the_original(status):
    assert report(replace(UNIT, status=status)) == EXAMPLE.replace("DSP*00*", f"DSP*{status}*")


@pytest.mark.parametrize(
    ("field", "value"), [("status", "03"), ("status", "0"), ("unit_code", "04"), ("unit_code", "")]
)
def test_a_code_that_the_format_does_not_have_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{value!r} is none of 0"):
        dispensed(**{field: value})


def test_a_sex_is_f_m_or_u():
    with pytest.raises(ValueError, match="The patient's sex 'X' is none of F, M, U"):
        patient(sex="X")


@pytest.mark.parametrize("field", ["last_name", "first_name", "street", "city", "state", "zip_code", "phone"])
def test_what_the_report_needs_of_a_patient_is_not_missing(field):
    for value in ("", "*~ "):
        with pytest.raises(ValueError, match="is missing, and the monitoring report needs it"):
            patient(**{field: value})


# --- Any text --------------------------------------------------------------------------------------------------------

texts = st.text(
    st.one_of(
        st.characters(max_codepoint=0x7F), st.sampled_from("*~\r\n\u2028\u2029\u200b\u0301\x85＊～áÇßøŁđþœﬁ½²№’–")
    ),
    max_size=70,
)


@settings(max_examples=150)
@given(values=st.tuples(texts, texts, texts), units=st.integers(1, 4))
@example(values=("*", "~~", "\n"), units=1)
def test_no_text_changes_the_structure(values, units):
    last_name, street, receiver = values
    recipient = replace(ANA, last_name="A" + last_name, street="1" + street)
    taken = replace(BY_ANA, last_name=receiver)
    text = report(*[replace(UNIT, serial=str(n), recipient=recipient, picked_up=taken) for n in range(units)])
    assert text.isascii() and text == text.upper()
    segments = read(text)
    assert len(segments) == 6 + 3 * units
    found = segments[3]
    assert len(found.pop("PAT07")) <= 50 and len(found.pop("PAT12")) <= 35
    expected = read(EXAMPLE)[3]
    assert found == {place: value for place, value in expected.items() if place not in ("PAT07", "PAT12")}
    assert [segment.get("AIR11") for segment in segments].count("02") == units


def with_each_text_changed():
    """Return the unit once for each of its texts, with separators and line breaks behind that text."""
    parts = {"": UNIT, "recipient": ANA, "certifier": ALAN, "picked_up": BY_ANA}
    for part, row in parts.items():
        for field in fields(row):
            value = getattr(row, field.name)
            if isinstance(value, str):
                changed = replace(row, **{field.name: value + "*~\n~"})
                yield f"{part}.{field.name}", replace(UNIT, **{part: changed}) if part else changed


@pytest.mark.parametrize(("name", "changed"), list(with_each_text_changed()))
def test_each_text_is_cleaned_or_refused(name, changed):
    """So no field of the dataclasses misses its row in the table of fields."""
    refused = {".serial", ".product_code", ".origin_code", "certifier.dea_number", "certifier.state_license",
               "picked_up.id_kind", "picked_up.relationship"}  # fmt: skip
    if name in refused:
        with pytest.raises(ValueError, match="cannot carry"):
            report(changed)
    else:
        assert report(changed) == EXAMPLE


@pytest.mark.parametrize("field", [field.name for field in fields(Dispenser)])
def test_each_text_of_the_dispensary_is_cleaned_or_refused(field):
    shop = replace(SHOP, **{field: getattr(SHOP, field) + "*~\n~"})
    if field in ("source_id", "pharmacy_number"):
        with pytest.raises(ValueError, match="cannot carry"):
            report(dispenser=shop)
    else:
        assert report(dispenser=shop) == EXAMPLE


@settings(max_examples=100)
@given(quantity=st.decimals(min_value="0.001", max_value="9999999", places=3))
def test_a_quantity_is_read_as_it_was(quantity):
    text = dispensed(quantity=quantity)["DSP09"]
    assert Decimal(text) == quantity and not re.search(r"\..*0$|\.$|[^0-9.]", text)


# --- Answers ---------------------------------------------------------------------------------------------------------


def answer(*, kind="02", message="", terminator="~", line_end="\n", answered="7", count=3):
    source = f"IS*CT*CPMRS*{message}" if message else "IS*CT*CPMRS"
    header = f"TH*4.2A*900*{kind}*{answered}*20261125*101600*T**{terminator}"
    return "".join(f"{line}{terminator}{line_end}" for line in (header, source, f"TT*900*{count}"))


# The terminator, and what stands behind it at the end of each line.
TERMINATORS = [
    ("~", "\n"), ("~", ""), ("|", "\r\n"), ("\\", "\n"), ("^", " \n"), ("\n", ""), ("\r", ""), ("\r", "\r\n"),
    ("\x1e", ""),
    ("\r\n", ""),  # declared as \n, and made \r\n on the way
]  # fmt: skip


@pytest.mark.parametrize(("terminator", "line_end"), TERMINATORS)
def test_an_answer_is_read_whatever_terminator_it_declares(terminator, line_end):
    layout = {"terminator": terminator, "line_end": line_end}
    assert read_answer(answer(**layout)) == Answer("02", "7", ())
    error = answer(kind="03", message="DSP08 UNKNOWN: 100001", **layout)
    assert read_answer(error) == Answer("03", "7", ("DSP08 UNKNOWN: 100001",))


@pytest.mark.parametrize(("terminator", "line_end"), TERMINATORS)
def test_an_answer_that_was_cut_anywhere_is_refused(terminator, line_end):
    text = answer(kind="03", message="DSP08 UNKNOWN", count=13, terminator=terminator, line_end=line_end)
    text = text.replace("TT", "".join(f"SP*{n}{terminator}{line_end}" for n in range(10)) + "TT")
    assert read_answer(text)
    for end in range(len(text) - len(line_end)):
        if terminator == "\r\n" and end == len(text) - 1:
            continue  # all but the last half of a line break
        with pytest.raises(ValueError, match=r"answer|file"):
            read_answer(text[:end])


def test_an_answer_without_any_one_of_its_segments_is_refused():
    lines = answer(kind="03", message="X").splitlines(keepends=True)
    for left_out in range(len(lines)):
        with pytest.raises(ValueError, match="answer"):
            read_answer("".join(lines[:left_out] + lines[left_out + 1 :]))


def test_an_answer_may_name_several_errors_and_an_acknowledgement_may_carry_a_message():
    two = answer(kind="03", message="FIRST", count=4).replace("TT*", "IS*CT*CPMRS* SECOND *more~\nTT*")
    assert read_answer("\ufeff\r\n" + two + "\r\n \n").errors == ("FIRST", "SECOND")
    assert read_answer(answer(message="RECEIVED")) == Answer("02", "7", ("RECEIVED",))


def test_the_answer_to_a_report_has_its_control_number():
    number = only(report(control_number="ab-12"), "TH")["TH02"]
    assert read_answer(answer(answered=number)).control_number == "AB-12"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begin with a whole TH"),
        ("\n", "begin with a whole TH"),
        ("<html>502 Bad Gateway</html>", "begin with a whole TH"),
        (EXAMPLE, "kind is '01'"),
        (answer(kind="04"), "kind is '04'"),
        (answer(answered=""), "TH04 is empty"),
        (answer(kind="03"), "does not name it"),
        (answer(kind="03", message=" "), "does not name it"),
        (answer(count=4), "says that it has '4' segments, and it has 3"),
        (answer().replace("TT*900", "TT*901"), "begins with the control number '900' and ends with '901'"),
        (answer() + answer(), "more than one answer"),
        (answer().replace("T**~~", "T**~\n"), "does not declare a terminator"),
        (answer().replace("T**~~", "T**AA"), "does not declare a terminator"),
        (answer().replace("T**~~", "T****"), "does not declare a terminator"),
        ("TH*4.2A*900~IS*1~X*1*2*3*4*5*~~\nTT*900*3~", "ends before it declares"),
        (answer().replace("4.2A", ""), "lacks its version"),
        (answer().replace("*T**", "*X**"), "lacks its version, control number or mode"),
        (answer().replace("20261125", "2026112"), "cannot be read"),
        (answer().replace("101600", "1016x0"), "cannot be read"),
        (answer().replace("TT*900*3", "TT*900"), "does not end with a whole TT"),
        (answer() + "TT", "its last segment does not end"),
    ],
)
def test_what_is_no_complete_answer_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        read_answer(text)


@given(text=st.text(st.sampled_from("TH*IS~|\n9270A3 "), max_size=80))
def test_any_text_is_an_answer_or_refused(text):
    with pytest.raises(ValueError, match="answer"):
        read_answer(text)
