"""The record of a patient, as the page of their certification shows it to the physician and the office."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from certification import rules
from certification.models import CaregiverAssignment, Certification, Letter, Patient
from certification.presenters.addresses import is_signer, step_url
from certification.presenters.allotment_left import Left, left_of
from certification.presenters.changes import conditions_of
from certification.presenters.history import Change, history_of
from certification.presenters.status_on_day import StatusOnDay, status_on_day

A_FEW = 4  # entries of the history that the page shows first


@dataclass(frozen=True)
class RecordAction:
    """Something to do from the record. Without `url` it is not possible yet, and `note` says from when."""

    label: str | Promise
    url: str = ""
    note: str | Promise = ""
    is_due: bool = False  # the one filled button


@dataclass(frozen=True)
class ActionGroup:
    """Actions of one kind under their heading."""

    title: str | Promise
    actions: list[RecordAction]


@dataclass(frozen=True)
class PatientRecord:
    """The facts of the page. `left` is None where no delivery counts, `signed_in_at` where nobody signed in yet.

    `changes` are the few that are shown of the `count` in all; `runs` says whether anything can still be changed.
    """

    certification: Certification
    patient: Patient
    age: int
    status: StatusOnDay
    is_new: bool
    runs: bool
    is_signer: bool
    conditions: list[str]
    left: Left | None
    assignment: CaregiverAssignment | None
    signed_in_at: dict[str, datetime | None]
    letters: list[Letter]
    changes: list[Change]
    count: int
    groups: list[ActionGroup]
    renewal_opens: date
    is_whole: bool


def record_of(certification: Certification, viewer: User, *, is_whole: bool, now: datetime) -> PatientRecord:
    """Return the record for the account that looks at it; `is_whole` for paper: every entry of the history."""
    today, patient = timezone.localdate(now), certification.patient
    status, changes = status_on_day(certification, today=today), history_of(certification, viewer)
    letters = _letters_of(certification)
    return PatientRecord(
        certification=certification,
        patient=patient,
        age=rules.age_on(patient.birth_date, today),
        status=status,
        is_new=certification.certified_date == today and certification.status == Certification.Status.ACTIVE,
        runs=certification.runs_on(today),
        is_signer=is_signer(viewer, certification),
        conditions=conditions_of(certification),
        left=left_of(certification, now=now) if status.days_left is not None else None,
        assignment=patient.current_assignment,
        signed_in_at=_signed_in_at(patient),
        letters=letters,
        changes=changes if is_whole else changes[:A_FEW],
        count=len(changes),
        groups=_groups(certification, viewer, status, letters, today),
        renewal_opens=rules.renewal_opens_date(certification),
        is_whole=is_whole,
    )


def _letters_of(certification: Certification) -> list[Letter]:
    """Return the letters of a certification. Only those of minors have any."""
    is_minor = rules.is_minor_on(certification.patient.birth_date, certification.certified_date)
    return list(certification.letters.all()) if is_minor else []


def _signed_in_at(patient: Patient) -> dict[str, datetime | None]:
    """Return when the accounts of the patient and the caregiver last signed in, by "patient" and "caregiver"."""
    assignment = patient.current_assignment
    accounts = {"patient": patient.user_id, "caregiver": assignment.caregiver.user_id if assignment else None}
    known = dict(User.objects.filter(pk__in=[pk for pk in accounts.values() if pk]).values_list("pk", "last_login"))
    return {who: known.get(pk or 0) for who, pk in accounts.items()}


def _groups(
    certification: Certification, viewer: User, status: StatusOnDay, letters: list[Letter], today: date
) -> list[ActionGroup]:
    """Return what the account may do from the record, each once."""
    runs, signs = certification.runs_on(today), is_signer(viewer, certification)
    groups = [
        ActionGroup(gettext_lazy("Certification"), _of_certification(certification, status, runs=runs, signs=signs)),
        ActionGroup(gettext_lazy("Person"), _of_person(certification, signs=signs, today=today) if runs else []),
        ActionGroup(gettext_lazy("Papers"), _of_papers(certification, letters)),
    ]
    if certification.certified_date != today:  # on the day of the signature it stands in the confirmation
        add = RecordAction(gettext_lazy("Add another patient"), reverse("certification:certification-add"))
        groups.append(ActionGroup(gettext_lazy("Next"), [add]))
    return [group for group in groups if group.actions]


def _of_certification(
    certification: Certification, status: StatusOnDay, *, runs: bool, signs: bool
) -> list[RecordAction]:
    actions = []
    if runs and signs:
        amend = gettext_lazy("Change condition or directions"), step_url(certification, "amend-condition")
        actions += [
            RecordAction(*amend),
            RecordAction(gettext_lazy("Change the monthly allotment"), step_url(certification, "allotment")),
        ]
    if status.can_renew:
        renew = RecordAction(gettext_lazy("Renew this certification"), step_url(certification, "renew"), is_due=True)
        return [renew, *actions]
    if certification.status == Certification.Status.ACTIVE:
        opens = date_format(rules.renewal_opens_date(certification), "DAY_FORMAT")
        actions.append(RecordAction(gettext_lazy("Renew"), note=_("from %(day)s") % {"day": opens}))
    return actions


def _of_person(certification: Certification, *, signs: bool, today: date) -> list[RecordAction]:
    assignment = certification.patient.current_assignment
    named = gettext_lazy("Change the caregiver") if assignment else gettext_lazy("Name a caregiver")
    actions = [RecordAction(gettext_lazy("Change contact data"), step_url(certification, "contact"))]
    if signs:
        identity = step_url(certification, "identity")
        actions.append(RecordAction(gettext_lazy("Correct name or date of birth"), identity))
    actions.append(RecordAction(named, step_url(certification, "assign")))
    if assignment and not rules.is_guarded(certification.patient, today=today):
        actions.append(RecordAction(gettext_lazy("End the caregiver"), step_url(certification, "end-caregiver")))
    return actions


def _of_papers(certification: Certification, letters: list[Letter]) -> list[RecordAction]:
    count = ngettext("%(count)d letter", "%(count)d letters", len(letters)) % {"count": len(letters)}
    allotment = reverse("delivery:allotment-of", args=[certification.uuid])
    whole = f"{step_url(certification, 'confirmation')}?whole=1"
    return [
        RecordAction(gettext_lazy("Print the whole record"), whole),
        RecordAction(gettext_lazy("What counts toward the monthly allotment"), allotment),
        RecordAction(gettext_lazy("Letters"), "#letters" if letters else "", count if letters else _("none needed")),
    ]
