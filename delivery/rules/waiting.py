"""Who may wait for a place in a full window, and when mails go out. Each `check_` raises a DeliveryError."""

from datetime import datetime, time

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import User
from certification.models import Certification, Patient
from delivery.models import DeliveryPolicy, DeliveryWindow
from delivery.rules.errors import WindowError, refusal_of
from delivery.rules.orders import check_certification_covers, check_orderer
from delivery.rules.windows import check_lead_time

NOTIFY_FROM, NOTIFY_UNTIL = time(8), time(21)  # New York time, so that no mail wakes a person


def check_is_full(window: DeliveryWindow | None) -> None:
    """The window is open and full; None stands for a window that was deleted. Raises WindowError."""
    if window is None:
        raise WindowError(_("There is no delivery in this window any more. Choose another one."), field="window")
    if not window.is_full:
        raise WindowError(_("This window is not full. Choose it, or another one."), field="window")


def check_may_wait(
    window: DeliveryWindow,
    *,
    patient: Patient,
    certification: Certification | None,
    policy: DeliveryPolicy,
    user: User,
    now: datetime,
) -> None:
    """The account could order for the window now if the window had room.

    Raises OrdererError, CertificationNotValid or WindowError.
    """
    check_orderer(patient, user=user, today=localtime(now).date())
    check_lead_time(window, policy, now=now)
    check_certification_covers(certification, window)


def still_waits(window: DeliveryWindow, *, patient: Patient, policy: DeliveryPolicy, user: User, now: datetime) -> bool:
    """Return whether the account may still wait: the cut-off, the certification and the right to order allow it."""
    certification = patient.certification_on(window.date)
    refusal = refusal_of(
        check_may_wait, window, patient=patient, certification=certification, policy=policy, user=user, now=now
    )
    return not refusal


def is_time_to_notify(now: datetime) -> bool:
    """Return whether it is day in New York: from 8 in the morning until 9 in the evening."""
    return NOTIFY_FROM <= localtime(now).time() < NOTIFY_UNTIL
