"""The terms under which a patient can order now, and until when each window can be chosen."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from certification.models import Certification
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow


@dataclass(frozen=True)
class Terms:
    """The terms of every order that is placed now for one patient."""

    now: datetime
    policy: DeliveryPolicy
    windows: list[DeliveryWindow]
    certification: Certification | None

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def next_free(self) -> DeliveryWindow | None:
        """The next window that can be chosen, or None."""
        return next((window for window in self.windows if self.refusal(window) == ""), None)

    def refusal(self, window: DeliveryWindow) -> str:
        """Return why the window cannot be chosen, or an empty text."""
        return rules.refusal_of(rules.check_window_has_room, window) or rules.refusal_of(
            rules.check_certification_covers, self.certification, window
        )

    @cached_property
    def cover_refusal(self) -> str:
        """Why nothing can be ordered: the certification covers no day that can be ordered for. Empty where it does."""
        return rules.refusal_of(rules.check_can_be_ordered_for, self.certification, self.windows)

    @property
    def day(self) -> date:
        """The delivery day that the pages speak of: that of the next free window, or today."""
        return self.next_free.date if self.next_free else self.today


def terms_for(certification: Certification | None, *, policy: DeliveryPolicy | None = None) -> Terms:
    """Return the terms of a patient whose certification runs, under the policy of a placed order or the one in force.

    Nothing can be ordered where `certification` is None.
    """
    now = timezone.now()
    policy = policy or rules.policy_on(timezone.localdate(now))
    return Terms(now, policy, rules.bookable_windows(now=now, policy=policy), certification)
