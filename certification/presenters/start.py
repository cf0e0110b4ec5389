"""The start page of an office: what waits, what is due, and what patients ask, with the lists that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Decision, Person, Physician, PhysicianApplication, User
from accounts.presenters.eligibility import refusal_of
from accounts.rules import eligibility
from certification.models import Draft, PatientRequest
from certification.models.certifications import office_of
from certification.presenters.addresses import sign_url
from certification.presenters.groups import counts_of_office, due_counts
from certification.presenters.patient_list import RequestRow, request_rows
from certification.rules import is_overdue

MOST_ASKED = 5  # requests that the page shows; a link leads to the others


@dataclass(frozen=True)
class Line:
    """How many rows wait, in words, the list that holds them, and since when the oldest waits."""

    count: int
    noun: str
    url: str
    since: datetime | None = None
    is_late: bool = False


@dataclass(frozen=True)
class Lapse:
    """A registration of the physician that ends soon, with its last day."""

    label: str
    last_day: date | None


@dataclass(frozen=True)
class OfficeStart:
    """The start page of a physician, a delegate or an applicant."""

    waits: tuple[Line, ...]
    due: tuple[Line, ...]
    patients: tuple[Line, ...]
    asked: list[RequestRow]
    more_asked: int  # requests besides those that are shown
    first_to_sign: str  # the address of the draft that has waited longest for this physician's signature, or ""
    to_sign: int
    refusal: str  # why the physician cannot certify today, or ""
    ending: tuple[Lapse, ...]
    application: PhysicianApplication | None  # of an applicant, while it waits

    @property
    def has_any(self) -> bool:
        return any(line.count for line in (*self.waits, *self.patients))


def office_start(user: User, person: Person, *, today: date) -> OfficeStart:
    """Return what waits in the office of this account, in at most seven queries however many patients it has."""
    office = office_of(user, today)
    drafts = Draft.objects.of(office)
    open_requests = PatientRequest.objects.filter(physician__in=office.physicians).open()
    counts = counts_of_office(office, today)
    due = due_counts(office, today)
    waiting = _drafts_waiting(drafts, user) if counts["sign"] or counts["draft"] else NO_DRAFTS
    is_report = Q(kind__in=PatientRequest.REPORTS)
    asked = open_requests.aggregate(
        count=Count("pk"),
        reports=Count("pk", filter=is_report),
        reported_since=Min("created_at", filter=is_report),
        asked_since=Min("created_at", filter=~is_report),
    )
    rows = request_rows(office, most=MOST_ASKED, today=today) if asked["count"] else []
    own = person.physician
    if own:
        prefetch_related_objects([own], "registrations")
    return OfficeStart(
        waits=(*_drafts(counts, waiting, person), *_asked(asked, person, today)),
        due=tuple(_due(due)),
        patients=tuple(_patients(counts)),
        asked=rows,
        more_asked=asked["count"] - len(rows),
        first_to_sign=_first_to_sign(user) if waiting["own"] else "",
        to_sign=waiting["own"],
        refusal=refusal_of(own, today=today) if own else "",
        ending=_ending(own, today) if own else (),
        application=user.physician_applications.filter(status=Decision.PENDING).first()
        if person.is_applicant
        else None,
    )


NO_DRAFTS: Mapping[str, Any] = {
    "own": 0,
    "reviewed": 0,
    "prepared_since": None,
    "reviewed_since": None,
    "begun_since": None,
}


def _drafts_waiting(drafts: QuerySet[Draft], user: User) -> Mapping[str, Any]:
    """Return since when drafts wait, and how many wait for the signature of this account itself."""
    is_prepared, is_reviewed = Q(prepared_at__isnull=False), Q(reviewed_at__isnull=False)
    is_own = Q(physician__user=user) & is_prepared
    return drafts.order_by().aggregate(
        own=Count("pk", filter=is_own & ~is_reviewed),
        reviewed=Count("pk", filter=is_own & is_reviewed),
        prepared_since=Min("prepared_at", filter=is_prepared & ~is_reviewed),
        reviewed_since=Min("reviewed_at", filter=is_own & is_reviewed),
        begun_since=Min("created_at", filter=~is_prepared),
    )


def _drafts(counts: Mapping[str, int], waiting: Mapping[str, Any], person: Person) -> list[Line]:
    """Return the drafts that wait: to be signed, and to be completed."""
    patients = reverse("certification:patient-list")
    to_sign, reviewed, begun = counts["sign"] - waiting["reviewed"], waiting["reviewed"], counts["draft"]
    words = _words_to_sign(to_sign, person)
    lines = [Line(to_sign, words, f"{patients}?show=sign", waiting["prepared_since"])]
    if reviewed:
        words = _("reviewed, only your signature is missing")
        lines.append(Line(reviewed, words, reverse("certification:sign-all"), waiting["reviewed_since"]))
    words = ngettext("draft to complete", "drafts to complete", begun)
    return [*lines, Line(begun, words, f"{patients}?show=draft", waiting["begun_since"])]


def _words_to_sign(count: int, person: Person) -> str:
    if person.is_physician:
        return ngettext("draft to sign", "drafts to sign", count)
    if person.is_delegate:
        return ngettext("draft for the physician to sign", "drafts for the physician to sign", count)
    return ngettext("draft to sign once you are verified", "drafts to sign once you are verified", count)


def _asked(asked: Mapping[str, Any], person: Person, today: date) -> list[Line]:
    """Return what patients report and ask; nobody asks an applicant anything."""
    if not (person.is_physician or person.is_delegate):
        return []
    reports, since = asked["reports"], asked["reported_since"]
    oldest = PatientRequest(kind=PatientRequest.REPORTS[0], created_at=since)
    requests = asked["count"] - reports
    return [
        Line(
            reports,
            ngettext("report of a patient to confirm", "reports of patients to confirm", reports),
            "#asked",
            since,
            is_late=bool(reports) and is_overdue(oldest, today=today),
        ),
        Line(
            requests, ngettext("request of a patient", "requests of patients", requests), "#asked", asked["asked_since"]
        ),
    ]


def _due(due: Mapping[str, int]) -> list[Line]:
    """Return the renewals that are due by when the certification ends; each row is counted once."""
    address = reverse("certification:due-list")
    within = {days: due[str(days)] for days in (7, 30, 60)}
    return [
        Line(within[7], _("end within 7 days"), f"{address}?within=7", is_late=bool(within[7])),
        Line(within[30], _("end within 30 days"), f"{address}?within=30"),
        Line(within[60], _("end within 60 days"), f"{address}?within=60"),
        Line(due["expired"], _("have ended without a renewal"), f"{address}?within=expired"),
    ]


def _patients(counts: Mapping[str, int]) -> list[Line]:
    """Return how many certifications run, and how many of them were withdrawn."""
    patients = reverse("certification:patient-list")
    lines = [Line(counts["active"], _("active"), f"{patients}?show=active")]
    if counts["stopping"]:
        lines.append(Line(counts["stopping"], _("withdrawn, still valid"), f"{patients}?show=stopping"))
    return [*lines, Line(counts["ended"], _("ended"), f"{patients}?show=ended")]


def _first_to_sign(user: User) -> str:
    draft = Draft.objects.waiting_for(user).select_related("renews").only("uuid", "renews__uuid").first()
    return sign_url(draft) if draft else ""


def _ending(physician: Physician, today: date) -> tuple[Lapse, ...]:
    """Return the physician's registrations that end soon; they were read with `refusal_of`."""
    found = eligibility(physician, today)
    return tuple(Lapse(str(each.label), each.valid_through) for each in found if each.met and each.ends_soon)
