"""Who viewed a patient's record, in words for the patient. All of it is read from the audit trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Delegate, Physician, User
from audit import names, trail, words
from audit.models import Event
from certification.audit_names import PATIENT
from certification.models import Caregiver, Certification, Patient
from delivery.models import Order
from ui.keyset import Page, page_of

RECORD_VIEWS_A_PAGE = 20
CERTIFICATION, ORDER = "certification.certification", "delivery.order"
# What was seen, by the name of the event.
SEEN = {
    "patient.view": gettext_lazy("the data on record"),
    "certification.view": gettext_lazy("the certification"),
    "certificate.view": gettext_lazy("the certificate"),
    "letter.view": gettext_lazy("a letter"),
    "card.view": gettext_lazy("the card"),
    "card.check": gettext_lazy("the card, by its code"),
    "request.view": gettext_lazy("a request to the office"),
    "patientrequest.view": gettext_lazy("a request to the office"),
    "allotment.view": gettext_lazy("the monthly allotment"),
    "allotmententry.view": gettext_lazy("the monthly allotment"),
    "assessment.view": gettext_lazy("what was told about how well it works"),
    "order.list": gettext_lazy("the orders"),
    "order.view": gettext_lazy("an order"),
    "order.print": gettext_lazy("an order, printed for its delivery"),
    "run.view": gettext_lazy("the sheet of a delivery"),
    "run.keep": gettext_lazy("the sheet of a delivery"),
    "handover.view": gettext_lazy("a hand-over"),
    "handovercorrection.view": gettext_lazy("a correction of a hand-over"),
    "itemreport.view": gettext_lazy("a report of a wrong item"),
    "returneditem.view": gettext_lazy("an item that came back"),
    "waitingentry.view": gettext_lazy("the wait for a place"),
    "closure.calls": gettext_lazy("a call list about a closed day"),
    "recall.calls": gettext_lazy("a call list about a recall"),
    "recalledperson.view": gettext_lazy("the answer about a recall"),
    "selfassessment.view": gettext_lazy("what was told about how well it works"),
    "dispensedunit.view": gettext_lazy("an item that was dispensed"),
    "labelprint.view": gettext_lazy("a label"),
    "reportrecord.view": gettext_lazy("a report to the state’s monitoring program"),
    "reportfile.view": gettext_lazy("a report to the state’s monitoring program"),
    "report.download": gettext_lazy("a report to the state’s monitoring program"),
    "reportanswer.view": gettext_lazy("a report to the state’s monitoring program"),
    "invitation.view": gettext_lazy("the invitation to an account"),
    "caregiver.view": gettext_lazy("the data of a caregiver"),
    "notification.read": gettext_lazy("a message to the patient or the caregiver"),
    "stockmovement.view": gettext_lazy("what was taken from the stock for an order"),
}
# Why the account opened the record, by the beginning of the event's name; the first that fits counts. Orders,
# certifications and renewals are named by their number instead.
REASONS = {
    "call.": gettext_lazy("order by phone"),
    "card.": gettext_lazy("card"),
    "request.": gettext_lazy("request to the office"),
    "patientrequest.": gettext_lazy("request to the office"),
    "allotment": gettext_lazy("monthly allotment"),
    "notification.": gettext_lazy("message by phone or letter"),
    "patient.close": gettext_lazy("closing the record"),
    "patient.reopen": gettext_lazy("opening the record again"),
}
RENEWING = {
    "certification.prepare_renewal",
    "certification.review_renewal",
    "certification.save_renewal_letter",
    "certification.renew",
}
# By staff group. A member of staff in more than one group is called by the first group here.
STAFF = {
    "Registrar": gettext_lazy("A registrar of the program"),
    "Pharmacist": gettext_lazy("A pharmacist of the dispensary"),
    "Technician": gettext_lazy("A technician of the dispensary"),
    "Driver": gettext_lazy("A driver of the dispensary"),
    "Manager": gettext_lazy("A manager of the dispensary"),
    "Auditor": gettext_lazy("An auditor"),
}


@dataclass(frozen=True)
class RecordView:
    """A view of the record by one account in one session of one day: `at` is when the account began to read."""

    at: datetime
    who: str
    what: list[Any]
    why: list[str]


# --- Which events --------------------------------------------------------------------------------------------------


def about(patient: Patient) -> Q:
    """Return the filter for events about the patient and what belongs to the patient, and for looks at what shows them.

    The apps say what that is (`names.register_belongings`, `names.register_shown`), for the auditors as well.
    """
    belongings, shown = names.about(PATIENT, patient.pk)
    return trail.of_subjects(belongings) | trail.of_subjects(shown) & Q(action__in=words.SHOW_OTHERS)


def events_of_views(patient: Patient, concerns: Q, *, but: User) -> QuerySet[Event]:
    """Return the events among `concerns` by which others saw the record; not what the patient or `but` saw."""
    own = [account for account in (patient.user_id, but.pk) if account]
    seen = Event.objects.filter(concerns, action__in=SEEN, outcome=Event.Outcome.DONE)
    return seen.exclude(actor_id__isnull=True).exclude(actor_id__in=own)


def page_of_record_views(patient: Patient, *, but: User, cursor: str | None) -> tuple[list[RecordView], Page]:
    """Return the record views of one page, the latest first, and the page."""
    concerns = about(patient)
    views = events_of_views(patient, concerns, but=but)
    keys = views.annotate(day=TruncDate("created_at")).order_by().values("actor_id", "session", "day")
    last_of_each = Event.objects.filter(pk__in=keys.annotate(last=Max("pk")).values("last"))
    page = page_of(last_of_each, keys=("-pk",), cursor=cursor, size=RECORD_VIEWS_A_PAGE, name="record-views")
    return _record_views(page.rows, concerns), page


def _key(event: Event) -> tuple[int | None, str, date]:
    return event.actor_id, event.session, timezone.localdate(event.created_at)


def _record_views(lasts: list[Event], concerns: Q) -> list[RecordView]:
    """Return the record views that ended with these events.

    Each names everything that its account did for the patient in that session and day.
    """
    if not lasts:
        return []
    same = Q()
    for actor_id, session in {(event.actor_id, event.session) for event in lasts}:
        same |= Q(actor_id=actor_id, session=session)
    record_views: dict[tuple, list[Event]] = {_key(event): [] for event in lasts}
    for event in Event.objects.filter(concerns, same, outcome=Event.Outcome.DONE).order_by("pk"):
        if _key(event) in record_views:
            record_views[_key(event)].append(event)
    who, numbers = _people(lasts), _numbers(record_views.values())
    return [_record_view(events, who, numbers) for events in record_views.values()]


# --- In words ------------------------------------------------------------------------------------------------------


def _record_view(events: list[Event], who: dict[int | None, str], numbers: dict[tuple, str]) -> RecordView:
    views = [event for event in events if event.action in SEEN]
    what = dict.fromkeys(str(SEEN[event.action]) for event in views)
    why = dict.fromkeys(reason for event in events if (reason := _reason(event, numbers)))
    return RecordView(views[0].created_at, who[views[0].actor_id], list(what), list(why))


def _reason(event: Event, numbers: dict[tuple, str]) -> str:
    """Return why the account opened the record, as far as this event says it; empty where it does not."""
    number = numbers.get((event.subject_type, event.subject_id), "")
    if event.subject_type == ORDER:
        return _("order %(number)s") % {"number": number} if number else _("cart")
    if event.action in RENEWING:
        return _("renewal")
    if event.subject_type == CERTIFICATION:
        return _("certification %(number)s") % {"number": number} if number else _("new certification")
    return next((str(words) for begins, words in REASONS.items() if event.action.startswith(begins)), "")


def _numbers(record_views: Iterable[list[Event]]) -> dict[tuple, str]:
    """Return the numbers of the orders and certifications that these record views name, by kind and id."""
    found: dict[tuple, str] = {}
    subjects = {(event.subject_type, event.subject_id) for events in record_views for event in events}
    for kind, model in ((ORDER, Order), (CERTIFICATION, Certification)):
        ids = [pk for of, pk in subjects if of == kind]
        rows = model.objects.filter(pk__in=ids).exclude(number=None).values_list("pk", "number")
        found |= {(kind, pk): number for pk, number in rows if number}
    return found


def _people(events: list[Event]) -> dict[int | None, str]:
    """Return who each account is: a physician or caregiver by name, an office by its name, staff by their role."""
    staff = {event.actor_id for event in events if event.role == "staff" and event.actor_id is not None}
    others = {event.actor_id for event in events if event.actor_id is not None} - staff
    named: dict[int | None, str] = dict.fromkeys(others, _("Somebody who has no account any more"))
    for caregiver in Caregiver.objects.filter(user__in=others):
        named[caregiver.user_id] = _("%(name)s, caregiver") % {"name": caregiver.name}
    for delegate in Delegate.objects.filter(user__in=others).select_related("physician").order_by("pk"):
        named[delegate.user_id] = _("%(practice)s, the office of Dr. %(name)s") % {
            "practice": delegate.physician.practice_name,
            "name": delegate.physician.name,
        }
    for physician in Physician.objects.filter(user__in=others):
        named[physician.user_id] = _("Dr. %(name)s") % {"name": physician.name}
    return named | _staff(staff)


def _staff(ids: set[int]) -> dict[int | None, str]:
    """Return the role of each member of staff, with the first name where the account has one."""
    named: dict[int | None, str] = dict.fromkeys(ids, _("Staff of the program or the dispensary"))
    groups: dict[tuple[int, str], set[str]] = {}
    for pk, first_name, group in User.objects.filter(pk__in=ids).values_list("pk", "first_name", "groups__name"):
        groups.setdefault((pk, first_name), set()).add(group)
    for (pk, first_name), held in groups.items():
        role = next((str(words) for group, words in STAFF.items() if group in held), named[pk])
        named[pk] = f"{role} ({first_name})" if first_name else role
    return named
