"""What patients and caregivers change of themselves."""

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from certification.writes.messages import Message, message_to
from notifications.actions import queue_many


@audited("person.change_phone")
def change_phone(*, phone: str, by: User) -> list[Patient | Caregiver]:
    """Change the phone number of the patient or caregiver (or both) of this account; return whose number was changed.

    `phone` is in E.164 form. A mail says that it was changed. The same number changes nothing.
    """
    changed = [person for person in _people(by) if str(person.phone.as_e164) != phone]
    for person in changed:
        person.phone = phone
        person.save(update_fields=["phone"])
        record(by=by, subject=person)
    queue_many(messages=[_message(person) for person in changed], by=by)
    return changed


@audited("person.choose_language")
def choose_language(*, language: str, by: User) -> None:
    """Show pages and write mails to the patient or caregiver of this account in `language`, a code of LANGUAGES."""
    for person in _people(by):
        if person.language == language:
            continue
        person.language = language
        person.save(update_fields=["language"])
        record(by=by, subject=person, reason=language)


@audited("person.follow_email")
def follow_email(*, email: str, by: User) -> None:
    """Make the account's main address, just confirmed and chosen, the address of its patient or caregiver."""
    for person in _people(by):
        person.email, person.has_no_email = email, False
        person.save(update_fields=["email", "has_no_email"])
        record(by=by, subject=person)


def _people(user: User) -> list[Patient | Caregiver]:
    return [
        person
        for model in (Patient, Caregiver)
        for person in model.objects.select_for_update(no_key=True, of=("self",)).filter(user=user)
    ]


def _message(person: Patient | Caregiver) -> Message:
    role = "patient" if isinstance(person, Patient) else "caregiver"
    key = f"{role}:{person.pk}:{person.phone.as_e164}"
    return message_to(person, "phone_changed", context={role: person.pk}, key=key)
