"""What people change of themselves, at once."""

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from notifications.actions import queue_many


@audited("person.change_phone")
def change_phone(*, phone: str, by: User) -> list[Patient | Caregiver]:
    """The number under which the patient or caregiver (or both) of this account is reached from now on.

    `phone` in E.164 form. Who is told by phone is called there; a mail says that it was changed. The same number again
    changes nothing. Returns whose number it was.
    """
    changed = [person for person in _people(by) if str(person.phone.as_e164) != phone]
    for person in changed:
        person.phone = phone
        person.save(update_fields=["phone"])
        record(by=by, subject=person)
    queue_many(messages=[_told(person) for person in changed if person.email], by=by)
    return changed


@audited("person.choose_language")
def choose_language(*, language: str, by: User) -> None:
    """Pages and mail of the patient or caregiver of this account are in `language`, a code of LANGUAGES."""
    for person in _people(by):
        if person.language == language:
            continue
        person.language = language
        person.save(update_fields=["language"])
        record(by=by, subject=person, reason=language)


@audited("person.follow_email")
def follow_email(*, email: str, by: User) -> None:
    """Mail to the patient or caregiver goes to the main address of the account, which was just confirmed and chosen."""
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


def _told(person: Patient | Caregiver) -> dict[str, object]:
    role = "patient" if isinstance(person, Patient) else "caregiver"
    return {
        "kind": "phone_changed",
        "recipient": person.email,
        "context": {role: person.pk},
        "dedupe_key": f"phone_changed:{role}:{person.pk}:{person.phone.as_e164}",
        "language": person.language,
    }
