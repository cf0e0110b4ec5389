"""The page of a physician's office: the delegates."""

from dataclasses import dataclass
from datetime import date

from accounts import rules
from accounts.models import Delegate, Physician


@dataclass(frozen=True)
class DelegateCard:
    """One delegate of the office."""

    pk: int
    email: str
    started_date: date
    ended_date: date | None
    has_begun: bool  # an account with this address has signed in
    is_waiting: bool  # named lately, and nobody has signed in yet


@dataclass(frozen=True)
class OfficePage:
    """The delegates who prepare now, and those who have ended, the last one first."""

    current: tuple[DelegateCard, ...]
    ended: tuple[DelegateCard, ...]


def office_page(physician: Physician, *, today: date) -> OfficePage:
    """Return the delegates of a physician on `today`."""
    delegates = physician.delegates.all()
    waiting = set(physician.delegates.waiting(today).values_list("pk", flat=True))
    current = physician.delegates.current(today).order_by("started_date", "pk")
    ended = delegates.filter(rules.delegations_ended(today=today)).order_by("-ended_date", "-pk")
    return OfficePage(
        current=tuple(_card(delegate, waiting) for delegate in current),
        ended=tuple(_card(delegate, waiting) for delegate in ended),
    )


def _card(delegate: Delegate, waiting: set[int]) -> DelegateCard:
    return DelegateCard(
        pk=delegate.pk,
        email=delegate.email,
        started_date=delegate.started_date,
        ended_date=delegate.ended_date,
        has_begun=delegate.user_id is not None,
        is_waiting=delegate.pk in waiting,
    )
