"""The letters that come with the draft of a minor, the first or a renewal's."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.actions.drafts import forget_review, keep_answers, locked, locked_patient
from certification.letter_files import read_letter
from certification.models import Certification, Letter
from certification.steps import answers_of, is_minor

Read = tuple[bytes, str] | None
FOR_MINORS_ALONE = gettext_lazy("Letters are kept for patients under 18 alone.")


@audited("certification.save_letter", atomic=False)
def save_letter(
    *, certification: Certification, kind: str, letter: Mapping[str, Any], file: Any = None, by: User
) -> Letter:
    """Keep one letter with the draft of a minor: `letter` holds `writer`, `licence` and `letter_date`.

    `file` is what was uploaded (judged by its content, kept encrypted); None leaves the one that is there.
    Raises LetterError, IncompleteError, TransitionError.
    """
    read = _read(file)
    with transaction.atomic():
        return _save_letter(certification, kind, letter, read, by)


def _save_letter(certification: Certification, kind: str, letter: Mapping[str, Any], read: Read, by: User) -> Letter:
    certification = locked(certification)
    rules.check_is_draft(certification)
    today = timezone.localdate()
    answers = answers_of(certification.draft)
    if not is_minor(answers, today=today):
        raise rules.LetterError(FOR_MINORS_ALONE)
    rules.check_letter_date(letter["letter_date"], birth_date=answers["profile"]["birth_date"], today=today)
    kept = _keep(certification, kind, letter, read)
    keep_answers(certification, "letters", _told(answers, kept), today=today)
    record(action="certification.save_letter", by=by, subject=kept)
    return kept


@audited("certification.save_renewal_letter", atomic=False)
def save_renewal_letter(
    *, certification: Certification, kind: str, letter: Mapping[str, Any], file: Any = None, by: User
) -> Letter:
    """The same for the renewal of a minor's `certification`, which asks for both letters anew; its draft begins here.

    A review that was made is made again. Raises RenewalNotOpen, LetterError, IncompleteError.
    """
    read = _read(file)
    with transaction.atomic():
        return _save_renewal_letter(certification, kind, letter, read, by)


def _save_renewal_letter(old: Certification, kind: str, letter: Mapping[str, Any], read: Read, by: User) -> Letter:
    patient = locked_patient(old)
    old = locked(old)
    today = timezone.localdate()
    rules.check_renewal_is_open(old, today=today)
    if not rules.is_minor_on(patient.birth_date, today):
        raise rules.LetterError(FOR_MINORS_ALONE)
    rules.check_letter_date(letter["letter_date"], birth_date=patient.birth_date, today=today)
    rules.check_letter_is_new(letter["letter_date"], renewed=old)
    renewal, _is_new = Certification.objects.get_or_create(renewal_of=old, defaults={"physician": old.physician})
    kept = _keep(renewal, kind, letter, read)
    renewal.draft = {**(renewal.draft or {}), "letters": _told(answers_of(renewal.draft), kept)}
    forget_review(renewal)
    renewal.save(update_fields=["draft", "reviewed_at", "reviewed_digest", "updated_at"])
    record(action="certification.save_letter", by=by, subject=kept)
    return kept


def _read(file: Any) -> Read:
    """The bytes and the content type of an uploaded file. It takes up to seconds, in which no row may stay locked."""
    return None if file is None else read_letter(file)


def _keep(draft: Certification, kind: str, letter: Mapping[str, Any], read: Read) -> Letter:
    kept = draft.letters.filter(kind=kind).first()
    if kept is None and read is None:
        raise rules.IncompleteError(_("Choose the PDF or the photo of the letter."), field="file")
    kept = kept or Letter(certification=draft, kind=kind)
    for name in ("writer", "licence", "letter_date"):
        setattr(kept, name, letter[name])
    changed = ["writer", "licence", "letter_date"]
    if read is not None:
        kept.content, kept.content_type = read
        kept.size = len(kept.content)
        changed += ["content", "content_type", "size"]
    kept.save(update_fields=changed if kept.pk else None)
    return kept


def _told(answers: Mapping[str, Any], kept: Letter) -> dict[str, Any]:
    """What a draft says of its letters, with this one."""
    told = {"writer": kept.writer, "licence": kept.licence, "letter_date": kept.letter_date.isoformat(), "id": kept.pk}
    return {**(answers["letters"] or {}), kept.kind: told}
