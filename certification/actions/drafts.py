"""Drafts, of a new patient and of a renewal alike: started, answered, reviewed, discarded."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules
from certification.drafts import to_json, with_answers
from certification.letter_files import read_letter
from certification.models import Answers, Certification, Draft, Letter, Patient
from certification.steps import answers_of, birth_date_in, check_draft, is_guarded, is_prepared
from certification.writes.locks import lock_draft, lock_draft_row, lock_physician_of
from ui.errors import PortalError

SAVED = ("answers", "prepared_at", "prepared_by", "reviewed_at", "reviewed_digest", "updated_at")
LETTER_FIELDS = ("writer", "licence", "letter_date")
File = tuple[bytes, str]  # the content of a letter and its content type


@audited("certification.start", subject="physician")
def start_draft(
    *,
    physician: Physician | None,
    by: User,
    questions: Mapping[str, bool] | None = None,
    profile: Answers | None = None,
    key: UUID | None = None,
) -> Draft:
    """Start the draft of a new patient for `physician`; a second call with the same `key` (of the form) returns it.

    Without a physician it belongs to `by`, an applicant who waits to be verified as one.
    `questions` is what was confirmed before registering (`statements.QUESTIONS`), `profile` who the patient is, as far
    as it was entered. The draft of a renewal starts when its first answers are saved: see `Draft.objects.renewing`.
    """
    answers: dict[str, Any] = {"questions": dict(questions)} if questions else {}
    if profile is not None:
        answers |= _with_need_of_caregiver({}, {"profile": to_json(profile)})
    # Physician and answers are part of it: the same form, sent again with another person's, makes another draft.
    owner = str(physician.pk) if physician else f"applicant {by.pk}"
    uuid = uuid5(key or uuid4(), f"{owner} {rules.draft_digest(answers)}")
    if Certification.objects.filter(uuid=uuid).exists():  # it was signed since: the form is used once more
        uuid = uuid4()
    draft, is_new = Draft.objects.get_or_create(
        uuid=uuid, defaults={"physician": physician, "applicant": None if physician else by, "answers": answers}
    )
    if is_new:
        record(by=by, subject=draft)
    return draft


@audited("certification.save_step", subject="draft")
def save_step(*, draft: Draft, step: str, answers: Answers | None, by: User) -> Draft:
    """Save the answers of one step (a name of `steps.STEPS`) in the draft of a new patient, and return the draft.

    `answers` is the cleaned data of the step's form; None means that there is none (no caregiver). Missing answers may
    follow later. A delegate cannot save the statement. Raises TransitionError, ChangedError, MayNotSign.
    """
    draft = lock_draft(draft)
    today = timezone.localdate()
    if step == "statement":
        check_may_sign(rules.signer_of(draft), by=by, today=today)
    given = {step: None if answers is None else to_json(answers)}
    _save_answers(draft, _with_need_of_caregiver(draft.answers, given), today=today, by=by)
    record(action=f"certification.save_{step}", by=by, subject=draft)
    return draft


@audited("certification.save_profile", subject="draft")
def save_patient(*, draft: Draft, questions: Answers, profile: Answers, by: User) -> Draft:
    """Save the page of the patient in the draft of a new patient, and return the draft.

    `questions` and `profile` are the answers of those steps; missing ones may follow later. Raises TransitionError,
    ChangedError.
    """
    draft = lock_draft(draft)
    given = {"questions": to_json(questions), "profile": to_json(profile)}
    _save_answers(draft, _with_need_of_caregiver(draft.answers, given), today=timezone.localdate(), by=by)
    record(by=by, subject=draft)
    return draft


def _with_need_of_caregiver(before: Answers, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that are saved: the profile and the caregiver's step agree whether a caregiver is needed.

    A caregiver who is not needed any more is removed. A patient who has a guardian always needs one.
    """
    profile, answers = given.get("profile") or {}, dict(given)
    if profile.get("needs_caregiver") is False and not is_guarded(answers_of(given), today=timezone.localdate()):
        answers["caregiver"] = None
    elif "caregiver" in given and "needs_caregiver" in (before.get("profile") or {}):
        answers["profile"] = {**before["profile"], "needs_caregiver": given["caregiver"] is not None}
    return answers


