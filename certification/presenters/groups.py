"""The groups and filters of an office's list of drafts and certifications, with their counts, and its search."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Certification, Draft, Patient
from certification.models.certifications import Office
from certification.search import called, cared_for, numbered, told_by
from ui.prepared import Prepared
from ui.search_terms import SearchTerm
from ui.text import search_name

LABELS = {
    "all": _("All"),
    "sign": _("To sign"),
    "draft": _("Drafts"),
    "active": _("Active"),
    "ending": _("Ending soon"),
    "stopping": _("Withdrawn, still valid"),
    "ended": _("Ended"),
}
DUE_DAYS = (7, 30, 60, 90)
DUE_LABELS = {
    **{str(days): format_lazy(_("Within {days} days"), days=days) for days in DUE_DAYS},
    "expired": _("Expired"),
}
DRAFT_GROUPS = ("sign", "draft")  # the list shows them before the certifications
GROUPS = ("stopping", "ending", "later", "expired", "over")  # of certifications, in the order of the list
GROUPS_OF = {
    "all": GROUPS,
    "active": ("ending", "later"),
    "ending": ("ending",),
    "stopping": ("stopping",),
    "ended": ("expired", "over"),
}
# How each filter sorts drafts: the longest wait first, then the newest draft.
DRAFT_KEYS_OF = {"all": ("since", "-pk"), "sign": ("prepared_at", "pk"), "draft": ("-pk",)}
# How each filter sorts certifications: the next end first; of what has ended, the latest.
KEYS_OF = {
    "all": ("place", "expires_date", "-pk"),
    "active": ("expires_date", "pk"),
    "ending": ("expires_date", "pk"),
    "stopping": ("deliveries_stop_date", "pk"),
    "ended": ("-expires_date", "-pk"),
}

NOT_PREPARED = datetime(9999, 1, 1, tzinfo=UTC)  # sorts after every draft that was prepared


def groups_on(today: date) -> dict[str, Q]:
    """Return the condition of each group on that day. Superseded certifications are in none, all others in one."""
    status = Certification.Status
    soon = today + timedelta(days=settings.RENEWAL_OPENS_DAYS)
    stopping = rules.stopping(today=today)
    return {
        "later": Q(status=status.ACTIVE, expires_date__gt=soon),
        "ending": rules.ending_soon(today=today),
        "expired": rules.expired(today=today),
        "stopping": stopping,
        "over": Q(status__in=[status.REVOKED, status.CLOSED]) | Q(status=status.WITHDRAWN) & ~stopping,
    }


def filters_on(today: date) -> dict[str, Q]:
    """Return the condition of each filter that shows certifications: one group or several."""
    groups = groups_on(today)
    grouped = {name: reduce(or_, (groups[group] for group in shown)) for name, shown in GROUPS_OF.items()}
    ending_or_later = Q(status=Certification.Status.ACTIVE, expires_date__gt=today)  # one span of the index, not two
    return {**grouped, "all": ~Q(status=Certification.Status.SUPERSEDED), "active": ending_or_later}


def in_list_order(certifications: QuerySet[Certification], today: date) -> QuerySet[Certification]:
    """Annotate the certifications with `place`, the number of their group in the list."""
    cases = [When(where, then=Value(GROUPS.index(group))) for group, where in groups_on(today).items()]
    return certifications.annotate(place=Case(*cases, default=Value(len(GROUPS))))


def drafts_shown(drafts: QuerySet[Draft], show: str) -> QuerySet[Draft]:
    """Return the drafts that a filter shows, with `since`, which orders them in the filter "all" and is never NULL."""
    shown = drafts.annotate(since=Coalesce("prepared_at", Value(NOT_PREPARED)))
    if show == "all":
        return shown
    return shown.filter(prepared_at__isnull=show == "draft") if show in DRAFT_GROUPS else shown.none()


def counts_of(certifications: QuerySet[Certification], drafts: QuerySet[Draft], today: date) -> dict[str, int]:
    """Return the number of rows in each group and filter, in one query that reads no row twice."""
    return _summed(_counted(certifications, drafts, today))


def counts_of_office(office: Office, today: date) -> dict[str, int]:
    """Return what `counts_of` does for all rows of the office: its pages ask that each time."""
    return _summed(_counts.rows(physicians=office.physicians, applicant=office.applicant, today=today))


def _counted_of_office(*, physicians: list[int], applicant: int | None, today: date) -> QuerySet[Any]:
    signed = Certification.objects.filter(physician__in=physicians)
    return _counted(signed, Draft.objects.of(Office(physicians, applicant)), today)


_counts = Prepared(_counted_of_office, fixed=["today"])


def _counted(certifications: QuerySet[Certification], drafts: QuerySet[Draft], today: date) -> QuerySet[Any]:
    """Return the number of each group and the count of its rows."""
    signed = in_list_order(certifications.filter(filters_on(today)["all"]), today)
    place = Case(When(prepared_at__isnull=False, then=Value(-2)), default=Value(-1))
    kinds: tuple[QuerySet[Any], ...] = (signed, drafts.annotate(place=place))
    of_each = [kind.order_by().values_list("place").annotate(Count("pk")) for kind in kinds]
    return of_each[0].union(of_each[1], all=True)


def _summed(counted: Iterable[tuple[int, int]]) -> dict[str, int]:
    names = dict(enumerate((*DRAFT_GROUPS, *GROUPS), start=-2))
    counts = dict.fromkeys(names.values(), 0)
    counts |= {names[place]: count for place, count in counted}
    counts |= {name: sum(counts[group] for group in groups) for name, groups in GROUPS_OF.items()}
    return {**counts, "all": counts["all"] + counts["sign"] + counts["draft"]}


def due_on(today: date) -> dict[str, Q]:
    """Return the conditions of what is due for renewal: what ends within so many days, and what has expired.

    What ends within 7 days ends within 30 as well.

    Days are counted as for the reminders: what expires on the first day of being invalid, `days` after today.
    """
    within = {str(days): rules.expiring(after=today, until=today + timedelta(days=days)) for days in DUE_DAYS}
    return {**within, "expired": rules.expired(today=today)}


def due_counts(certifications: QuerySet[Certification], today: date) -> dict[str, int]:
    """Return how many certifications are due in each group. Those that end later are not read."""
    horizon = today + timedelta(days=max(DUE_DAYS))
    near = certifications.filter(status=Certification.Status.ACTIVE, expires_date__lte=horizon)
    counts = near.aggregate(**{f"due_{name}": Count("pk", filter=where) for name, where in due_on(today).items()})
    return {name: counts[f"due_{name}"] for name in DUE_LABELS}


def matching(certifications: QuerySet[Certification], term: str) -> QuerySet[Certification]:
    """Return the certifications whose patient has this name, birth date, phone or number, or that have this number.

    The number of a caregiver finds the caregiver's patients.

    Of the office's rows nothing is read but what their index holds; what it does not is looked up beside.
    """
    found = called(term)
    found |= Q(patient__in=Patient.objects.filter(told_by(term) | cared_for(term)).values("pk"))
    found |= Q(pk__in=Certification.objects.filter(numbered(term)).values("pk"))
    return certifications.filter(found)


def matching_drafts(drafts: QuerySet[Draft], term: str) -> QuerySet[Draft]:
    """Return the drafts whose patient has this name.

    Names in drafts are encrypted, so all drafts are read: an office has few.
    """
    readings = SearchTerm(term).readings_of_name
    read = drafts.select_related("renews__patient")
    found = [each.pk for each in read if any(_has_words(each.patient_name, words) for words in readings)]
    return drafts.filter(pk__in=found)


def _has_words(name: str, words: list[str]) -> bool:
    parts = search_name(name).split()
    return bool(words) and all(any(part.startswith(word) for part in parts) for word in words)
