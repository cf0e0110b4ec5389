"""Rosters come as files: what each row does, and what it must never do."""

import io
import tempfile
import zipfile
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import rules
from accounts.actions import identify_physician, import_roster, set_registration
from accounts.models import Physician, Registration, RosterImport, RosterProblem
from accounts.rosters import importing, reading
from accounts.rosters.files import RosterFileError
from audit.models import Event
from tests import factories
from tests.rosters import counts, dea, dea_line, elicense, problems, program, read

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)
OTHER = {"dea_number": "BC2345672", "npi": "1245319599", "email": "b@example.org", "last_name": "Carver",
         "license_number": "1.034568", "csp_number": "CSP.0045672"}  # fmt: skip


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


def registration(kind, **which):
    return Registration.objects.get(kind=kind, **which)


def everything():
    """Every row that an import may change."""
    return [list(model.objects.order_by("pk").values()) for model in (Physician, Registration)]


def met(physician):
    return {requirement.name: requirement.met for requirement in rules.eligibility(physician, timezone.localdate())}


# --- The program's roster -------------------------------------------------------------------------------------------


def test_program_row_makes_a_physician_who_identifies_at_once():
    run = read(program({"dea_number": "ao1234563-001ab", "practice_zip": "06510-1234", "email": "A@Example.org"}))

    physician = Physician.objects.get()
    assert counts(run) == (1, 0, 0, 0)
    assert (physician.dea_number, physician.npi, physician.search_name) == ("AO1234563", "1234567893", "osei amara")
    assert (physician.practice_zip, physician.email, physician.phone) == ("06510", "a@example.org", "+12035550142")
    found = identify_physician(
        dea_number="AO1234563", ssn_last_four="4821", address=None, by=factories.user("a@example.org")
    )
    assert found == physician


def test_what_the_program_s_roster_names_is_on_record_and_not_yet_confirmed():
    read(program())

    physician = Physician.objects.get()
    rows = physician.registrations.order_by("kind").values_list("kind", "number", "is_active", "expires_date")
    assert list(rows) == [
        ("controlled_substance", "CSP.0045671", False, None),
        ("dea", "AO1234563", False, None),
        ("medical_license", "1.034567", False, None),
        ("prescription_monitoring", "", True, None),
    ]
    requirements = rules.eligibility(physician, timezone.localdate())
    assert [requirement.met for requirement in requirements] == [False, True, False, False, True]
    assert "not yet confirmed" in requirements[0].sentence


def test_three_rosters_make_a_physician_eligible():
    read(program())
    first = read(elicense({}, {"FullCredentialCode": "CSP.0045671", "ExpirationDate": "02/28/2027"}))
    second = read(dea())

    assert (counts(first), counts(second)) == ((0, 2, 0, 0), (0, 1, 0, 0))
    physician = Physician.objects.get()
    rules.check_physician_is_eligible(physician, today=date(2027, 2, 28))  # the file's day is the last good one
    with pytest.raises(rules.NotEligible):
        rules.check_physician_is_eligible(physician, today=date(2027, 3, 1))


def test_read_twice_the_second_changes_nothing():
    files = [program({}, OTHER), elicense({}, {"FullCredentialCode": "CSP.0045672"}), dea()]
    for file in files:
        read(file)
    before, events = everything(), Event.objects.filter(action__startswith="registration").count()

    for file, rows in zip(files, (2, 2, 1), strict=True):
        assert counts(read(file)) == (0, 0, rows, 0)

    assert everything() == before
    assert Event.objects.filter(action__startswith="registration").count() == events


def test_a_new_dea_number_keeps_the_physician_and_remakes_the_digest():
    read(program())
    read(dea())
    physician = Physician.objects.get()

    run = read(program({"dea_number": "BO2345672"}))

    again = Physician.objects.get()
    assert (again.pk, again.dea_number, counts(run)) == (physician.pk, "BO2345672", (0, 1, 0, 0))
    assert rules.ssn_digits_match("BO2345672", "4821", again.ssn_digest)
    proof = registration("dea")
    assert (proof.number, proof.is_active, proof.expires_date) == ("BO2345672", False, None)


def test_an_npi_of_somebody_with_another_name_is_listed():
    read(program())

    run = read(program({"dea_number": "BC2345672", "last_name": "Carver"}))

    assert (counts(run), problems(run)[-1]) == ((0, 0, 0, 1), (2, "npi", "bad"))
    assert Physician.objects.get().dea_number == "AO1234563"


