"""Several at once: each is reviewed and attested alone, one signature stands under all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Physician, User
from accounts.rules import check_may_sign
from audit.actions import audited, record
from certification import rules
from certification.actions.drafts import locked, locked_patient
from certification.actions.signing import certify_patient, locked_physician, renew_certification
from certification.drafts import to_json
from certification.models import Certification, Patient
from certification.steps import answers_of, check_renewal, step_errors
from ui.errors import PortalError


@dataclass
class SignedTogether:
    """What one signature signed, each one it did not, with the reason, and how many were discarded meanwhile."""

    signed: list[Certification] = field(default_factory=list)
    refused: list[tuple[Certification, PortalError]] = field(default_factory=list)
    gone: int = 0


@audited("certification.review")
def review_draft(*, certification: Certification, statement: Mapping[str, Any], seen: str, by: User) -> Certification:
    """Keep that the physician looked over a prepared draft and attested its statement, to sign it with others.

    `seen` is the `draft_digest` of the answers that she looked at. Everything but the signature is checked as it is
    when she signs. Raises NotEligible, MayNotSign and every CertificationError.
    """
    physician = locked_physician(certification)
    certification = locked(certification)
    rules.check_is_draft(certification)
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    rules.check_is_as_seen(certification, seen)
    certification.draft = {**(certification.draft or {}), "statement": to_json(statement)}
    for error in step_errors(certification.draft, physician=physician, today=today).values():
        raise error
    _keep(certification, patient=None)
    record(action="certification.review", by=by, subject=certification)
    return certification


@audited("certification.review_renewal")
def review_renewal(
    *,
    certification: Certification,
    questions: Mapping[str, Any],
    condition: Mapping[str, Any],
    statement: Mapping[str, Any],
    by: User,
) -> Certification:
    """The same for the renewal of `certification`; answers as `renew_certification` takes them. Gives its draft.

    Raises RenewalNotOpen, NotEligible, MayNotSign and every CertificationError.
    """
    physician = locked_physician(certification)
    patient = locked_patient(certification)
    old = locked(certification)
    today = timezone.localdate()
    check_may_sign(physician, by=by, today=today)
    rules.check_renewal_is_open(old, today=today)
    renewal, _is_new = Certification.objects.get_or_create(renewal_of=old, defaults={"physician": physician})
    letters = answers_of(renewal.draft)["letters"]
    answers = {"questions": questions, "condition": condition, "statement": statement}
    check_renewal(patient, {**answers, "letters": letters}, today=today)
    renewal.draft = {**{step: to_json(given) for step, given in answers.items()}, "letters": letters}
    _keep(renewal, patient=patient)
    record(action="certification.review", by=by, subject=renewal)
    return renewal


def _keep(draft: Certification, *, patient: Patient | None) -> None:
    now = timezone.now()
    draft.prepared_at, draft.reviewed_at = draft.prepared_at or now, now
    draft.reviewed_digest = rules.review_digest(draft, patient=patient, today=timezone.localdate(now))
    draft.save(update_fields=["draft", "prepared_at", "reviewed_at", "reviewed_digest", "updated_at"])


@audited("certification.sign_reviewed", atomic=False)
def sign_reviewed(*, physician: Physician, seen: Mapping[str, str], signature_name: str, by: User) -> SignedTogether:
    """Sign each reviewed draft that the page showed, in a transaction of its own; one that fails keeps no other back.

    `seen` gives by a draft's uuid the `reviewed_digest` that stood beside it. What was signed before counts as signed.
    Raises NotEligible, MayNotSign, SignatureError or IncompleteError before anything is signed; what is refused after
    that stands in the answer, with its error.
    """
    rules.check_something_is_chosen(seen)
    physician = Physician.objects.select_related("user").get(pk=physician.pk)
    check_may_sign(physician, by=by, today=timezone.localdate())
    rules.check_signature(physician, signature_name)
    chosen = Certification.objects.filter(physician=physician, uuid__in=[UUID(one) for one in seen])
    answer = SignedTogether()
    for draft in chosen.select_related("renewal_of__patient", "patient").order_by("prepared_at", "pk"):
        try:
            signed = _sign(draft, seen[str(draft.uuid)], signature_name, by=by)
            answer.signed.append(signed)
        except PortalError as error:
            answer.refused.append((draft, error))
    answer.gone = len(seen) - len(answer.signed) - len(answer.refused)
    return answer


def _sign(draft: Certification, digest: str, signature_name: str, *, by: User) -> Certification:
    if draft.status != Certification.Status.DRAFT:
        return draft
    words: dict[str, Any] = {"signature_name": signature_name, "as_reviewed": digest, "by": by}
    try:
        if draft.renewal_of:
            return renew_certification(certification=draft.renewal_of, **words)
        return certify_patient(certification=draft, **words)
    except Certification.DoesNotExist as error:
        raise rules.ChangedError(_("It was discarded meanwhile: there is nothing to sign.")) from error
