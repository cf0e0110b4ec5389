"""How a certification stands on a day: in the words of the list, in its filters, in its search."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Certification, Patient
from certification.search import named, numbered, told_by, words_of
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
GROUPS = ("sign", "draft", "stopping", "ending", "later", "expired", "over")  # in the order of the list
GROUPS_OF = {
    "all": GROUPS,
    "sign": ("sign",),
    "draft": ("draft",),
    "active": ("ending", "later"),
    "ending": ("ending",),
    "stopping": ("stopping",),
    "ended": ("expired", "over"),
}
# How each filter is sorted: the longest wait, the newest draft and the next end first; of what has ended, the latest.
KEYS_OF = {
    "all": ("place", "day", "since", "-pk"),
    "sign": ("prepared_at", "pk"),
    "draft": ("-pk",),
    "active": ("expires_date", "pk"),
    "ending": ("expires_date", "pk"),
    "stopping": ("deliveries_stop_date", "pk"),
    "ended": ("-expires_date", "-pk"),
}


@dataclass(frozen=True)
class Standing:
    kind: str  # of ui/status_tag.html
    label: Any
    days_left: int | None = None  # after today; 0 on the last valid day, None once ended
    can_renew: bool = False


def standing_of(certification: Certification, *, today: date) -> Standing:
    status = Certification.Status(certification.status)
    if status == Certification.Status.DRAFT and certification.reviewed_at:
        return Standing("wait", _("Reviewed"))
    if status == Certification.Status.DRAFT:
        return Standing("wait", LABELS["sign"]) if certification.prepared_at else Standing("plain", _("Draft"))
    if status == Certification.Status.WITHDRAWN and certification.is_valid_on(today):
        return Standing("warn", status.label, (certification.valid_through - today).days)
    if status != Certification.Status.ACTIVE:
        return Standing("ended", status.label)
    can_renew = _can_renew(certification, today)
    days_left = (certification.last_valid_day - today).days
    if days_left < 0:
        return Standing("ended", _("Ended"), can_renew=can_renew)
    return Standing(
        "warn" if can_renew else "good", _("Ending soon") if can_renew else _("Active"), days_left, can_renew
    )


def _can_renew(certification: Certification, today: date) -> bool:
    try:
        rules.check_renewal_is_open(certification, today=today)
    except rules.RenewalNotOpen:
        return False
    return True


def groups_on(today: date) -> dict[str, Q]:
    """What stands where on that day: each certification in one group, and what was superseded in none.

    What was withdrawn is still valid until its deliveries stop, as `Certification.is_valid_on` says.
    """
    status = Certification.Status
    soon = today + timedelta(days=settings.RENEWAL_OPENS_DAYS)
    active = Q(status=status.ACTIVE)
    still_valid = Q(status=status.WITHDRAWN, deliveries_stop_date__gte=today, expires_date__gt=today)
    return {
        "later": active & Q(expires_date__gt=soon),
        "ending": active & Q(expires_date__gt=today, expires_date__lte=soon),
        "expired": active & Q(expires_date__lte=today),
        "sign": Q(status=status.DRAFT, prepared_at__isnull=False),
        "draft": Q(status=status.DRAFT, prepared_at__isnull=True),
        "stopping": still_valid,
        "over": Q(status__in=[status.REVOKED, status.CLOSED]) | Q(status=status.WITHDRAWN) & ~still_valid,
    }


def filters_on(today: date) -> dict[str, Q]:
    """The filters of the list, each of one group or several."""
    groups = groups_on(today)
    several = {name: reduce(or_, (groups[group] for group in GROUPS_OF[name])) for name in LABELS}
    running = Q(status=Certification.Status.ACTIVE, expires_date__gt=today)  # one span of the index
    return {**several, "all": ~Q(status=Certification.Status.SUPERSEDED), "active": running}


def placed(certifications, today: date):
    """With `place`, that of its group, and the `day` and `since` by which it sorts there; none of them is NULL."""
    cases = [When(where, then=Value(GROUPS.index(group))) for group, where in groups_on(today).items()]
    return certifications.annotate(
        place=Case(*cases, default=Value(len(GROUPS))),
        day=Coalesce("expires_date", Value(date.min)),
        since=Coalesce("prepared_at", Value(datetime(1970, 1, 1, tzinfo=UTC))),
    )


def counts_of(certifications, today: date) -> dict[str, int]:
    """How many stand in each group and in each filter, in one query that reads nothing twice."""
    found = filters_on(today)["all"]
    rows = placed(certifications.filter(found), today).order_by().values_list("place").annotate(Count("pk"))
    counts = dict.fromkeys(GROUPS, 0) | {GROUPS[place]: count for place, count in rows}
    return counts | {name: sum(counts[group] for group in groups) for name, groups in GROUPS_OF.items()}


def due_on(today: date) -> dict[str, Q]:
    """What wants a renewal: that ends within so many days (7 stand in the 30 as well), and that has ended without one.

    Days are counted as for the reminders: what expires on the first day of being invalid, `days` after today.
    """
    active = Q(status=Certification.Status.ACTIVE)
    within = {
        str(days): active & Q(expires_date__gt=today, expires_date__lte=today + timedelta(days=days))
        for days in DUE_DAYS
    }
    return {**within, "expired": active & Q(expires_date__lte=today)}


def due_counts(certifications, today: date) -> dict[str, int]:
    """How many are due in each group; what ends later is not even counted."""
    horizon = today + timedelta(days=max(DUE_DAYS))
    near = certifications.filter(status=Certification.Status.ACTIVE, expires_date__lte=horizon)
    counts = near.aggregate(**{f"due_{name}": Count("pk", filter=where) for name, where in due_on(today).items()})
    return {name: counts[f"due_{name}"] for name in DUE_LABELS}


def matching(certifications, term: str):
    """Those whose patient has this name, birth date, phone number, or patient or certification number.

    Of the office's rows nothing is read but what their index holds; what it does not is looked up beside.
    """
    words = words_of(term)
    drafts = certifications.drafts().select_related("renewal_of__patient").defer("renewal_of__draft")
    found = Q(pk__in=[one.pk for one in drafts if _has_words(_name_in(one), words)])
    found |= ~Q(status=Certification.Status.DRAFT) & named(words)
    found |= Q(patient__in=Patient.objects.filter(told_by(term)).values("pk"))
    found |= Q(pk__in=Certification.objects.filter(numbered(term)).values("pk"))
    return certifications.filter(found)


def _name_in(draft):
    return draft.renewal_of.patient.name if draft.renewal_of else draft.draft_name


def _has_words(name, words):
    parts = search_name(name).split()
    return bool(words) and all(any(part.startswith(word) for part in parts) for word in words)