@audited("certification.prepare_renewal", subject="draft")
def prepare_renewal(*, draft: Draft, questions: Answers, condition: Answers, by: User) -> Draft:
    """Save the answers that an office gives on the page of a renewal, and return the draft for the physician to sign.

    `questions` and `condition` are the answers of those steps; only the statement may be missing. Later answers replace
    earlier ones. Raises RenewalNotOpen and every CertificationError.
    """
    draft = lock_draft(draft)
    today = timezone.localdate()
    letters = draft.answers.get("letters")  # a statement that was reviewed before is made anew
    draft.answers = {"questions": to_json(questions), "condition": to_json(condition), "letters": letters}
    check_draft(draft, today=today, but={"statement"})
    _save(draft, waits=True, by=by)
    record(by=by, subject=draft)
    return draft


@audited("certification.save_letter", subject="draft", atomic=False)
def save_letter(*, draft: Draft, kind: str, letter: Answers, file: Any = None, by: User) -> Letter:
    """Save one letter with the draft of a minor, and return it; `letter` has `writer`, `licence` and `letter_date`.

    `file` is the uploaded file, which is judged by its content and stored encrypted; None leaves the earlier file.
    Raises LetterError, IncompleteError, TransitionError, ChangedError, RenewalNotOpen.
    """
    read = None if file is None else read_letter(file)  # it takes up to seconds, in which no row may stay locked
    with transaction.atomic():
        draft = lock_draft(draft)
        today = timezone.localdate()
        _check_letter(draft, letter["letter_date"], today=today)
        saved = _save_letter(draft, kind, letter, read)
        letters = {**(draft.answers.get("letters") or {}), kind: _answers_of_letter(saved)}
        _save_answers(draft, {"letters": letters}, today=today, by=by)
        record(by=by, subject=saved)
        return saved


def save_letters(*, draft: Draft, letters: Mapping[str, Mapping[str, Any]], by: User) -> dict[str, PortalError]:
    """Save each letter that can be saved, and return why the others were refused, by kind.

    `letters` holds by kind what `save_letter` takes: `letter` and `file`. A browser does not keep a chosen file, so a
    letter that is right is saved although the other one is not.
    """
    refused: dict[str, PortalError] = {}
    for kind, given in letters.items():
        try:
            save_letter(draft=draft, kind=kind, **given, by=by)
        except PortalError as error:
            refused[kind] = error
    return refused


def _check_letter(draft: Draft, letter_date: date, *, today: date) -> None:
    """The patient is a minor, and the date of the letter fits; raises LetterError."""
    birth_date = birth_date_in(draft, answers_of(draft.answers))
    if birth_date is None or not rules.is_minor_on(birth_date, today):
        raise rules.LetterError(_("Letters are kept for patients under 18 alone."))
    rules.check_letter_date(letter_date, birth_date=birth_date, today=today)
    if draft.renews is not None:
        rules.check_letter_is_new(letter_date, renewed=draft.renews)


def _save_letter(draft: Draft, kind: str, letter: Answers, read: File | None) -> Letter:
    saved = draft.letters.filter(kind=kind).first()
    if saved is None and read is None:
        raise rules.IncompleteError(_("Choose the PDF or the photo of the letter."), field="file")
    saved = saved or Letter(draft=draft, kind=kind)
    changed = [*LETTER_FIELDS]
    for name in LETTER_FIELDS:
        setattr(saved, name, letter[name])
    if read is not None:
        saved.content, saved.content_type = read
        saved.size = len(saved.content)
        changed += ["content", "content_type", "size"]
    saved.save(update_fields=changed if saved.pk else None)
    return saved


def _answers_of_letter(letter: Letter) -> dict[str, Any]:
    """Return what the answers of a draft say about one letter."""
    written = letter.letter_date.isoformat()
    return {"writer": letter.writer, "licence": letter.licence, "letter_date": written, "id": letter.pk}


