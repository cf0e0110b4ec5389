"""A draft: begun, answered step by step, forgotten."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.utils import timezone

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules
from certification.drafts import to_json
from certification.models import Certification


@audited("certification.start")
def start_certification(*, physician: Physician, by: User, key: UUID | None = None) -> Certification:
    """An empty draft in the physician's hands; a second call with the same `key` (of the form) returns it."""
    # The physician's id is part of it: the same form, sent again for another physician, makes another draft.
    uuid = uuid5(key or uuid4(), str(physician.pk))
    certification, is_new = Certification.objects.get_or_create(
        uuid=uuid, defaults={"physician": physician, "draft": {}}
    )
    if is_new:
        record(action="certification.start", by=by, subject=certification)
    return certification


@audited("certification.save_step")
def save_step(*, certification: Certification, step: str, answers: Mapping[str, Any] | None, by: User) -> Certification:
    """Keep the answers of one step (`profile`, `condition`, `statement`, `caregiver`) in the draft.

    Answers are the cleaned data of the step's form; None removes the step (no caregiver). A delegate never saves the
    statement. Raises TransitionError when the draft was signed meanwhile, IncompleteError.
    """
    certification = locked(certification)
    rules.check_transition(certification, Certification.Status.ACTIVE)
    if step == "statement":
        check_may_sign(certification.physician, by=by, today=timezone.localdate())
    draft = dict(certification.draft or {})
    draft.pop(step, None)
    if answers is not None:
        draft[step] = to_json(answers)
    certification.draft = draft
    certification.save(update_fields=["draft", "updated_at"])
    record(action=f"certification.save_{step}", by=by, subject=certification)
    return certification


@audited("certification.discard")
def discard_draft(*, certification: Certification, by: User) -> None:
    """Forget an unsigned draft; raises TransitionError when it was signed meanwhile."""
    certification = locked(certification)
    rules.check_transition(certification, Certification.Status.ACTIVE)
    record(action="certification.discard", by=by, subject=certification)
    certification.delete()


def locked(certification: Certification) -> Certification:
    return (
        Certification.objects.select_for_update(no_key=True, of=("self",))
        .select_related("physician")
        .get(pk=certification.pk)
    )
