"""What spreadsheets write, and what they read from us."""

import io
from pathlib import Path

import pytest

from ui.forms import DollarsField, GramsField, OuncesField, WholeNumberField
from ui.spreadsheets import csv_parts, fitted, is_blank, write_csv
from ui.tidy import plain_number

pytestmark = pytest.mark.once
ROWS = [["Núñez", "=1+1", 3]]


def test_every_csv_begins_with_a_byte_order_mark_for_excel():
    out = io.StringIO()
    write_csv(out, ["name", "formula", "count"], ROWS)

    assert out.getvalue() == "\ufeffname,formula,count\r\nNúñez,'=1+1,3\r\n"
    assert "".join(csv_parts(["name", "formula", "count"], ROWS)) == out.getvalue()


def test_nothing_else_writes_csv():
    """So each export has the byte order mark, and no cell that begins like a formula."""
    root = Path(__file__).resolve().parents[2]
    apps = (
        "accounts",
        "audit",
        "certification",
        "delivery",
        "dispensing",
        "mmp_portal",
        "notifications",
        "pages",
        "ui",
    )
    writers = [path for app in apps for path in (root / app).rglob("*.py") if "csv.writer" in path.read_text()]
    assert [path.relative_to(root).as_posix() for path in writers] == ["ui/spreadsheets.py"]


@pytest.mark.parametrize(
    ("cells", "width", "expected"),
    [(["a", "b", "", " "], 2, ["a", "b"]), (["a", "b", "", "x"], 2, ["a", "b", "", "x"]), (["a"], 2, ["a"])],
)
def test_fitted_leaves_out_blank_cells_after_the_last_column(cells, width, expected):
    assert fitted(cells, width) == expected


def test_a_row_of_commas_is_blank():
    assert (is_blank([]), is_blank(["", " ", "\u00a0"]), is_blank(["", "0"])) == (True, True, False)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("1,000", "1000"), (" 12,345,678 ", "12345678"), ("1,000.50", "1000.50"), ("1,00", "1,00"), ("1,0000", "1,0000"),
     (",100", ",100"), ("1,000,", "1,000,"), ("2,5", "2,5"), ("x", "x"), ("", "")],
)  # fmt: skip
def test_plain_number_leaves_out_the_commas_between_thousands(typed, expected):
    assert plain_number(typed) == expected


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [(WholeNumberField(), "1,000", 1000), (DollarsField(), "$1,234.50", 123450), (DollarsField(), "1,000", 100000),
     (GramsField(), "1,000 g", 1_000_000), (GramsField(), "1,000.5", 1_000_500)],
)  # fmt: skip
def test_every_field_of_a_number_takes_commas_between_thousands(field, typed, expected):
    assert field.clean(typed) == expected


@pytest.mark.parametrize("field", [WholeNumberField(), DollarsField(), GramsField(), OuncesField()])
@pytest.mark.parametrize("typed", ["1,00", "2,5", "1,0000", ",100"])
def test_a_comma_elsewhere_is_no_number(field, typed):
    with pytest.raises(Exception, match="Enter"):
        field.clean(typed)