@audited("certification.review", subject="draft")
def review_draft(*, draft: Draft, answers: Mapping[str, Answers], seen: str | None = None, by: User) -> Draft:
    """Write that the physician reviewed a prepared draft and attested its statement; return the draft, to be signed.

    `answers` are those given on the page of the review, by step; `seen` is the `draft_digest` of the answers that the
    page showed (None: it showed none but those given). Everything but the signature is checked as it is when the draft
    is signed. Raises NotEligible, MayNotSign and every CertificationError.
    """
    physician = lock_physician_of(draft)
    draft = lock_draft(draft)
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    if seen is not None:
        rules.check_is_as_seen(draft, seen)
    draft.answers = with_answers(draft, answers)
    check_draft(draft, today=today)
    if draft.prepared_at is None:
        draft.prepared_at, draft.prepared_by = timezone.now(), by
    draft.reviewed_at, draft.reviewed_digest = timezone.now(), rules.review_digest(draft, today=today)
    draft.save(update_fields=SAVED)
    record(by=by, subject=draft)
    return draft


def _save_answers(draft: Draft, answers: Mapping[str, Any], *, today: date, by: User) -> None:
    """Save the JSON of some steps in a locked draft, and whether the draft now waits for the signature."""
    draft.answers = {**draft.answers, **answers}
    _save(draft, waits=is_prepared(draft, today=today), by=by)


def _save(draft: Draft, *, waits: bool, by: User) -> None:
    """Save changed answers, and delete the review, which was of other answers."""
    if not waits:
        draft.prepared_at = draft.prepared_by = None
    elif draft.prepared_at is None:
        draft.prepared_at, draft.prepared_by = timezone.now(), by
    draft.reviewed_at, draft.reviewed_digest = None, ""
    draft.save(update_fields=SAVED)


@audited("certification.tell_apart", subject="draft")
def tell_apart(*, draft: Draft, same_as: Patient | None = None, by: User) -> Draft:
    """Write in a draft that its patient is none of the possible duplicates, or is `same_as`; return the draft.

    A patient whose certification runs is renewed instead. Raises DuplicateError, TransitionError, ChangedError.
    """
    draft = lock_draft(draft)
    found = rules.possible_duplicates(answers_of(draft.answers)["profile"] or {}, physician=draft.certifier)
    rules.check_may_be_the_same(same_as, found)
    settled = {"told_apart": [patient.number for patient in found], "same_as": same_as.number if same_as else ""}
    _save_answers(draft, {"identity": settled}, today=timezone.localdate(), by=by)
    record(by=by, subject=draft)
    return draft


@audited("certification.hand_over", subject="applicant")
def hand_over_drafts(*, applicant: User, physician: Physician, by: User | None) -> None:
    """Give the applicant's drafts to the `physician` as whom the applicant was verified."""
    for draft in Draft.objects.filter(applicant=applicant).select_for_update(no_key=True):
        draft.applicant, draft.physician = None, physician
        draft.save(update_fields=["applicant", "physician"])
        record(by=by, subject=draft)


@audited("certification.discard", subject="draft")
def discard_draft(*, draft: Draft, by: User) -> None:
    """Delete a draft and its letters; raises TransitionError once it was signed, ChangedError once it was deleted."""
    draft = lock_draft_row(draft)
    record(by=by, subject=draft)
    draft.delete()


@audited("certification.discard_old")
def discard_old_drafts(*, today: date, by: User | None) -> int:
    """Delete drafts that nobody has changed for `rules.identity.DRAFT_KEPT`; return how many.

    Each has an event of its own.
    """
    old = Draft.objects.filter(updated_at__lt=rules.drafts_kept_since(today)).order_by("pk")
    count = 0
    for draft in old.select_for_update(no_key=True, of=("self",)):
        record(action="certification.discard", by=by, subject=draft, reason="not touched")
        draft.delete()
        count += 1
    return count
