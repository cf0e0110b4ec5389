"""The letters that come with the draft of a minor."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import audited, record
from certification import rules
from certification.actions.drafts import keep_answers, locked
from certification.letter_files import read_letter
from certification.models import Certification, Letter
from certification.steps import answers_of, is_minor


@audited("certification.save_letter")
def save_letter(
    *, certification: Certification, kind: str, letter: Mapping[str, Any], file: Any = None, by: User
) -> Letter:
    """Keep one letter with the draft of a minor: `letter` holds `writer`, `licence` and `letter_date`.

    `file` is what was uploaded (judged by its content, kept encrypted); None leaves the one that is there.
    Raises LetterError, IncompleteError, TransitionError.
    """
    certification = locked(certification)
    rules.check_is_draft(certification)
    today = timezone.localdate()
    answers = answers_of(certification.draft)
    if not is_minor(answers, today=today):
        raise rules.LetterError(_("Letters are kept for patients under 18 alone."))
    rules.check_letter_date(letter["letter_date"], birth_date=answers["profile"]["birth_date"], today=today)
    kept = certification.letters.filter(kind=kind).first()
    if kept is None and file is None:
        raise rules.IncompleteError(_("Choose the PDF or the photo of the letter."), field="file")
    kept = kept or Letter(certification=certification, kind=kind)
    for name in ("writer", "licence", "letter_date"):
        setattr(kept, name, letter[name])
    changed = ["writer", "licence", "letter_date"]
    if file is not None:
        kept.content, kept.content_type = read_letter(file)
        kept.size = len(kept.content)
        changed += ["content", "content_type", "size"]
    kept.save(update_fields=changed if kept.pk else None)
    told = {"writer": kept.writer, "licence": kept.licence, "letter_date": kept.letter_date.isoformat(), "id": kept.pk}
    letters = {**(answers["letters"] or {}), kind: told}
    keep_answers(certification, "letters", letters, today=today)
    record(action="certification.save_letter", by=by, subject=kept)
    return kept
