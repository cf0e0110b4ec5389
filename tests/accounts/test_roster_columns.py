"""The first line tells the kind; columns stand in any order, and what a row does not say is not claimed."""

import pytest

from accounts.actions import set_registration
from accounts.models import Physician, Registration
from tests import factories
from tests.rosters import ELICENSE, PROGRAM, counts, elicense, problems, program, read, table

pytestmark = pytest.mark.django_db
SPELLINGS = {
    "capitals": str.upper,
    "words": lambda name: name.replace("_", " ").title(),
    "quotes": lambda name: f'"{name}"',
    "spaces": lambda name: f"  {name} ",
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_column_names_in_any_spelling(spell):
    header, row = program().splitlines()

    assert read(",".join(map(spell, header.split(","))) + f"\n{row}\n").new_count == 1


def test_columns_of_the_program_in_another_order_and_some_of_no_use():
    columns = ["Remarks", *sorted(PROGRAM), "=1+1"]

    run = read(table(columns, [{**PROGRAM, "Remarks": "x", "=1+1": "y"}]))

    physician = Physician.objects.get()
    assert (counts(run), problems(run)) == ((1, 0, 0, 0), [(1, "", "warning")])
    assert run.problems.get().reason.endswith("nothing was read from them: Remarks, =1+1")
    assert (physician.name, physician.npi, physician.practice_zip) == ("Amara Osei", "1234567893", "06510")


def test_columns_of_the_state_in_another_order():
    read(program())
    columns = ["NewColumn", *sorted(ELICENSE)]

    run = read(table(columns, [{**ELICENSE, "NewColumn": ""}]))

    assert (counts(run), problems(run)) == ((0, 1, 0, 0), [(1, "", "warning")])
    assert Registration.objects.get(kind="medical_license").is_active


def test_a_row_as_wide_as_its_own_first_line():
    header, row = program().splitlines()

    run = read(f"{header},remarks\n{row}\n{row},x\n")

    assert (counts(run), problems(run)) == ((1, 0, 0, 1), [(1, "", "warning"), (2, "", "bad")])


def test_a_row_without_suffix_leaves_the_one_that_is_known():
    read(program({"dea_number": "AO1234563-001AB"}))

    assert counts(read(program())) == (0, 0, 1, 0)
    assert Physician.objects.get().dea_suffix == "001AB"
    read(program({"dea_number": "AO1234563-002"}))
    assert Physician.objects.get().dea_suffix == "002"


def test_a_new_dea_number_takes_no_suffix_of_the_old_one():
    read(program({"dea_number": "AO1234563-001AB"}))

    read(program({"dea_number": "BO2345672"}))

    assert Physician.objects.values_list("dea_number", "dea_suffix").get() == ("BO2345672", "")


# --- Access to the monitoring program: the fifth requirement --------------------------------------------------------


def access():
    return list(Registration.objects.filter(kind="prescription_monitoring").values_list("is_active", flat=True))


@pytest.mark.parametrize(("says", "recorded"), [("yes", [True]), ("NO", [False]), ("", [])])
def test_access_counts_where_the_roster_says_it(says, recorded):
    read(program({"monitoring_access": says}))

    assert access() == recorded


def test_a_roster_without_the_column_claims_no_access():
    columns = [name for name in PROGRAM if name != "monitoring_access"]

    run = read(table(columns, [PROGRAM]))

    assert (counts(run), problems(run), access()) == ((1, 0, 0, 0), [], [])


def test_a_later_roster_changes_access_and_a_blank_leaves_it():
    read(program({"monitoring_access": "no"}))

    assert counts(read(program())) == (0, 1, 0, 0)
    assert counts(read(program({"monitoring_access": ""}))) == (0, 0, 1, 0)
    assert access() == [True]


def test_access_that_a_person_has_verified_is_not_replaced():
    read(program())
    set_registration(
        physician=Physician.objects.get(),
        kind="prescription_monitoring",
        source="Call",
        by=factories.staff("Registrar"),
    )

    run = read(program({"monitoring_access": "no"}))

    assert (problems(run), access()) == ([(2, "monitoring_access", "warning")], [True])


def test_access_is_yes_or_no():
    run = read(program({"monitoring_access": "perhaps"}))

    assert (counts(run), problems(run)) == ((0, 0, 0, 1), [(2, "monitoring_access", "bad")])


def test_the_state_s_file_may_name_its_columns_in_small_letters():
    read(program())

    assert counts(read(elicense().replace("FullCredentialCode", "full credential code", 1))) == (0, 1, 0, 0)