def test_an_npi_of_two_physicians_is_listed():
    for _ in range(2):
        factories.physician(last_name="Osei")

    run = read(program())

    assert (counts(run), problems(run)) == ((0, 0, 0, 1), [(2, "npi", "bad")])


@pytest.mark.parametrize(
    ("over", "column"), [({"npi": "1245319599"}, "dea_number"), ({"dea_number": "BO2345672"}, "npi")]
)
def test_a_number_that_is_twice_in_the_file_is_listed(over, column):
    run = read(program({}, over))

    assert (counts(run), problems(run)) == ((1, 0, 0, 1), [(3, column, "bad")])


def test_a_number_moves_on_within_one_batch():
    """Osei gets a new DEA number, and somebody else the old one: neither gets the other's row."""
    read(program())

    run = read(program({"dea_number": "BO2345672"}, {**OTHER, "dea_number": "AO1234563", "last_name": "Otis"}))

    assert counts(run) == (1, 1, 0, 0)
    assert set(Physician.objects.values_list("last_name", "dea_number")) == {
        ("Osei", "BO2345672"),
        ("Otis", "AO1234563"),
    }


def test_a_changed_row_leaves_the_proof_of_the_same_number():
    read(program())
    read(elicense())

    run = read(program({"practice_city": "Hamden", "ssn_last_four": "9999"}))

    assert counts(run) == (0, 1, 0, 0)
    assert Physician.objects.get().practice_city == "Hamden"
    assert rules.ssn_digits_match("AO1234563", "9999", Physician.objects.get().ssn_digest)
    assert registration("medical_license").is_active


def test_another_license_number_waits_for_its_own_proof():
    read(program())
    read(elicense())

    read(program({"license_number": "1.099999"}))

    proof = registration("medical_license")
    assert (proof.number, proof.is_active, proof.expires_date) == ("1.099999", False, None)


def test_a_number_that_a_person_has_verified_is_not_replaced():
    read(program())
    registrar = factories.staff("Registrar")
    set_registration(
        physician=Physician.objects.get(), kind="medical_license", number="1.077777", is_active=True,
        expires_date=date(2027, 5, 1), source="Call to DPH", by=registrar,
    )  # fmt: skip

    run = read(program())

    assert (counts(run), problems(run)) == ((0, 0, 1, 0), [(2, "license_number", "warning")])
    assert registration("medical_license").number == "1.077777"


def test_blank_license_and_csp_numbers_are_not_on_record():
    assert counts(read(program({"license_number": "", "csp_number": "", "npi": ""}))) == (1, 0, 0, 0)

    assert set(Registration.objects.values_list("kind", flat=True)) == {"dea", "prescription_monitoring"}


def test_digits_under_an_older_pepper_are_not_a_change(settings):
    read(program())
    settings.SSN_PEPPERS = ["a-newer-pepper", *settings.SSN_PEPPERS]

    assert counts(read(program())) == (0, 0, 1, 0)


BAD_CELLS = [
    ("dea_number", "AO1234560", "typing error"),
    ("dea_number", "AO12345", "two letters and seven digits"),
    ("dea_number", "AOI234563", "two letters and seven digits"),
    ("dea_number", "MJ1234563", "mid-level"),
    ("ssn_last_four", "821", "four digits"),
    ("ssn_last_four", "48２1", "four digits"),
    ("npi", "1234567890", "typing error"),
    ("npi", "3234567893", "ten digits"),
    ("license_number", "1.34567", "six digits"),
    ("csp_number", "CSP.045671", "seven digits"),
    ("email", "amara", "valid email"),
    ("phone", "555", "10-digit phone"),
    ("practice_state", "Conn.", "two letters"),
    ("practice_zip", "0651", "5-digit"),
    ("first_name", " ", "blank"),
    ("practice_name", "x" * 201, "longer than 200"),
]


@pytest.mark.parametrize(("column", "cell", "words"), BAD_CELLS)
def test_a_bad_row_is_listed_and_never_stops_the_file(column, cell, words):
    run = read(program({column: cell}, OTHER))

    assert (counts(run), problems(run)) == ((1, 0, 0, 1), [(2, column, "bad")])
    assert words in run.problems.get().reason
    assert Physician.objects.get().last_name == "Carver"


