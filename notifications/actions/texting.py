"""Agreements to texts, and what people text to us."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import audited, record
from notifications import replies, texts, writes
from notifications.actions import queue
from notifications.models import Notification, TextConsent, TextReceived
from ui.errors import PortalError

Meaning = TextReceived.Meaning


class NoTexts(PortalError):
    """This portal sends no texts."""


@audited("texts.agree")
def agree_to_texts(*, phone: str, words: str, language: str, given: str, by: AbstractBaseUser | None) -> TextConsent:
    """Keep the agreement to texts at a number (E.164), with the exact `words` that were shown; return it.

    An agreement that is open already stays as it is. Raises NoTexts.
    """
    if not texts.is_on():
        raise NoTexts(_("This portal sends no text messages."))
    facts = {"words": words, "language": language, "given": given, "given_by": by}
    consent, is_new = TextConsent.objects.get_or_create(phone=phone, ended_at=None, defaults=facts)
    if is_new:
        record(by=by, subject=consent)
    return consent


@audited("texts.end")
def end_texts(*, phone: str, ended: str, by: AbstractBaseUser | None) -> bool:
    """End the agreement to texts at a number, by a `TextConsent.Ended`; return whether there was one.

    Texts that wait for the number go another way.
    """
    found = TextConsent.objects.open().filter(phone=phone)
    consent = found.first()
    is_ended = bool(found.update(ended_at=timezone.now(), ended=ended, ended_by=by))
    if is_ended and consent:
        record(by=by, subject=consent, reason=ended)
    waiting = Notification.objects.filter(
        channel=Notification.Channel.SMS, status=Notification.Status.QUEUED, recipient=phone
    )
    for text in waiting.exclude(kind__in=texts.ANSWERS):
        writes.send_another_way(text)
    return is_ended


@audited("texts.receive")
def receive_text(*, provider_id: str, phone: str, text: str, by: AbstractBaseUser | None) -> TextReceived | None:
    """Keep a text that somebody sent to us, and do what it asks; return it, or None when this id came before.

    STOP in any words ends the agreement at once. HELP and START are answered. Everything else waits for staff.
    """
    text = text.encode(errors="replace").decode()  # half an emoji, cut by the provider, is no text for a database
    said = replies.read(text)
    facts = {"phone": phone, "text": text, "meaning": said.meaning, "needs_reading": said.says_more}
    kept, is_new = TextReceived.objects.get_or_create(provider_id=provider_id, defaults=facts)
    if not is_new:
        return None
    record(by=by, subject=kept, reason=said.meaning)
    if said.meaning == Meaning.STOP:
        if end_texts(phone=phone, ended=TextConsent.Ended.TEXT, by=by):
            _answer("text_stopped", phone, key=provider_id, by=by)
    elif said.meaning in (Meaning.HELP, Meaning.START):
        # One answer a day to a number, so that two machines do not talk to each other.
        _answer(f"text_{said.meaning}", phone, key=f"{phone}:{timezone.localdate()}", by=by)
    return kept


def _answer(kind: str, phone: str, *, key: str, by: AbstractBaseUser | None) -> None:
    """Queue the answer to a text, in the language of the number's last agreement."""
    last = TextConsent.objects.filter(phone=phone).order_by("-pk").first()
    queue(
        kind=kind,
        channel=Notification.Channel.SMS,
        recipient=phone,
        dedupe_key=f"{kind}:{key}",
        language=last.language if last else "en",
        by=by,
    )


@audited("texts.read", subject="received")
def mark_read(*, received: TextReceived, by: AbstractBaseUser | None) -> None:
    """Write that staff have read a text and done what it asks. A second call changes nothing."""
    found = TextReceived.objects.filter(pk=received.pk, read_at=None)
    if found.update(read_at=timezone.now(), read_by=by):
        record(by=by, subject=received)
