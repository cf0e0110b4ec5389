"""Rosters as spreadsheets and people write them: every row is matched, listed, or counted as about other people."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import call_command

from accounts.actions import set_registration
from accounts.models import Physician, Registration
from accounts.rosters.codes import Codes
from tests import factories
from tests.rosters import counts, dea, dea_line, elicense, problems, program, read

pytestmark = pytest.mark.django_db
CODE = "FullCredentialCode"


def csp():
    return Registration.objects.get(kind="controlled_substance")


def licence():
    return Registration.objects.get(kind="medical_license")


@pytest.mark.parametrize(
    "code",
    [" CSP.0045671", "CSP.0045671 ", "csp.0045671", "Csp.0045671", "CSP. 0045671", "\u00a0CSP.0045671\t", "CSP-0045671",
     "csp0045671", "'CSP.0045671", '="CSP.0045671"', "CSP.0045671.", "CSP.0045671\u200b", "\uff23\uff33\uff30.0045671"],
)  # fmt: skip
def test_a_code_of_ours_is_matched_in_any_spelling(code):
    read(program())

    run = read(elicense({CODE: code}))

    assert (counts(run), problems(run), csp().is_active, csp().number) == ((0, 1, 0, 0), [], True, "CSP.0045671")


@pytest.mark.parametrize(
    "row",
    [{CODE: "0045671"}, {CODE: "45671"}, {CODE: "CSP.45671"}, {CODE: "034567"}, {CODE: "1.34567"},
     {CODE: "1_034567"}, {CODE: "1/034567"}, {CODE: "1,034567"}, {CODE: "01.034567"}, {CODE: "1.0034567"},
     {CODE: "", "CredentialType": "CSP", "CredentialNumber": "0045671"}, {CODE: " ", "CredentialType": "1"}],
)  # fmt: skip
def test_a_code_that_is_nearly_ours_is_listed_and_not_guessed(row):
    read(program())

    run = read(elicense(row))

    assert (counts(run), problems(run)) == ((0, 0, 0, 1), [(2, CODE, "bad")])
    assert "enter it by hand" in run.problems.get().reason


def test_a_code_that_a_spreadsheet_read_as_a_figure_is_listed():
    read(program({"license_number": "1.034560"}))

    assert problems(read(elicense({CODE: "1.03456"}))) == [(2, CODE, "bad")]


def test_two_spellings_of_one_code_are_two_rows_of_it():
    read(program())

    run = read(elicense({}, {CODE: " 1.034567"}))

    assert problems(run) == [(2, CODE, "bad"), (3, CODE, "bad")]


@pytest.mark.parametrize(
    "line", [dea_line("ao1234563"), " " + dea_line(), "  " + dea_line()[:-2], dea_line().rstrip(), dea_line() + "  "]
)
def test_a_line_of_the_dea_is_matched_in_any_spelling(line):
    read(program())

    run = read(dea(line))

    assert (counts(run), Registration.objects.get(kind="dea").number) == ((0, 1, 0, 0), "AO1234563")


def test_rows_of_other_people_are_counted(capsys, tmp_path):
    read(program({"csp_number": ""}))
    run = read(
        elicense(
            {},
            {CODE: "1.999999"},
            {CODE: "PLM.0284801-P1"},
            {CODE: "", "CredentialNumber": ""},
            {"Active": "?", CODE: "0034567"},
        )
    )
    assert (counts(run), run.row_count, run.others_count) == ((0, 1, 0, 0), 5, 4)
    file = tmp_path / "dea.txt"
    file.write_text(dea(dea_line("BC2345672"), "", dea_line()))

    call_command("import_roster", file)

    assert "2 rows read, 0 new, 1 changed, 0 unchanged, 0 bad." in (said := capsys.readouterr().out)
    assert "1 rows are about other people." in said


@pytest.mark.once
def test_short_rests_of_a_number_are_not_nearly_ours():
    codes = Codes(["1.000000", "1.000100"])

    assert [code for code in ("", "1", "1.", "100", "0") if code in codes.looked_at] == []


# --- A row that is older than what a person has verified --------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            {"Status": "INACTIVE", "StatusReason": "LAPSED", "Active": "0"},
            "not active, valid through February 28, 2027",
        ),
        ({"Status": "PROBATION"}, "active, limited, valid through February 28, 2027"),
    ],
)
def test_an_older_row_that_contradicts_a_verification_is_listed(row, says):
    with time_machine.travel(datetime(2026, 11, 23, 17, tzinfo=UTC), tick=False):
        read(program())
        set_registration(
            physician=Physician.objects.get(), kind="medical_license", number="1.034567", is_active=True,
            expires_date=date(2027, 3, 1), source="Call to DPH", by=factories.staff("Registrar"),
        )  # fmt: skip

        same, other = read(elicense()), read(elicense(row))

    assert (counts(same), problems(same)) == ((0, 0, 1, 0), [])
    assert (counts(other), problems(other)) == ((0, 0, 1, 0), [(2, "RecordRefreshedOn", "warning")])
    reason = other.problems.get().reason
    assert f"older than your verification of November 23, 2026, and says something else: {says}." in reason
    assert licence().is_active


# --- What a spreadsheet adds --------------------------------------------------------------------------------------


def with_commas(text, columns=0, rows=2):
    """Return the table with empty columns and rows of commas at its end."""
    lines = [line + "," * columns for line in text.splitlines()]
    return "\n".join([*lines, *["," * lines[0].count(",")] * rows, ",,,", " , ,", ""])


@pytest.mark.parametrize("columns", [0, 2])
def test_rows_of_commas_and_empty_columns_at_the_end_are_nothing(columns):
    run = read(with_commas(program(), columns))
    assert (counts(run), problems(run), run.row_count) == ((1, 0, 0, 0), [], 1)

    run = read(with_commas(elicense(), columns))
    assert (counts(run), problems(run), run.row_count) == ((0, 1, 0, 0), [], 1)


@pytest.mark.parametrize("text", [program(), elicense()], ids=["program", "elicense"])
def test_empty_cells_after_the_last_column_of_one_row_are_nothing(text):
    read(program())
    header, row = text.splitlines()

    assert read(f"{header}\n{row},,\n").bad_count == 0
    assert problems(read(f"{header}\n{row},,x\n")) == [(2, "", "bad")]


def test_an_unknown_column_without_a_name_is_named_by_its_place():
    header, row = program().splitlines()

    run = read(f",{header}\nx,{row}\n")

    assert (run.new_count, run.problems.get().reason.endswith(": number 1, without a name")) == (1, True)


@pytest.mark.parametrize(
    "written",
    ["2/8/2027", "2/8/2027 12:00:00 AM", "02/08/2027 12:00:00 AM", "2/8/2027 0:00", " 2/8/2027 ", "2027-02-08",
     "2027-02-08T00:00:00.000", "2027-02-08 00:00:00"],
)  # fmt: skip
def test_a_date_with_a_time_behind_it_is_the_date(written):
    read(program())

    run = read(elicense({"ExpirationDate": written, "RecordRefreshedOn": written}))

    assert (counts(run), licence().expires_date) == ((0, 1, 0, 0), date(2027, 2, 9))


@pytest.mark.parametrize("written", ["2/30/2027", "13/1/2027", "2/8/27", "2/8/2027 noon", "2/8/20270", "8.2.2027"])
def test_what_is_no_date_is_listed(written):
    read(program())

    assert problems(read(elicense({"ExpirationDate": written}))) == [(2, "ExpirationDate", "bad")]


def test_separate_accents_and_spaces_in_a_row_become_one_name():
    read(program({"last_name": "Nu\u0301n\u0303ez\u200b  Paz ", "practice_city": "Ha\u0301mden"}))

    physician = Physician.objects.get()
    assert (physician.last_name, physician.practice_city) == ("N\u00fa\u00f1ez Paz", "H\u00e1mden")


# --- Names in capitals, with a degree behind them --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last"),
    [("JUNE DO", "PARK"), ("JUNE", "PARK DO"), ("June, D.O.", "Park"), ("", "PARK, JUNE DO"), ("PARK, JUNE DO", "")],
)
def test_an_osteopath_in_capitals_is_called_by_name(first, last):
    run = read(program({"first_name": first, "last_name": last, "dea_number": "BP2345672"}))

    physician = Physician.objects.get()
    assert (physician.name, physician.search_name, problems(run)) == ("June Park", "park june", [])


def test_a_physician_whose_name_is_do_keeps_it():
    read(program({"first_name": "MINH", "last_name": "DO"}))

    assert Physician.objects.get().name == "Minh Do"


def test_a_roster_in_capitals_does_not_change_how_a_name_is_written():
    read(program({"first_name": "Amara", "last_name": "MacOsei"}))

    run = read(program({"first_name": "AMARA", "last_name": "MACOSEI MD"}))

    assert (counts(run), Physician.objects.get().last_name) == ((0, 0, 1, 0), "MacOsei")
