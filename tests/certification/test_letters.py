"""A minor's letters: what a file may be, how it is stored, and who may see it."""

import io
import random
import zipfile
from contextlib import nullcontext
from datetime import date, timedelta
from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from PIL import Image

from audit.models import Event
from certification import actions, rules
from certification.forms.office import LETTER_NAMES
from certification.letter_files import read_letter
from certification.models import Certification, Draft, Letter
from tests import factories, pdfs
from tests.certification import forms
from tests.delivery import people
from tests.guard import unguarded
from tests.shared import shared
from ui.bounded import run
from ui.encryption import DecryptionError

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CHILD = date(2015, 3, 4)
PRIMARY = "primary_care"


@shared
def physician():
    return factories.identified_physician(first_name="Amara", last_name="Osei")


@shared
def client(physician):
    return factories.client_for(physician.user)


@shared
def draft(physician):
    """A draft of a minor, without letters."""
    return child(physician, letters=False)


def child(physician, **over):
    condition = factories.condition(condition_codes=["severe-epilepsy"])
    steps = {"profile": factories.profile(birth_date=CHILD), "condition": condition, "caregiver": factories.caregiver()}
    return factories.draft(physician, **steps, **over)


def url(certification, step):
    return f"/certification/{certification.uuid}/{step}/"


def letter(kind=PRIMARY, **over):
    """Return the post of one letter alone, while the other one follows later."""
    return {"later": "1", **forms.letter(kind, **{"writer": "Ines O’Brien-Núñez", **over})}


def picture(kind, size=(60, 40), **more):
    made = io.BytesIO()
    Image.new("RGB", size, "white").save(made, kind, **more)
    return made.getvalue()


def a_zip():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("letter.txt", "hello")
    return made.getvalue()


def a_pdf(**more):
    """A letter with a script that opens it, an attached file, or a password."""
    made = pdfs.Letter()
    if "script" in more:
        made.with_root(OpenAction={"S": "/JavaScript", "JS": more["script"]})
    if "attached" in more:
        made.writer.add_attachment("a.exe", more["attached"])
    if "password" in more:
        made.writer.encrypt(*more["password"], algorithm="RC4-128")
    return made.content


# --- The file -------------------------------------------------------------------------------------------------------


def test_read_letter_keeps_the_pages_of_a_pdf():
    written = pdfs.Letter().content
    content, content_type = read_letter(factories.letter_file(written, name="anything.exe"))
    assert content_type == "application/pdf" and pdfs.pictures_of(content) == pdfs.pictures_of(written)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_read_letter_draws_a_photo_anew_without_its_place(kind):
    exif = Image.Exif()
    exif[0x010E] = "Milo at home"
    content, content_type = read_letter(factories.letter_file(picture(kind, size=(4000, 10), exif=exif)))
    with Image.open(io.BytesIO(content)) as drawn:
        assert (drawn.format, max(drawn.size), dict(drawn.getexif())) == ("JPEG", 3000, {})
    assert content_type == "image/jpeg" and b"Milo at home" not in content


BAD_FILES = {
    "empty": (b"", "is empty"),
    "zip": (a_zip(), "neither a PDF nor"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "neither a PDF nor"),
    "html": (b"<html><script>alert(1)</script>", "neither a PDF nor"),
    "pdf cut off": (factories.one_page_pdf()[:-30], "cannot be read"),
    "pdf in name": (b"%PDF-1.7\nnothing\n%%EOF", "cannot be read"),
    "pdf with password": (a_pdf(password=["x", "y"]), "needs a password"),
    "pdf around files": (pdfs.Letter().with_root(Collection={}).content, "a cover around other files"),
    "pdf with a blank form": (
        pdfs.Letter().with_annotations({"Subtype": "/Widget", "FT": "/Tx", "V": "Milo"}).content,
        "not drawn on its pages",
    ),
    "pdf of a wall": (
        pdfs.Letter().with_resource("XObject", B=pdfs.stream(b"", Width=7000, Height=7000)).content,
        "too large pictures",
    ),
    "photo of a wall": (partial(picture, "PNG", size=(5001, 5000)), "too many pixels"),  # not made before it is needed
    "photo cut off": (picture("JPEG", size=(900, 900))[:700], "the file is damaged"),
    "photo in name": (b"\x89PNG\r\n\x1a\n" + b"x" * 90, "the file is damaged"),
    "gif": (picture("GIF"), "neither a PDF nor"),
}


