"""Drafts move from the table of certifications to their own, and back: nothing is lost or doubled."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from accounts.models import Physician
from certification import actions
from certification.models import Certification, Draft, Letter
from tests import factories
from tests.guard import unguarded

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = "0020_words_of_names"
moving = import_module("certification.migrations.0022_move_drafts")
SAME = (
    "uuid",
    "physician_id",
    "applicant_id",
    "prepared_at",
    "reviewed_at",
    "reviewed_digest",
    "created_at",
    "updated_at",
)


class CutOff(Exception):
    """Stands for a migration that is killed."""


def migrate(to=None):
    call_command("migrate", "certification", *([to] if to else []), verbosity=0)


def table(name):
    """A table of certification as it was before drafts had their own."""
    state = MigrationExecutor(connection).loader.project_state([("certification", BEFORE)])
    return state.apps.get_model("certification", name)._base_manager


def fields_of(row):
    return {name: getattr(row, name) for name in SAME}


def drafts_now():
    return {row.pk: {**fields_of(row), "answers": row.answers, "renews": row.renews_id} for row in Draft.objects.all()}


def drafts_before():
    """Drafts as they stood among the certifications, with the names that their fields have now."""
    rows = table("Certification").filter(status="draft")
    return {row.pk: {**fields_of(row), "answers": row.draft, "renews": row.renewal_of_id} for row in rows}


def signed_now():
    return list(Certification.objects.order_by("pk").values())


def letters_now():
    """Each letter by its id: of which draft or certification, its words, and its file opened."""
    return {
        letter.pk: (
            letter.draft_id,
            letter.certification_id,
            letter.kind,
            letter.writer,
            letter.letter_date,
            bytes(letter.content),
        )
        for letter in Letter.objects.all()
    }


@pytest.fixture
def world():
    """Drafts of a physician, prepared and reviewed, of a child and an applicant, and renewals of both, with letters."""
    physician = factories.identified_physician()
    then = timezone.localdate() - timedelta(days=345)
    dates = {"exam_date": then, "monitoring_reviewed_date": then}
    child = {
        "profile": factories.profile(birth_date=timezone.localdate() - timedelta(days=3000)),
        "caregiver": factories.caregiver(),
        "condition": factories.condition(condition_codes=["severe-epilepsy"]),
    }
    grown, minor = (
        factories.certification(physician, on=then, joined=False, **steps)
        for steps in (
            {"condition": {**factories.condition(), **dates}},
            {**child, "condition": {**child["condition"], **dates}},
        )
    )
    factories.draft(physician, statement=None, condition=None)
    factories.reviewed_draft(physician)
    factories.draft_of_a_child(physician)
    factories.renewal_draft(grown)
    renewal = Draft.objects.renewing(minor)
    for kind in Letter.Kind:
        words = {"letter": factories.letter(), "file": factories.letter_file(), "by": physician.user}
        actions.save_letter(draft=renewal, kind=kind, **words)
    applicant = factories.application().user
    started = actions.start_draft(physician=None, questions=factories.questions(), by=applicant)
    old = timezone.now() - timedelta(days=40)
    with unguarded():
        Draft.objects.filter(pk=started.pk).update(created_at=old, updated_at=old)
    yield physician
    migrate()


def test_drafts_renewals_and_letters_go_back_and_come_again(world):
    """Ids are new after each way, so that no draft gets the id of another certification."""
    drafts, signed, letters = drafts_now(), signed_now(), letters_now()
    assert (len(drafts), len(signed), len(letters)) == (6, 2, 6)

    migrate(BEFORE)

    assert drafts_before() == drafts
    assert table("Certification").exclude(status="draft").count() == 2
    for letter in table("Letter").all():
        draft, certification, *words = letters[letter.pk]
        assert letter.certification_id == draft or letter.certification_id == certification
        assert [letter.kind, letter.writer, letter.letter_date, bytes(letter.content)] == words

    made = table("Certification").get(pk=min(drafts))
    made.pk, made.uuid, made.renewal_of_id = None, uuid4(), None
    with unguarded():
        made.save()
        made.delete()

    migrate()

    assert (drafts_now(), signed_now(), letters_now()) == (drafts, signed, letters)
    last = max([*drafts, *(row["id"] for row in signed)])
    assert factories.draft(Physician.objects.get(pk=world.pk)).pk > last
    reviewed = Draft.objects.reviewed().get()
    [signed_one] = actions.sign_reviewed(
        physician=world, seen={str(reviewed.uuid): reviewed.reviewed_digest}, signature_name=world.name, by=world.user
    ).signed
    assert (signed_one.pk, signed_one.uuid) == (reviewed.pk, reviewed.uuid)


def test_what_was_cut_off_goes_on_when_it_is_run_again(world, monkeypatch):
    drafts, letters = drafts_now(), letters_now()
    monkeypatch.setattr(moving, "BATCH", 2)
    for to, count in (
        (BEFORE, lambda: table("Certification").filter(status="draft").count()),
        (None, Draft.objects.count),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(moving, "keep_times", cut_off_at(2))
            with pytest.raises(CutOff):
                migrate(to)
        assert count() == 2  # the first batch stays, the second is undone as a whole
        migrate(to)
        assert count() == 6
    assert (drafts_now(), letters_now()) == (drafts, letters)


def cut_off_at(batch):
    keep, batches = moving.keep_times, []

    def keep_until(rows_of, rows):
        batches.append(len(rows))
        if len(batches) == batch:
            raise CutOff
        keep(rows_of, rows)

    return keep_until
