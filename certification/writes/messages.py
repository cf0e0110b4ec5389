"""Messages to patients, caregivers and physicians. The caller queues them inside its transaction."""

from collections.abc import Mapping
from typing import Any

from accounts.models import Physician
from certification.models import Caregiver, Certification, Patient
from notifications.addressees import Addressee
from notifications.ways import way_to

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


def message_to(person: Recipient, kind: str, *, context: Mapping[str, Any], key: str) -> Message:
    """Return one message: a text where a person agreed to texts, a mail, or a call where no e-mail reaches them.

    Every message to a patient or caregiver is made here, so that nobody is left out. A second message of the same kind
    and `key` is dropped.
    """
    as_text = "" if isinstance(person, Physician) else kind  # offices agree to no texts
    way = way_to(email=email_of(person), phone=phone_of(person), kind=as_text)
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
    return person.phone.as_e164 if person.phone else ""


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
    )