@pytest.mark.parametrize("name", list(BAD_FILES))
def test_a_file_that_is_no_letter_is_refused_in_words_beside_it(client, draft, name):
    content, sentence = BAD_FILES[name]
    content = content() if callable(content) else content
    answer = client.post(url(draft, "letters"), letter(file=SimpleUploadedFile("letter.pdf", content)))
    form = answer.context["form"]
    assert list(form.errors) == ["primary_care_file"] and sentence in form.errors["primary_care_file"][0]
    assert form["primary_care_writer"].value() == "Ines O’Brien-Núñez" and not Letter.objects.exists()


def test_a_photo_of_50_mb_is_refused_in_words(client, draft):
    huge = SimpleUploadedFile("photo.jpg", b"\xff\xd8\xff" + bytes(50_000_000))
    answer = client.post(url(draft, "letters"), letter(file=huge))
    assert "larger than 10 MB" in answer.context["form"].errors["primary_care_file"][0]


HIDING = {
    "pdf and zip": factories.one_page_pdf() + a_zip(),
    "pdf and program": factories.one_page_pdf() + b"MZ\x90",
    "pdf and line": factories.one_page_pdf() + b"\nPrinted by the office\n",
    "pdf with script": a_pdf(script="app.alert(1)"),
    "pdf with file": a_pdf(attached=b"MZ\x90"),
    "pdf locked by its owner": a_pdf(password=["", "owner"]),
    "photo and zip": picture("JPEG") + a_zip(),
    "photo and page": picture("PNG") + b"<HTML><SCRIPT>alert(1)</SCRIPT>",
}


@pytest.mark.parametrize("name", list(HIDING))
def test_a_letter_is_taken_without_what_hides_in_its_file(client, draft, name):
    client.post(url(draft, "letters"), letter(file=SimpleUploadedFile("letter.pdf", HIDING[name])))
    stored = Letter.objects.get()
    assert stored.content_type == ("image/jpeg" if name.startswith("photo") else "application/pdf")
    for hidden in (b"PK\x03\x04", b"MZ\x90", b"Printed by", b"/JavaScript", b"/EmbeddedFile", b"/Encrypt", b"SCRIPT"):
        assert hidden not in stored.content
    assert stored.size == len(stored.content)


def test_a_file_is_read_before_any_row_is_locked(draft, physician, monkeypatch):
    """Reading takes up to seconds: meanwhile SQLite would let nobody write, and PostgreSQL ends an idle transaction."""
    in_transaction = []
    monkeypatch.setattr(
        "certification.actions.drafts.read_letter",
        lambda file: in_transaction.append(len(connection.savepoint_ids)) or read_letter(file),
    )
    before = len(connection.savepoint_ids)
    file = factories.letter_file()
    actions.save_letter(draft=draft, kind=PRIMARY, letter=factories.letter(), file=file, by=physician.user)
    assert in_transaction == [before]


def test_a_pdf_that_is_larger_once_it_is_cleaned_is_refused_in_words(monkeypatch):
    file = factories.letter_file()
    monkeypatch.setattr("certification.letter_files.LETTER_BYTES", len(read_letter(file)[0]) - 1)
    file.size = 1
    with pytest.raises(rules.LetterError, match="larger than"):
        read_letter(file)


def test_noise_in_place_of_a_file_is_never_a_crash():
    noise = random.Random(7)  # noqa: S311
    for start in (b"%PDF-1.7\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", factories.one_page_pdf()[:200]):
        for _ in range(2):
            with pytest.raises(rules.LetterError):
                read_letter(factories.letter_file(start + noise.randbytes(400) + b"\n%%EOF"))


# --- The step -------------------------------------------------------------------------------------------------------


def test_both_letters_are_stored_with_the_draft_and_with_the_certification(client, physician, draft):
    photo = factories.letter_file(picture("JPEG"))
    both = {**forms.letter(PRIMARY), **forms.letter("specialist", file=photo)}
    assert client.post(url(draft, "letters"), both).url == url(draft, "sign")
    page = client.get(url(draft, "letters")).content.decode()
    assert page.count("Download the letter") == 2 and page.count('enctype="multipart/form-data"') == 1
    draft.refresh_from_db()
    signed = actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)
    assert [letter.content_type for letter in signed.letters.all()] == ["application/pdf", "image/jpeg"]
    assert "Download the letter" in client.get(url(signed, "confirmation")).content.decode()


