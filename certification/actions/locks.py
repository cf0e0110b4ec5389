"""Rows locked until the end of the transaction. Order: physician, person, patient, certification.

The draft of a new patient is locked before the person, the draft of a renewal after the certification that it renews.
"""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Physician
from certification import rules
from certification.models import Certification, Draft, Patient


def locked_physician(draft: Draft) -> Physician:
    """The physician who signs the draft, with the account, whose address `check_not_own_patient` compares.

    Raises MayNotSign for the draft of an applicant.
    """
    physicians = Physician.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    return physicians.get(pk=rules.signer_of(draft).pk)


def locked_patient(certification: Certification) -> Patient:
    """The patient of a certification, who is locked before it."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).get(certifications=certification)


def locked(certification: Certification) -> Certification:
    """The certification as it stands in the database now."""
    locked_rows = Certification.objects.select_for_update(no_key=True, of=("self",))
    return locked_rows.select_related("physician").get(pk=certification.pk)


def locked_draft(draft: Draft) -> Draft:
    """The draft as it stands in the database now; that of a renewal gets its row here when it has none yet.

    Raises TransitionError when it was signed meanwhile, ChangedError when it was discarded, and of a renewal
    RenewalNotOpen.
    """
    if draft.renews is not None:
        return _locked_renewal(draft.renews, unsaved=draft)
    return locked_row(draft)


def locked_row(draft: Draft) -> Draft:
    """The row of the draft alone, whatever became of what it renews; raises TransitionError, ChangedError."""
    found = _drafts().filter(pk=draft.pk).first()
    if found is None:
        raise rules.why_gone(Certification.objects.filter(uuid=draft.uuid).first())
    return found


def _locked_renewal(renewed: Certification, *, unsaved: Draft) -> Draft:
    patient = locked_patient(renewed)
    renewed = locked(renewed)
    rules.check_renewal_is_open(renewed, today=timezone.localdate())
    draft = _drafts().filter(renews=renewed).first()
    draft = draft or Draft.objects.create(uuid=unsaved.uuid, physician=renewed.physician, renews=renewed)
    renewed.patient = patient
    draft.renews = renewed
    return draft


def _drafts() -> QuerySet[Draft]:
    return Draft.objects.select_for_update(no_key=True, of=("self",)).select_related("physician")
