"""The groups and filters of an office's list of drafts and certifications, with their counts, and its search."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import accumulate, pairwise
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from certification import rules
from certification.models import Certification, Draft, Patient
from certification.models.certifications import Office
from certification.search import called, cared_for, numbered, told_by
from ui.counting import MOST_COUNTED, RowCount
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
KEYS_OF_GROUP = ("expires_date", "-pk")  # in the filter "all", which shows the groups one after the other

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
        # The statuses stand apart, so that PostgreSQL finds them in the index; what is stopping was withdrawn.
        "over": Q(status__in=[status.REVOKED, status.CLOSED, status.WITHDRAWN]) & ~stopping,
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


def counts_of_office(office: Office, today: date) -> dict[str, int]:
    """Return the number of rows in each group and filter, in one query, as `counted` shows it.

    Of certifications MOST_COUNTED + 1 of each group are counted, which says that there are more; drafts all are.
    """
    asked = {"account": office.account, "physicians": office.physicians, "applicant": office.applicant}
    counts = dict(zip((*GROUPS, *DRAFT_GROUPS), _counts.first(**asked, today=today), strict=True))
    counts |= {name: sum(counts[group] for group in groups) for name, groups in GROUPS_OF.items()}
    return {**counts, "all": counts["all"] + counts["sign"] + counts["draft"]}


def _counts_of(*, account: int, physicians: list[int], applicant: int | None, today: date) -> QuerySet[User, Any]:
    signed = Certification.objects.filter(physician__in=physicians)
    drafts = Draft.objects.of(Office(account, physicians, applicant))
    groups = groups_on(today)
    return User.objects.filter(pk=account).values_list(
        *(_up_to_most(signed.filter(groups[group])) for group in GROUPS),
        *(RowCount(drafts_shown(drafts, group)) for group in DRAFT_GROUPS),
    )


_counts = Prepared(_counts_of, fixed=["today"])


def _up_to_most(found: QuerySet[Any]) -> RowCount:
    return RowCount(found, most=MOST_COUNTED + 1)


def due_on(today: date) -> dict[str, Q]:
    """Return the conditions of what is due for renewal: what ends within so many days, and what has expired.

    What ends within 7 days ends within 30 as well.

    Days are counted as for the reminders: what expires on the first day of being invalid, `days` after today.
    """
    within = {str(days): rules.expiring(after=today, until=today + timedelta(days=days)) for days in DUE_DAYS}
    return {**within, "expired": rules.expired(today=today)}


def due_counts(office: Office, today: date) -> dict[str, int]:
    """Return how many certifications are due in each group, as `counted` shows it. Those that end later are not read.

    Each span between two of DUE_DAYS is counted on its own, MOST_COUNTED + 1 at most.
    """
    *spans, expired = _due_counts.first(account=office.account, physicians=office.physicians, today=today)
    return dict(zip(DUE_LABELS, (*accumulate(spans), expired), strict=True))


def _due_counts_of(*, account: int, physicians: list[int], today: date) -> QuerySet[User, Any]:
    signed = Certification.objects.filter(physician__in=physicians)
    days = [today + timedelta(days=days) for days in (0, *DUE_DAYS)]
    due = [*(rules.expiring(after=after, until=until) for after, until in pairwise(days)), rules.expired(today=today)]
    return User.objects.filter(pk=account).values_list(*(_up_to_most(signed.filter(where)) for where in due))


_due_counts = Prepared(_due_counts_of, fixed=["today"])


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
