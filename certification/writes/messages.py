"""Messages to patients, caregivers and physicians. The caller queues them inside its transaction."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from accounts.models import Physician
from certification.models import Caregiver, Certification, Patient
from notifications import kinds
from notifications.addressees import Addressee
from notifications.models import Notification
from notifications.ways import Known, Way, way_to

Message = dict[str, Any]  # the arguments of `notifications.actions.queue`
Recipient = Patient | Caregiver | Physician


def recipients_of(certification: Certification, *, with_physician: bool = False) -> dict[str, Recipient]:
    """Return by role whom a certification concerns: the patient, the current caregiver, and where wanted the physician.

    The caregiver is left out where there is none.
    """
    patient = certification.patient
    people: dict[str, Recipient] = {"patient": patient}
    if assignment := patient.current_assignment:
        people["caregiver"] = assignment.caregiver
    if with_physician:
        people["physician"] = certification.physician
    return people


def message_to(
    person: Recipient,
    kind: str,
    *,
    context: Mapping[str, Any],
    key: str,
    email: str | None = None,
    may_be_text: bool = True,
    known: Known | None = None,
) -> Message:
    """Return one message: a text where a person agreed to texts, a mail, or a call where no e-mail reaches them.

    Every message to a patient or caregiver is made here, so that nobody is left out. A second message of the same kind
    and `key` is dropped. `email` is the address where it is not the person's own, for example that of the account.
    `known` is what was read about the ways to many people.
    """
    as_text = kind if may_be_text and not isinstance(person, Physician) else ""  # offices agree to no texts
    way = way_to(email=email_of(person) if email is None else email, phone=phone_of(person), kind=as_text, known=known)
    return {
        "kind": kind,
        "recipient": way.recipient,
        "channel": way.channel,
        "context": dict(context),
        "dedupe_key": f"{kind}:{key}",
        "language": getattr(person, "language", "en"),
    }


def messages_to(
    people: Mapping[str, Recipient], kind: str, *, context: Mapping[str, Any], key: str, key_kind: str = ""
) -> list[Message]:
    """Return one message for each address of the `people`, who are given by role; the message says for which role.

    A parent and child who share an address get one message. `key_kind` is the first part of the `dedupe_key` where
    that is not the kind.
    """
    found: dict[str, Message] = {}
    for role, person in people.items():
        message = message_to(person, kind, context={**context, "role": role}, key=f"{key}:{role}")
        message["dedupe_key"] = f"{key_kind or kind}:{key}:{role}"
        found.setdefault(message["recipient"], message)
    return list(found.values())


def email_of(person: Recipient) -> str:
    """Return the person's e-mail address, or that of the account with which they joined by a code, or an empty text."""
    return person.email or (person.user.email if person.user else "")


def phone_of(person: Recipient) -> str:
    """Return the person's phone number as the queries of the reminders write it, or an empty text."""
    return person.phone.as_e164 if person.phone not in (None, "") else ""  # its length is that of a formatted number


def other_way_of(notification: Notification) -> Way | None:
    """Return the call that replaces a mail which came back; None when it no longer holds, or is to nobody known here.

    The person is one whom the message speaks of and who has its address, or who has the account or practice with it.
    """
    words = kinds.get(notification.kind).context_for(notification)
    if words is None:
        return None
    address = notification.recipient.lower()
    people: list[Recipient] = [person for person in words.values() if isinstance(person, Recipient)]
    people += Patient.objects.filter(user__email=address)
    people += Caregiver.objects.filter(user__email=address)
    people += Physician.objects.filter(Q(user__email=address) | Q(email__iexact=address))
    person = next((person for person in people if address in _addresses_of(person)), None)
    return Way(Notification.Channel.PHONE, phone_of(person)) if person else None


def _addresses_of(person: Recipient) -> set[str]:
    return {person.email.lower(), person.user.email if person.user else ""}


def addressee_for(person: Recipient, *, email: str | None = None) -> Addressee:
    """Return a person as an envelope needs them; `email` is the address in place of the person's own."""
    if isinstance(person, Physician):
        street, town = person.practice_street, f"{person.practice_city}, {person.practice_state} {person.practice_zip}"
        lines: tuple[str, ...] = (person.practice_name, street, town)
    else:
        lines = (person.street_address, person.town)
    return Addressee(
        name=person.name,
        lines=tuple(line for line in lines if line),
        email=email_of(person) if email is None else email,
        phone=phone_of(person),
        person=person,
    )
