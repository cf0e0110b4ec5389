"""Read the audit trail: the events that answer a question, and each event in words."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from audit import names, words
from audit.models import Event

CONCERNS, LOOKED, DID = "concerns", "looked", "did"


@dataclass(frozen=True)
class Question:
    """A question to the audit trail. What is not given does not narrow the answer."""

    about: list[names.Found] | None = None  # an empty list finds nothing
    asked: str = ""  # of those `about`: what concerns them, who looked at them, what they did; else all of it
    staff: int | None = None
    action: str = ""
    outcome: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Row:
    """One event in words. An address is "" when the reader may not open that page."""

    pk: int
    at: datetime
    who: str
    role: str
    who_url: str
    what: str
    action: str
    kind: str  # of what it concerns, as "order"
    words: str  # its number or name
    person: str  # whose it is
    url: str
    outcome: str
    is_refused: bool
    reason: str
    address: str
    session: str
    request_id: str

    @property
    def concerns(self) -> str:
        return ", ".join(part for part in (f"{self.kind} {self.words}".strip(), self.person) if part)


# --- Which events --------------------------------------------------------------------------------------------------


def events_of(question: Question) -> QuerySet[Event]:
    """Return the events that answer the question, in no order."""
    events = Event.objects.all()
    if question.about is not None:
        events = events.filter(_about(question.about, question.asked))
    if question.staff:
        events = events.filter(actor_id=question.staff)
    if question.action:
        events = events.filter(action=question.action)
    if question.outcome:
        events = events.filter(outcome=question.outcome)
    return _on_day(events, question.day) if question.day else events


def _about(found: list[names.Found], asked: str) -> Q:
    belongings = names.belongings_of(found)
    accounts = belongings.get(names.ACCOUNT, set())
    concerns = of_subjects(belongings)
    showed = of_subjects(names.shown_with(found)) & Q(action__in=words.SHOW_OTHERS)
    did = Q(actor_id__in=accounts) if accounts else Q(pk__in=[])
    if asked == DID:
        return did
    if asked == CONCERNS:
        return concerns
    if asked == LOOKED:
        return (concerns & Q(action__in=words.view_events() | words.PAPERS) | showed) & ~did
    return concerns | did | showed


def of_subjects(ids: names.Ids) -> Q:
    """Return the filter for events about these rows."""
    found = Q(pk__in=[])
    for label, pks in ids.items():
        found |= Q(subject_type=label, subject_id__in=pks)
    return found


def _on_day(events: QuerySet[Event], day: date) -> QuerySet[Event]:
    """Return the events of one day in New York. Ids and times rise together, so a day is a run of ids as well.

    With the run of ids the database begins at the day when it reads by id, however long ago the day is.
    """
    begin = timezone.make_aware(datetime.combine(day, time()))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    of_day = Event.objects.filter(created_at__gte=begin, created_at__lt=end)
    first = of_day.order_by("created_at").values_list("pk", flat=True).first()
    last = of_day.order_by("-created_at").values_list("pk", flat=True).first()
    if first is None or last is None:
        return events.none()
    slack = 10_000  # times of events that were written together may be in another order than their ids
    return events.filter(created_at__gte=begin, created_at__lt=end, pk__gte=first - slack, pk__lte=last + slack)


# --- In words ------------------------------------------------------------------------------------------------------


@dataclass
class _Known:
    """The names of the rows and accounts of all events on a page."""

    reader: Any
    actors: dict[int, names.Actor]
    subjects: dict[tuple[str, int], names.Name]
    has_links: bool = True
    _urls: dict[tuple[str, int], str] = field(default_factory=dict)

    def url(self, label: str, pk: int) -> str:
        if not self.has_links:
            return ""
        if (label, pk) not in self._urls:
            self._urls[label, pk] = names.page_of(label, pk, self.reader)
        return self._urls[label, pk]


def in_words(events: list[Event], *, reader: Any, has_links: bool = True) -> list[Row]:
    """Return each event in words for `reader`, with one query for each kind of subject and actor."""
    subjects: names.Ids = defaultdict(set)
    for event in events:
        if event.subject_id is not None:
            subjects[event.subject_type].add(event.subject_id)
    actors = {event.actor_id for event in events if event.actor_id is not None}
    known = _Known(reader, names.actors_of(actors), names.names_of(subjects), has_links)
    return [_row(event, known) for event in events]


def _row(event: Event, known: _Known) -> Row:
    who, role, who_url = _who(event, known)
    kind, name, url = _whom(event, known)
    return Row(
        pk=event.pk,
        at=event.created_at,
        who=who,
        role=role,
        who_url=who_url,
        what=words.sentence(event.action),
        action=event.action,
        kind=kind,
        words=name.words,
        person=name.person,
        url=url,
        outcome=event.get_outcome_display(),
        is_refused=event.outcome == Event.Outcome.REFUSED,
        reason=event.reason,
        address=event.address or "",
        session=event.session,
        request_id=event.request_id,
    )


def _who(event: Event, known: _Known) -> tuple[str, str, str]:
    if event.actor_id is None:
        return ("The portal", "", "") if event.role == "system" else ("Nobody signed in", "", "")
    actor = known.actors.get(event.actor_id)
    if actor is None:
        return f"account {event.actor_id}, which is gone", event.role, ""
    return actor.name, actor.role, known.url(actor.label, actor.pk)


def _whom(event: Event, known: _Known) -> tuple[str, names.Name, str]:
    if event.subject_id is None:
        return "", names.Name(""), ""
    label, pk = event.subject_type, event.subject_id
    name = known.subjects.get((label, pk)) or names.Name(f"no. {pk}")
    return names.kind_of(label), name, known.url(label, pk)