def test_a_letter_that_is_right_is_saved_although_the_other_is_not(client, draft):
    wrong = forms.letter("specialist", licence="", file=factories.letter_file(b"PK not a letter"))
    answer = client.post(url(draft, "letters"), {**forms.letter(PRIMARY, writer="Ana Ruiz"), **wrong})
    assert list(answer.context["form"].errors) == ["specialist_licence"]
    assert [(one.kind, one.writer) for one in Letter.objects.all()] == [(PRIMARY, "Ana Ruiz")]
    page = " ".join(answer.content.decode().split())
    assert "The letter is kept: Primary care provider." in page
    assert page.count("choose it again: browsers do not keep it") == 1
    assert answer.context["form"]["specialist_writer"].value() == "Ines Moreau"


def test_a_bad_file_of_one_letter_does_not_lose_the_other(client, draft):
    zipped = forms.letter("specialist", file=SimpleUploadedFile("letter.pdf", a_zip()))
    answer = client.post(url(draft, "letters"), {**forms.letter(PRIMARY), **zipped})
    assert list(answer.context["form"].errors) == ["specialist_file"]
    assert [one.kind for one in Letter.objects.all()] == [PRIMARY]


def test_an_account_whose_files_take_too_long_waits_while_others_send_theirs(client, draft, settings, monkeypatch):
    settings.ACCOUNT_RATE_LIMITS = {"slow_letter": "2/5m/user"}
    with monkeypatch.context() as patch:
        patch.setattr(run, "PATIENCE", 0)
        for number in range(2):
            slow = factories.letter_file(factories.one_page_pdf() + b"\n%% file %d" % number)
            answer = client.post(url(draft, "letters"), letter(file=slow))
            assert "takes too long to read" in answer.context["form"].errors[f"{PRIMARY}_file"][0]
    answer = client.post(url(draft, "letters"), letter())
    assert "Your files took too long to read" in answer.context["form"].errors[f"{PRIMARY}_file"][0]
    assert not Letter.objects.exists()

    other = factories.identified_physician()
    theirs = child(other, letters=False)
    factories.client_for(other.user).post(url(theirs, "letters"), letter())
    assert Letter.objects.get().draft == theirs


def test_both_letters_are_asked_for_unless_the_rest_follows_later(client, draft):
    blank = dict.fromkeys(forms.both_letters(), "")
    errors = client.post(url(draft, "letters"), blank).context["form"].errors
    assert set(errors) == {f"{kind}_{name}" for kind in Letter.Kind for name in LETTER_NAMES}
    assert client.post(url(draft, "letters"), {**blank, "later": "1"}).url == "/certification/"
    client.post(url(draft, "letters"), forms.both_letters())
    stored = {**forms.both_letters(file=""), "specialist_writer": "Tova Tal"}
    assert client.post(url(draft, "letters"), stored).url == url(draft, "sign")
    assert [one.writer for one in Letter.objects.all()] == ["Ines Moreau", "Tova Tal"]
    assert Event.objects.filter(action="certification.save_letter").count() == 3


def test_a_minor_is_not_signed_for_without_both_letters(client, physician, draft):
    client.post(url(draft, "letters"), letter())
    problems = client.get(url(draft, "sign")).context["problems"]
    assert [(problem.label, "board-certified specialist" in problem.sentence) for problem in problems] == [
        ("Letters", True)
    ]
    draft.refresh_from_db()
    with pytest.raises(rules.IncompleteError, match="letter of this physician is missing"):
        actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)
    assert Draft.objects.exists() and not Certification.objects.exists()


def test_check_has_letters_names_the_first_that_is_missing():
    assert rules.check_has_letters({PRIMARY: {"id": 1}, "specialist": {"id": 2}}) is None
    with pytest.raises(rules.IncompleteError, match="primary care provider"):
        rules.check_has_letters({})


@pytest.mark.parametrize(("day", "ok"), [(date(2026, 11, 23), True), (date(2026, 11, 24), False), (CHILD, True),
                                         (CHILD - timedelta(days=1), False)])  # fmt: skip
def test_check_letter_date_between_birth_and_today(day, ok):
    with nullcontext() if ok else pytest.raises(rules.LetterError, match="from the future|older than the patient"):
        rules.check_letter_date(day, birth_date=CHILD, today=date(2026, 11, 23))


@pytest.mark.parametrize(
    ("over", "field"),
    [({"writer": ""}, "writer"), ({"writer": "D3"}, "writer"), ({"licence": "🌿"}, "licence"), ({"file": ""}, "file"),
     ({"licence": "x" * 900_000}, "licence"), ({"letter_date_year": "2086"}, "letter_date")],
)  # fmt: skip
def test_letters_refuses_beside_the_field(client, draft, over, field):
    form = client.post(url(draft, "letters"), letter(**over)).context["form"]
    assert list(form.errors) == [f"primary_care_{field}"] and not Letter.objects.exists()


