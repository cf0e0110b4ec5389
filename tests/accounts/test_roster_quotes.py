"""Rosters with a quotation mark too many, or too few."""

import pytest

from accounts.models import Physician
from tests import factories
from tests.rosters import elicense, program, read

pytestmark = pytest.mark.django_db


def problems(run):
    return list(run.problems.order_by("line", "pk").values_list("line", "column", "severity"))


def test_two_forgotten_quotation_marks_are_listed_with_the_lines_they_take_in():
    lines = program(*[{"dea_number": factories.dea_number(n, "BO"), "npi": ""} for n in range(1, 5)]).splitlines()
    for place in (1, 3):
        cells = lines[place].split(",")
        cells[9] = f'"{cells[9]}' if place == 1 else f'{cells[9]}"'
        lines[place] = ",".join(cells)

    run = read("\n".join(lines) + "\n")

    assert problems(run) == [(2, "", "bad")]
    assert "to line 4" in run.problems.get().reason
    assert (run.new_count, Physician.objects.count()) == (1, 1)


def test_two_forgotten_quotation_marks_in_the_states_file_are_listed():
    header, row = elicense({"Address": "12 ELM ST"}).splitlines()
    opened = row.replace("INDIVIDUAL,", 'INDIVIDUAL,"Acme')
    closed = row.replace("INDIVIDUAL,", 'INDIVIDUAL,Acme"')

    run = read("\n".join([header, opened, row, closed, row, ""]))

    assert ((2, "", "bad") in problems(run), "to line 4" in run.problems.get(line=2).reason) == (True, True)


def test_a_mark_inside_a_cell_is_read_as_it_is():
    run = read(program({"practice_name": "Elm 5 inch"}).replace("Elm 5 inch", 'Elm 5" Clinic'))

    assert (run.bad_count, Physician.objects.get().practice_name) == (0, 'Elm 5" Clinic')


def test_a_line_of_a_megabyte_is_one_bad_row():
    header, row = program({}).splitlines()

    run = read("\n".join([header, "x" * 1_000_000, row, ""]))

    assert (problems(run), Physician.objects.count()) == ([(2, "", "bad")], 1)