def test_every_problem_of_a_row_is_listed_and_it_counts_once():
    run = read(program({"npi": "12", "ssn_last_four": ""}))

    assert (run.bad_count, [column for _, column, _ in problems(run)]) == (1, ["npi", "ssn_last_four"])


def test_a_second_letter_unlike_the_last_name_is_a_warning_and_no_refusal():
    run = read(program({"last_name": "Núñez"}, {**OTHER, "dea_number": "F91234563"}))

    assert (counts(run), problems(run)) == ((2, 0, 0, 0), [(2, "dea_number", "warning")])


@pytest.mark.parametrize(
    ("line", "reason"), [("too,few", "has 2 columns, not 15"), ('"closed"x,too early', "quotation marks")]
)
def test_a_row_of_another_shape_is_listed_with_its_line(line, reason):
    header, row = program().splitlines()

    run = read("\n".join([header, line, "", row, ""]))

    assert (counts(run), run.row_count) == ((1, 0, 0, 1), 2)
    assert [(problem.line, reason in problem.reason) for problem in run.problems.all()] == [(2, True)]


# --- The state's licenses and credentials ---------------------------------------------------------------------------

THROUGH_FEBRUARY = (True, False, date(2027, 3, 1))
QUIRKS = [
    ("plain", {}, THROUGH_FEBRUARY),
    ("sentinel dates elsewhere", {"EffectiveDate": "12/27/1800", "IssueDate": ""}, THROUGH_FEBRUARY),
    ("number blank", {"CredentialNumber": ""}, THROUGH_FEBRUARY),
    ("status of a renewal", {"Status": "ACTIVE IN RENEWAL"}, THROUGH_FEBRUARY),
    ("lower case", {"Status": "Active"}, THROUGH_FEBRUARY),
    ("no reason", {"StatusReason": ""}, THROUGH_FEBRUARY),
    ("five digits of ZIP", {"Zip": "06510"}, THROUGH_FEBRUARY),
    ("active, dates ended", {"ExpirationDate": "02/28/2025"}, (True, False, date(2025, 3, 1))),
    ("not active, dates run", {"Active": "0"}, (False, False, date(2027, 3, 1))),
    ("not active, no date", {"Active": "0", "Status": "INACTIVE", "ExpirationDate": ""}, (False, False, None)),
    ("sentinel end", {"Active": "0", "ExpirationDate": "12/27/1800"}, (False, False, None)),
    ("lapsed though flagged", {"StatusReason": "LAPSED DUE TO NON-RENEWAL"}, (False, False, date(2027, 3, 1))),
    ("failed to renew", {"StatusReason": "FAILED TO RENEW"}, (False, False, date(2027, 3, 1))),
    ("suspended though flagged", {"Status": "SUSPENDED"}, (False, False, date(2027, 3, 1))),
    ("pending", {"Status": "PENDING"}, (False, False, date(2027, 3, 1))),
    ("probation", {"Status": "PROBATION"}, (True, True, date(2027, 3, 1))),
    ("limited", {"StatusReason": "LIMITED TO SCHEDULES III-V"}, (True, True, date(2027, 3, 1))),
    ("restricted", {"StatusReason": "Practice restriction"}, (True, True, date(2027, 3, 1))),
    ("consent order", {"StatusReason": "CONSENT ORDER"}, (True, True, date(2027, 3, 1))),
    ("limitation over", {"StatusReason": "RESTRICTIONS REMOVED"}, THROUGH_FEBRUARY),
]


@pytest.mark.parametrize(("over", "expected"), [case[1:] for case in QUIRKS], ids=[case[0] for case in QUIRKS])
@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["csv", "tsv"])
def test_quirks_of_a_credential(over, expected, delimiter):
    read(program())

    run = read(elicense(over, delimiter=delimiter))

    proof = registration("medical_license")
    assert (proof.is_active, proof.is_limited, proof.expires_date) == expected
    assert (run.bad_count, proof.source, proof.state) == (0, "State licenses and credentials", "CT")


