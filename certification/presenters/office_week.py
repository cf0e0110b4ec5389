"""What is due in an office this week, as counts: renewals, drafts, and requests of patients."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import ngettext

from certification import rules
from certification.models import Certification, Draft, PatientRequest


@dataclass(frozen=True)
class OfficeWeek:
    """Counts of what is due. `renewals` has one count by days; what is due within 30 days is due within 60 as well."""

    renewals: Mapping[int, int]
    to_sign: int = 0
    drafts: int = 0
    requests: int = 0

    @property
    def has_work(self) -> bool:
        return bool(any(self.renewals.values()) or self.to_sign or self.drafts or self.requests)

    def __add__(self, other: "OfficeWeek") -> "OfficeWeek":
        renewals = {days: count + other.renewals[days] for days, count in self.renewals.items()}
        return OfficeWeek(
            renewals, self.to_sign + other.to_sign, self.drafts + other.drafts, self.requests + other.requests
        )


NOTHING = OfficeWeek(dict.fromkeys(rules.WEEK_LOOKS_AHEAD, 0))


def weeks_of(physicians: Collection[int], *, today: date) -> dict[int, OfficeWeek]:
    """Return what is due by physician's id, in three queries however many physicians there are."""
    until = {days: today + timedelta(days=days) for days in rules.WEEK_LOOKS_AHEAD}
    ends = {f"within_{days}": Count("pk", filter=Q(expires_date__lte=until[days])) for days in until}
    due = Certification.objects.expiring(after=today, until=max(until.values())).filter(physician__in=physicians)
    drafts = Draft.objects.filter(physician__in=physicians)
    asked = PatientRequest.objects.open().filter(physician__in=physicians)
    is_prepared = Q(prepared_at__isnull=False)
    counts: dict[int, OfficeWeek] = {}
    for pk, *within in due.order_by().values_list("physician").annotate(**ends):
        counts[pk] = OfficeWeek(dict(zip(until, within, strict=True)))
    by_state = {"to_sign": Count("pk", filter=is_prepared), "begun": Count("pk", filter=~is_prepared)}
    for pk, to_sign, begun in drafts.order_by().values_list("physician").annotate(**by_state):
        counts[pk] = counts.get(pk, NOTHING) + OfficeWeek(NOTHING.renewals, to_sign=to_sign, drafts=begun)
    for pk, count in asked.order_by().values_list("physician").annotate(Count("pk")):
        counts[pk] = counts.get(pk, NOTHING) + OfficeWeek(NOTHING.renewals, requests=count)
    return counts


def week_lines(week: OfficeWeek) -> list[tuple[int, str, str]]:
    """Return (count, words, path of the list) of what is due, without what counts 0."""
    due, patients = reverse("certification:due-list"), reverse("certification:patient-list")
    lines = [(count, _within(count, days), f"{due}?within={days}") for days, count in week.renewals.items()]
    lines += [
        (week.to_sign, ngettext("draft to sign", "drafts to sign", week.to_sign), f"{patients}?show=sign"),
        (week.drafts, ngettext("draft to complete", "drafts to complete", week.drafts), f"{patients}?show=draft"),
        (week.requests, ngettext("request of a patient", "requests of patients", week.requests), patients),
    ]
    return [line for line in lines if line[0]]


def _within(count: int, days: int) -> str:
    words = ngettext("renewal due within %(days)d days", "renewals due within %(days)d days", count)
    return words % {"days": days}
