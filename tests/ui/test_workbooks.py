"""The workbooks that we write, read by a library for spreadsheets."""

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from ui import heartbeat, workbooks
from ui.workbooks import xlsx_parts

pytestmark = pytest.mark.once


def rows_of_workbook(content):
    sheet = load_workbook(io.BytesIO(content), read_only=True).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def written(*rows):
    return rows_of_workbook(b"".join(xlsx_parts(["heading"] * len(rows[0]), rows)))[1:]


def test_each_value_is_a_cell_of_its_kind():
    moment = datetime(2026, 11, 25, 9, 30, 15)
    assert written([7, -3, Decimal("83.50"), date(2026, 11, 25), moment, "Núñez", None, "2026"]) == [
        [7, -3, 83.5, datetime(2026, 11, 25), moment, "Núñez", None, "2026"]
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_begins_like_a_formula(start):
    cell = written([f"{start}1+1"])[0][0]
    assert cell.startswith(f"'{start.strip()}") and cell.endswith("1+1")


@pytest.mark.parametrize(
    ("text", "read"),
    [("<b>&", "<b>&"), (" spaced ", " spaced "), ("a\x07b", "a\ufffdb"), ("x" * 40_000, "x" * 32_000), ("🌿", "🌿")],
)
def test_any_text_makes_a_sheet_that_opens(text, read):
    assert written([text]) == [[read]]


def test_a_text_like_the_code_of_a_character_is_marked_as_text():
    """Excel reads `_x0041_` as an A, unless its first character is written as a code."""
    assert "_x005F_x0041_" in workbooks._cell("_x0041_", 0)


def test_a_sheet_ends_at_the_last_row_that_it_can_hold(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_ROWS", 3)
    assert written(*([number] for number in range(5))) == [[0], [1], [2]]


def test_a_workbook_leaves_in_parts_while_rows_are_read():
    taken = []

    def rows():
        for number in range(2_000):
            taken.append(number)
            yield [number, "x" * 20]

    parts = xlsx_parts(["number", "text"], rows())
    next(parts)
    assert len(taken) == workbooks.ROWS_A_PART


def test_a_long_response_tells_the_server_of_its_progress(monkeypatch):
    beats = []
    monkeypatch.setattr(heartbeat, "_listeners", [])
    heartbeat.register(lambda: beats.append(1))
    assert list(heartbeat.beating(["a", "b"])) == ["a", "b"]
    assert len(beats) == 2