@pytest.mark.parametrize(
    ("over", "column"),
    [
        ({"Active": "yes"}, "Active"),
        ({"ExpirationDate": "28.02.2027"}, "ExpirationDate"),
        ({"ExpirationDate": "02/29/2027"}, "ExpirationDate"),
        ({"ExpirationDate": ""}, "ExpirationDate"),
        ({"ExpirationDate": "12/27/1800"}, "ExpirationDate"),
    ],
)
def test_a_bad_credential_of_ours_is_listed(over, column):
    read(program())
    before = everything()

    run = read(elicense(over))

    assert (counts(run), problems(run)) == ((0, 0, 0, 1), [(2, column, "bad")])
    assert everything() == before


def test_rows_of_others_are_nobody_s_business():
    run = read(elicense({"Active": "?"}, {"FullCredentialCode": "PLM.0284801-P1"}))

    assert (counts(run), run.row_count, Registration.objects.count()) == ((0, 0, 0, 0), 2, 0)


def test_a_code_on_two_rows_is_listed_and_not_guessed():
    read(program())
    before = everything()

    run = read(elicense({}, {"FullCredentialCode": "1.1"}, {"Status": "INACTIVE", "Active": "0"}, {}))

    code = "FullCredentialCode"
    assert (counts(run), problems(run)) == ((0, 0, 0, 3), [(2, code, "bad"), (4, code, "bad"), (5, code, "bad")])
    assert everything() == before


def test_a_code_of_two_physicians_is_listed_and_not_guessed():
    read(program({}, {**OTHER, "license_number": "1.034567"}))
    before = everything()

    run = read(elicense())

    assert (counts(run), problems(run)) == ((0, 0, 0, 1), [(2, "FullCredentialCode", "bad")])
    assert everything() == before


def test_an_entry_older_than_what_a_person_verified_is_not_used():
    read(program())
    set_registration(
        physician=Physician.objects.get(), kind="medical_license", number="1.034567", is_active=True,
        expires_date=date(2028, 1, 1), source="Call to DPH", by=factories.staff("Registrar"),
    )  # fmt: skip

    assert counts(read(elicense({"RecordRefreshedOn": "11/22/2026"}))) == (0, 0, 1, 0)
    assert registration("medical_license").expires_date == date(2028, 1, 1)
    problem = RosterProblem.objects.get()
    assert (problem.line, problem.column, problem.severity) == (2, "RecordRefreshedOn", "warning")
    assert "older than your verification of November 23, 2026, and says something else: active, valid" in problem.reason
    assert counts(read(elicense({"RecordRefreshedOn": "11/23/2026"}))) == (0, 1, 0, 0)
    assert registration("medical_license").expires_date == date(2027, 3, 1)


def test_a_newer_record_that_says_the_same_moves_the_day_it_was_checked():
    read(program())
    read(elicense())
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        run = read(elicense({"RecordRefreshedOn": "11/24/2026"}))

    assert counts(run) == (0, 0, 1, 0)
    assert registration("medical_license").verified_at == NOON + timedelta(days=1)


@pytest.mark.parametrize("refreshed", ["", "yesterday"])
def test_a_record_without_its_day_counts_all_the_same(refreshed):
    read(program())

    assert counts(read(elicense({"RecordRefreshedOn": refreshed}))) == (0, 1, 0, 0)


@pytest.mark.parametrize("line", ["too,few", '"closed"x,too early'])
def test_a_broken_row_among_credentials_is_listed(line):
    read(program())
    header, row = elicense().splitlines()

    run = read("\r\n".join([header, line, "", row, ""]))

    assert (counts(run), problems(run)) == ((0, 1, 0, 1), [(2, "", "bad")])


# --- The DEA's extract ----------------------------------------------------------------------------------------------

DEA_CASES = [
    ("plain", {}, (True, False, date(2027, 12, 1)), []),
    ("schedules without spaces", {"schedules": "22N33N45"}, (True, False, date(2027, 12, 1)), []),
    ("no 2N", {"schedules": "2  33N4 5"}, (True, True, date(2027, 12, 1)), ["schedules"]),
    ("no 2", {"schedules": "2N 33N"}, (True, True, date(2027, 12, 1)), ["schedules"]),
    ("mid-level", {"activity": "M"}, (False, False, date(2027, 12, 1)), ["activity"]),
    ("another state", {"state": "NY"}, (True, True, date(2027, 12, 1)), ["state"]),
    ("ended", {"ends": "20200229"}, (True, False, date(2020, 3, 1)), []),
]


