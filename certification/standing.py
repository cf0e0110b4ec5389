"""How a certification stands on a day: in the words of the list, in its filters, in its search."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Q, Value, When
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from certification import rules
from certification.models import Certification
from certification.search import named, numbered, people_called
from ui.text import search_name

LABELS = {
    "all": _("All"),
    "sign": _("To sign"),
    "draft": _("Drafts"),
    "active": _("Active"),
    "ending": _("Ending soon"),
    "ended": _("Ended"),
}
DUE_DAYS = (7, 30, 60, 90)
DUE_LABELS = {
    **{str(days): format_lazy(_("Within {days} days"), days=days) for days in DUE_DAYS},
    "expired": _("Expired"),
}
SHOWN_FIRST = ("sign", "draft", "ending", "active", "ended")


@dataclass(frozen=True)
class Standing:
    kind: str  # of ui/status_tag.html
    label: Any
    days_left: int | None = None  # after today; 0 on the last valid day, None once ended
    can_renew: bool = False


def standing_of(certification: Certification, *, today: date) -> Standing:
    status = Certification.Status(certification.status)
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


def filters_on(today: date) -> dict[str, Q]:
    """The filters of the list; what a renewal replaced stands in none of them."""
    status = Certification.Status
    soon = today + timedelta(days=settings.RENEWAL_OPENS_DAYS)
    running = Q(status=status.ACTIVE, expires_date__gt=today)
    return {
        "all": ~Q(status=status.SUPERSEDED),
        "sign": Q(status=status.DRAFT, prepared_at__isnull=False),
        "draft": Q(status=status.DRAFT, prepared_at__isnull=True),
        "active": running,
        "ending": running & Q(expires_date__lte=soon),
        "ended": Q(status=status.ACTIVE, expires_date__lte=today)
        | Q(status__in=[status.WITHDRAWN, status.REVOKED, status.CLOSED]),
    }


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


def most_urgent_first(certifications, today: date):
    """What waits for a signature, drafts, what ends soon, runs, has ended; longest wait and first end on top."""
    filters = filters_on(today)
    cases = [When(filters[name], then=Value(place)) for place, name in enumerate(SHOWN_FIRST)]
    return certifications.order_by(Case(*cases, default=Value(len(cases))), "expires_date", "prepared_at", "-pk")


def matching(certifications, term: str):
    """Those whose patient has this name, birth date, phone number, or patient or certification number."""
    words = search_name(term).split()
    found = Q(pk__in=[one.pk for one in certifications.drafts() if _has_words(one.draft_name, words)])
    found |= Q(patient__isnull=False) & people_called(term, "patient__")
    found |= Q(status="draft", renewal_of__isnull=False) & named(words, "renewal_of__patient__")
    return certifications.filter(found | numbered(term))


def _has_words(name, words):
    parts = search_name(name).split()
    return all(any(part.startswith(word) for part in parts) for word in words)
