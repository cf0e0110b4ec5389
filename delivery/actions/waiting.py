"""The waiting list of a full window: joining, leaving, and the mails about a place."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Patient
from certification.writes.messages import phone_of
from delivery import rules
from delivery.models import DeliveryPolicy, DeliveryWindow, Order, WaitingEntry
from delivery.writes.messages import waiting_reader
from notifications.actions import queue
from notifications.models import Notification
from notifications.ways import way_to


@audited("waiting.join", subject="window")
def join_waiting_list(*, window: DeliveryWindow, patient: Patient, by: User) -> WaitingEntry:
    """Put the account on the waiting list of a full window; returns its entry, also when it is there already.

    Raises WindowError, OrdererError or CertificationNotValid.
    """
    now = timezone.now()
    Patient.objects.select_for_update(no_key=True).values_list("pk").get(pk=patient.pk)
    window = DeliveryWindow.objects.get(pk=window.pk)
    policy = rules.policy_on(timezone.localdate(now))
    certification = patient.certification_on(window.date)
    rules.check_may_wait(window, patient=patient, certification=certification, policy=policy, user=by, now=now)
    rules.check_is_full(window)
    entry, is_new = WaitingEntry.objects.get_or_create(window=window, patient=patient, orderer=by, ended_at=None)
    if is_new:
        record(by=by, subject=entry)
    return entry


@audited("waiting.leave", subject="entry")
def leave_waiting_list(*, entry: WaitingEntry, by: User) -> None:
    """Take the account off the waiting list. The same call again changes nothing."""
    if WaitingEntry.objects.live().filter(pk=entry.pk).update(ended_at=timezone.now()):
        record(by=by, subject=entry)


@audited("waiting.notify", atomic=False)
def notify_waiting_list(*, now: datetime, by: User | None) -> int:
    """Write to the accounts on the list of a window that has room again; returns how many get a mail.

    An account gets at most one mail a day about a window, however often places open and fill again, and for however
    many patients it waits. Entries end whose cut-off has passed, whose patient has an order in the window, or whose
    account may not order any more. No mail goes out at night. Each entry has a transaction of its own.
    """
    policy = rules.policy_on(timezone.localdate(now))
    waiting = WaitingEntry.objects.live().values_list("pk", flat=True)
    return sum(_notify(pk, policy, now=now, by=by) for pk in waiting)


@transaction.atomic
def _notify(pk: int, policy: DeliveryPolicy, *, now: datetime, by: User | None) -> bool:
    entry = (
        WaitingEntry.objects.live().select_for_update(no_key=True, of=("self",)).select_related().filter(pk=pk).first()
    )
    if entry is None:
        return False
    window, patient = entry.window, entry.patient
    ordered = Order.objects.with_hold().filter(window=window, patient=patient).exists()
    if ordered or not rules.still_waits(window, patient=patient, policy=policy, user=entry.orderer, now=now):
        entry.ended_at = now
        entry.save(update_fields=["ended_at"])
        return False
    has_room = window.has_room
    if has_room == (entry.told_at is not None) or (has_room and not rules.is_time_to_notify(now)):
        return False
    key = _key_of_day(entry, now)
    if has_room and key is None:
        return False  # tomorrow, if there is still room
    entry.told_at = now if has_room else None
    entry.times_told += has_room
    entry.save(update_fields=["told_at", "times_told"])
    if has_room and key:
        _queue_message(entry, key, by=by)
    return has_room


def _key_of_day(entry: WaitingEntry, now: datetime) -> str | None:
    """Return the key of the account's next mail about the window today, or None when a mail went out or waits.

    A mail that was dropped because its place was gone does not count. Two entries of one account that are looked at in
    the same moment get the same key, so that one of the two mails is dropped.
    """
    prefix = f"place_open:{entry.window_id}:{entry.orderer_id}:{timezone.localdate(now):%Y-%m-%d}:"
    statuses = Notification.objects.filter(dedupe_key__startswith=prefix).values_list("status", flat=True)
    if any(status != Notification.Status.CANCELLED for status in statuses):
        return None
    return f"{prefix}{len(statuses)}"


def _queue_message(entry: WaitingEntry, dedupe_key: str, *, by: User | None) -> None:
    reader = waiting_reader(entry)
    way = way_to(email=entry.orderer.email, phone=phone_of(reader), kind="place_open")
    queue(
        kind="place_open",
        recipient=way.recipient,
        channel=way.channel,
        context={"entry": entry.pk},
        dedupe_key=dedupe_key,
        language=reader.language,
        by=by,
    )