@pytest.mark.parametrize(("over", "expected", "warned"), [c[1:] for c in DEA_CASES], ids=[c[0] for c in DEA_CASES])
def test_a_line_of_the_dea(over, expected, warned):
    read(program())

    run = read(dea(dea_line("BC2345672"), dea_line(**over)))

    proof = registration("dea")
    assert (proof.is_active, proof.is_limited, proof.expires_date) == expected
    assert [(column, severity) for _, column, severity in problems(run)] == [(name, "warning") for name in warned]
    assert counts(run) == (0, 1, 0, 0)


def test_the_dea_s_line_makes_a_registration_that_was_not_named():
    physician = factories.physician(dea_number="AO1234563", registrations_over={"dea": None})

    assert counts(read(dea())) == (1, 0, 0, 0)
    assert met(physician)["dea"] is True


@pytest.mark.parametrize(
    ("lines", "listed"),
    [
        ([dea_line(ends="20271301")], [(1, "expiration", "bad")]),
        ([dea_line("BC2345672"), "AO1234563C short"], [(2, "", "bad")]),
        ([dea_line(), dea_line(ends="20300101")], [(1, "dea_number", "bad"), (2, "dea_number", "bad")]),
    ],
    ids=["date", "length", "twice"],
)
def test_a_bad_line_of_the_dea_is_listed(lines, listed):
    read(program())
    before = everything()

    run = read(dea(*lines, ""))

    assert (problems(run), run.new_count + run.changed_count, everything()) == (listed, 0, before)


# --- The file as a whole --------------------------------------------------------------------------------------------


def zip_bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("roster.csv", b"0" * 50_000_000)
    return out.getvalue()


