"""Every write of this app: messages of the contact form with their answers, new keys, the time jobs last ran."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.rules import language_of
from accounts.sql import lock_text
from audit.actions import audited, record
from delivery.models import DeliveryWindow
from notifications.actions import queue, queue_many
from notifications.models import Notification
from pages import rules
from pages.models import ContactAnswer, ContactMessage, ContactNote
from pages.sealed import Place, Resealed, places
from ui.encryption import newest_key_id
from ui.text import readable_number

TOLD_WHAT_WAITS = ("Registrar", "Pharmacist", "Technician", "Manager")  # groups for whom something may wait
LAST_BEAT = "last_beat"  # key in the database cache


@audited("message.receive")
def receive_message(*, name: str, email: str, message: str, address: str | None, by: User | None) -> ContactMessage:
    """Store a message of the contact form, and queue a receipt to its writer and a mail to staff.

    The same form sent again within an hour returns the message that is already stored. `address` is the visitor's
    network address, stored as a keyed digest; `by` is None for a visitor. Raises UnreadableName, TooManyMessages.
    """
    rules.check_name_is_one_line(name)
    now = timezone.now()
    email = email.strip().lower()
    sender = rules.address_digest(address)
    content = rules.content_digest(name=name, email=email, message=message)
    for text in sorted([f"message {email}", f"message {sender}"]):
        lock_text(text)
    recent = ContactMessage.objects.since(now - rules.COUNTED_OVER)
    if repeated := recent.filter(email=email, content_digest=content).first():
        return repeated
    rules.check_not_too_many_messages(address=sender, email=email, now=now)
    received = ContactMessage.objects.create(
        number=readable_number("M"),
        name=name,
        email=email,
        message=message,
        address_digest=sender,
        content_digest=content,
    )
    record(by=by, subject=received)
    _queue_mail("contact_receipt", received, recipient=email, by=by, language=language_of(email))
    _queue_mail("contact_message", received, recipient=settings.DISPENSARY_EMAIL, by=by)
    return received


@transaction.atomic
def queue_staff_summaries(*, now: datetime, by: User | None) -> int:
    """Queue what waits, for each account of the groups TOLD_WHAT_WAITS, once a morning or evening; return how many.

    A message is dropped when it would be sent and nothing waits for its reader.
    """
    today = timezone.localdate(now)
    delivers = DeliveryWindow.objects.filter(date=today + timedelta(days=1), is_open=True).exists()
    part = rules.summary_due(now, delivers_tomorrow=delivers)
    if part is None:
        return 0
    staff = User.objects.filter(is_active=True, is_staff=True, groups__name__in=TOLD_WHAT_WAITS).distinct()
    messages = [
        {
            "kind": "staff_summary",
            "recipient": account.email,
            "context": {"user": account.pk, "part": part, "day": today.isoformat()},
            "dedupe_key": f"staff_summary:{today}:{part}:{account.pk}",
        }
        for account in staff
    ]
    queue_many(messages=messages, by=by)
    return len(messages)


def _queue_mail(kind: str, message: ContactMessage, *, recipient: str, by: User | None, language: str = "en") -> None:
    queue(
        kind=kind,
        recipient=recipient,
        context={"message": message.pk},
        dedupe_key=f"{kind}:{message.pk}",
        language=language,
        by=by,
    )


@audited("message.answer", subject="message")
def answer_message(*, message: ContactMessage, text: str, way: str, seen: int, by: User) -> ContactAnswer:
    """Store an answer of `by`, and mail it to the writer unless it was given by phone; return it.

    `seen` is how many answers the page showed on which it was written. The same answer sent again returns the stored
    one. A message may be answered more than once. Raises AnsweredMeanwhile.
    """
    message = _locked(message)
    answers = list(message.answers.select_related("by"))
    if answers[seen:] and _is_same(answers[-1], text=text, way=way, by=by):
        return answers[-1]
    rules.check_answers_were_seen(answers, seen=seen)
    answer = ContactAnswer.objects.create(message=message, text=text, way=way, by=by)
    if message.is_open:
        message.answered_at, message.answered_by = answer.created_at, by
        message.save(update_fields=["answered_at", "answered_by"])
    if way == ContactAnswer.Way.EMAIL:
        _queue_answer(answer, by=by)
    record(by=by, subject=message, reason=way)
    return answer


def _locked(message: ContactMessage) -> ContactMessage:
    return (
        ContactMessage.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=message.pk)
    )


def _is_same(answer: ContactAnswer, *, text: str, way: str, by: User) -> bool:
    return (answer.text, answer.way, answer.by) == (text, way, by)


def _queue_answer(answer: ContactAnswer, *, by: User) -> None:
    """Queue the mail of an answer, in the language of the receipt: that of the page on which the writer wrote."""
    message = answer.message
    receipts = Notification.objects.filter(dedupe_key=f"contact_receipt:{message.pk}")
    queue(
        kind="contact_answer",
        recipient=message.email,
        context={"answer": answer.pk},
        dedupe_key=f"contact_answer:{answer.pk}",
        language=receipts.values_list("language", flat=True).first() or "en",
        by=by,
    )


@audited("message.note", subject="message")
def add_note(*, message: ContactMessage, text: str, by: User) -> ContactNote:
    """Store a note about a message that only staff read, and return it; the same note sent again is stored once."""
    message = _locked(message)
    last = message.notes.select_related("by").last()
    if last and (last.text, last.by) == (text, by):
        return last
    note = ContactNote.objects.create(message=message, text=text, by=by)
    record(by=by, subject=message)
    return note


@audited("message.take", subject="message")
def take_message(*, message: ContactMessage, by: User) -> ContactMessage:
    """Make `by` the owner of a message that nobody has; raises TakenByAnother."""
    message = _locked(message)
    rules.check_nobody_has_it(message, but=by)
    if message.owner is None:
        _set_owner(message, by, by=by)
    return message


@audited("message.give_back", subject="message")
def give_back_message(*, message: ContactMessage, by: User) -> ContactMessage:
    """Take a message from its owner, who may be away; then nobody has it. Raises TakenByNobody."""
    message = _locked(message)
    rules.check_somebody_has_it(message)
    _set_owner(message, None, by=by)
    return message


def _set_owner(message: ContactMessage, owner: User | None, *, by: User) -> None:
    message.owner = owner
    message.save(update_fields=["owner"])
    record(by=by, subject=message)


def note_beat(*, at: datetime, by: User | None) -> None:
    """Store in the database cache that the scheduled jobs ran at this moment."""
    cache.set(LAST_BEAT, at.isoformat(), timeout=None)


MOST_ROUNDS = 10  # how often rows that somebody else has locked are tried again
BETWEEN_ROUNDS = 0.5  # seconds


@audited("fields.reencrypt", atomic=False)
def reencrypt(*, batch: int, progress: Callable[[str], None], by: User | None) -> Resealed:
    """Seal every encrypted value with the newest key of FIELD_KEYS, `batch` rows a transaction.

    It may be stopped at any moment: the next run continues with the rows that are left. `progress` is called with a
    line after each batch. Rows that no key opens are counted and not changed.
    """
    total = Resealed()
    for place in places():
        done = _reencrypt_place(place, batch=batch, progress=progress)
        total.done += done.done
        total.unreadable += done.unreadable
    if total.done:
        record(by=by, reason=f"{total.done} rows sealed with key {newest_key_id()}")
    return total


def _reencrypt_place(place: Place, *, batch: int, progress: Callable[[str], None]) -> Resealed:
    total = Resealed()
    for _round in range(MOST_ROUNDS):
        rows, this_round = _reencrypt_once(place, batch=batch, progress=progress)
        total.done += this_round.done
        total.unreadable = this_round.unreadable
        if rows == this_round.done + this_round.unreadable:
            break
        time.sleep(BETWEEN_ROUNDS)
    return total


def _reencrypt_once(place: Place, *, batch: int, progress: Callable[[str], None]) -> tuple[int, Resealed]:
    """Go through the rows of `place` once; return how many were stale, and how many of them were sealed anew."""
    rows, total, last = 0, Resealed(), None
    while pks := place.stale(after=last, limit=batch):
        with transaction.atomic():
            done = place.reseal(pks)
        rows, last = rows + len(pks), pks[-1]
        total.done += done.done
        total.unreadable += done.unreadable
        progress(f"{place.name}: {total.done} rows")
    return rows, total