def test_a_letter_is_mended_without_sending_the_file_again(client, draft):
    client.post(url(draft, "letters"), letter())
    client.post(url(draft, "letters"), letter(writer="Tova Tal", file=""))
    stored = Letter.objects.get()
    assert stored.writer == "Tova Tal" and pdfs.pictures_of(stored.content) == pdfs.pictures_of(
        factories.one_page_pdf()
    )


def test_an_adult_needs_no_letters_and_cannot_leave_any(client, physician):
    adult = factories.draft(physician)
    assert client.get(url(adult, "letters")).url == url(adult, "sign")
    client.post(url(adult, "letters"), letter())
    assert not Letter.objects.exists()
    assert "Letters" not in [step.label for step in client.get(url(adult, "profile")).context["steps"]]


def test_letters_are_deleted_when_the_patient_turns_out_to_be_an_adult(client, physician):
    draft = child(physician)
    adult, condition = factories.profile(), factories.condition()
    for step, answers in {"profile": adult, "condition": condition, "statement": factories.statement()}.items():
        draft = actions.save_step(draft=draft, step=step, answers=answers, by=physician.user)
    signed = actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)
    assert not signed.letters.exists()


def test_a_letter_after_signing_is_refused(physician):
    draft = child(physician)
    actions.sign_draft(draft=draft, signature_name=physician.name, by=physician.user)
    with pytest.raises(rules.TransitionError):
        actions.save_letter(draft=draft, kind=PRIMARY, letter=factories.letter(), by=physician.user)


def test_a_discarded_draft_takes_its_letters_along(physician):
    actions.discard_draft(draft=child(physician), by=physician.user)
    assert not Letter.objects.exists()


# --- At rest, and looked at -----------------------------------------------------------------------------------------


def test_the_file_is_encrypted_at_rest_and_bound_to_its_column(physician):
    child(physician)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("SELECT content FROM certification_letter")
        stored = bytes(cursor.fetchone()[0])
        assert stored.startswith(b"k1:") and b"%PDF" not in stored
        cursor.execute("UPDATE certification_letter SET content = %s", [stored[:-1] + bytes([stored[-1] ^ 1])])
    with pytest.raises(DecryptionError):
        _ = Letter.objects.first().content


def test_a_list_of_letters_never_reads_the_files(physician, django_assert_num_queries):
    child(physician)
    with django_assert_num_queries(1) as queries:
        assert [letter.kind for letter in Letter.objects.all()] == [PRIMARY, "specialist"]
    assert '"content"' not in queries[0]["sql"]


@pytest.mark.parametrize("changes", [{"kind": "other"}, {"size": 0}, {"size": 11_000_000}, {"writer": ""},
                                     {"content_type": "image/svg+xml"}])  # fmt: skip
def test_database_refuses_a_letter_that_cannot_be(physician, changes):
    child(physician)
    with unguarded(), transaction.atomic(), pytest.raises(IntegrityError):
        Letter.objects.filter(kind=PRIMARY).update(**changes)


def test_a_letter_is_handed_out_as_a_download_and_the_look_is_recorded(client, physician):
    draft = child(physician)
    answer = client.get(url(draft, f"letters/{PRIMARY}"))
    assert (answer.content, answer.headers["Content-Type"]) == (Letter.objects.first().content, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="letter-primary-care.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "no-store" in answer.headers["Cache-Control"]
    assert Event.objects.get(action="letter.view").actor_id == physician.user_id


@pytest.mark.parametrize(("group", "status"), [("Registrar", 200), ("Pharmacist", 200), ("Auditor", 403),
                                               ("Manager", 403), ("Driver", 403)])  # fmt: skip
def test_staff_who_may_see_conditions_may_see_letters(group, status):
    _guardian, patient = people.guardian_of_a_child()
    certification = patient.certifications.get()
    client = factories.client_for(factories.staff(group))
    address = f"/admin/certification/certification/{certification.pk}/letters/{PRIMARY}/"
    assert client.get(address).status_code == status
    page = client.get(f"/admin/certification/certification/{certification.pk}/change/").content.decode()
    assert (address in page) is (status == 200)


def test_the_guardian_and_a_stranger_see_no_letter():
    guardian, patient = people.guardian_of_a_child()
    address = url(patient.certifications.get(), f"letters/{PRIMARY}")
    for account in (guardian.user, factories.identified_physician().user):
        assert factories.client_for(account).get(address).status_code == 404