OPEN_QUOTE = program().replace("Elm Street Medicine", '"Elm Street Medicine') + program({}).splitlines()[1]
REFUSED = {
    "nothing": (b"", "empty"),
    "another kind": (b"name,born\nRosa,1980\n", "no roster we know"),
    "blank": (b"\n\n", "no roster we know"),
    "column missing": (program().replace(",npi", "").encode(), "must have these columns too: npi."),
    "columns of the state missing": (elicense().replace("Status,StatusReason,", "").encode(), "Status, StatusReason."),
    "column twice": (program().replace(",npi", ",npi,Email").encode(), "twice: email."),
    "Latin-1": (program({"last_name": "Núñez"}).encode("latin-1"), "UTF-8"),
    "cut in a character": (program().encode() + "ñ".encode()[:1], "UTF-8"),
    "UTF-16": (program().encode("utf-16"), "UTF-8"),
    "NUL late": (program().encode() + b"x" * 70_000 + b"\0", "UTF-8"),
    "quote": (OPEN_QUOTE.encode(), "opens on line 2"),
    "ZIP bomb": (zip_bomb(), "packed"),
    "gzip": (b"\x1f\x8b\x08\x00", "packed"),
    "one endless line": (program().encode() + b"x" * 3_000_000, "not made of lines"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_is_refused_in_one_sentence_before_anything_is_written(data, words):
    with pytest.raises(RosterFileError, match=words) as refusal:
        read(data)

    assert (refusal.value.field, RosterImport.objects.count(), Physician.objects.count()) == ("file", 0, 0)
    assert Event.objects.get(action="roster.import").outcome == "refused"


@pytest.mark.parametrize("text", [program(), elicense(), dea()], ids=["program", "elicense", "dea"])
def test_a_byte_order_mark_and_other_line_ends_are_accepted(text):
    run = read(text.replace("\r\n", "\n").replace("\n", "\r\n"), encoding="utf-8-sig")

    assert (run.bad_count, run.row_count) == (0, 1)


def test_a_header_alone_is_a_roster_of_nobody():
    assert counts(read(program().splitlines()[0])) == (0, 0, 0, 0)


# --- Dry run, being cut off, secrets --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [program({}, {"npi": "1"}), elicense(), dea()], ids=["program", "elicense", "dea"])
def test_a_dry_run_counts_and_changes_nothing(text):
    factories.physician(dea_number="AO1234563", registrations_over={"medical_license": {"number": "1.034567"}})
    before = everything()

    dry = read(text, is_dry_run=True)

    assert (everything(), dry.is_dry_run, dry.finished_at) == (before, True, NOON)
    assert Event.objects.filter(action="roster.dry_run", subject_id=dry.pk).count() == 1
    assert not Event.objects.filter(action="physician.import").exists()
    real = read(text)
    assert (counts(real), problems(real)) == (counts(dry), problems(dry))
    assert everything() != before


def many(count):
    rows = [{**OTHER, "dea_number": factories.dea_number(n, "BC"), "npi": "", "license_number": f"1.{n:06d}"}
            for n in range(1, count + 1)]  # fmt: skip
    return program(*rows)


def test_cut_off_in_the_middle_leaves_whole_batches_and_a_second_run_finishes(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 4)
    text, batches = many(10), []

    def cut_off(batch, report, write=importing.READERS["program"][1]):
        write(batch, report)
        batches.append(batch)
        if len(batches) == 2:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setitem(importing.READERS, "program", (importing.READERS["program"][0], cut_off))
        with pytest.raises(SystemExit):
            read(text)
    cut = RosterImport.objects.get()
    assert (Physician.objects.count(), cut.new_count, cut.finished_at) == (4, 4, None)
    assert Registration.objects.count() == 4 * 4

    run = read(text)

    assert (counts(run), Physician.objects.count()) == ((6, 0, 4, 0), 10)
    assert read(text).unchanged_count == 10


def test_many_problems_are_written_down_as_they_come(monkeypatch):
    monkeypatch.setattr("accounts.rosters.report.BATCH", 3)
    monkeypatch.setattr(reading, "BATCH", 5)
    monkeypatch.setattr(reading, "LINES_BETWEEN_PROGRESS", 5)

    for header in (program, elicense):
        run = read(header().splitlines()[0] + "\nx" * 22 + "\n")

        assert (run.bad_count, run.row_count, run.problems.count()) == (22, 22, 22)


def test_progress_goes_from_0_to_1(monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 20)
    parts = []

    read(many(300), on_progress=parts.append)

    assert parts == sorted(parts)
    assert (0 <= parts[0] < 0.2, parts[-1], len(set(parts)) > 5) == (True, 1.0, True)


CANARY = "9274"


def test_ssn_digits_appear_nowhere(capfd, caplog, tmp_path):
    """Neither in a table nor in what is printed and logged, of a good row and of bad ones."""
    names = {"phone": "(203) 555-0142"}
    rows = [{"ssn_last_four": CANARY, **names}, {**OTHER, "ssn_last_four": f"{CANARY}x"}, {"ssn_last_four": CANARY}]
    file = tmp_path / "roster.csv"
    file.write_text(program(*rows) + f"{CANARY},{CANARY}\n")

    call_command("import_roster", file, "--problems", str(tmp_path / "problems.csv"))

    texts = [*capfd.readouterr(), caplog.text, (tmp_path / "problems.csv").read_text()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            values = [value for row in cursor.fetchall() for value in row]
            texts += [value for value in values if isinstance(value, str) and len(value) != 64]  # no digest, no key
    assert len(texts) > 100
    assert not [text for text in texts if CANARY in text]
    assert rules.ssn_digits_match("AO1234563", CANARY, Physician.objects.get().ssn_digest)


def test_what_an_import_did_is_in_the_audit_trail():
    registrar = factories.staff("Registrar")

    run = read(program(), by=registrar)

    actions = set(Event.objects.filter(actor_id=registrar.pk).values_list("action", flat=True))
    assert actions == {"physician.add", "registration.check", "roster.import"}
    assert Event.objects.get(action="roster.import").subject_id == run.pk
    assert (run.by, str(run)) == (registrar, f"roster import {run.pk}")


def test_a_file_on_disk_is_left_open():
    with tempfile.TemporaryFile() as file:
        file.write(dea().encode())
        import_roster(file=file, file_name="dea.txt", by=None)
        assert not file.closed


def test_a_row_that_left_while_the_file_was_read_is_passed_over(monkeypatch):
    read(program())

    def gone(batch, report, write):
        with transaction.atomic():
            for row in batch:
                object.__setattr__(row, "number", "CSP.0000001")
            write(batch, report)

    for kind, text in (("elicense", elicense()), ("dea", dea())):
        read_rows, write = importing.READERS[kind]
        monkeypatch.setitem(
            importing.READERS, kind, (read_rows, lambda batch, report, write=write: gone(batch, report, write))
        )
        assert counts(read(text)) == (0, 0, 0, 0)


def test_a_roster_problem_is_named_by_its_number():
    assert str(RosterProblem(pk=3)) == "roster problem 3"
