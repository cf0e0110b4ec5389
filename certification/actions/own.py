"""What patients and caregivers change of themselves."""

from accounts.models import User
from audit.actions import audited, record
from certification.models import Caregiver, Patient
from certification.writes.messages import Message, message_to, phone_of
from notifications.actions import queue_many
from notifications.actions.texting import agree_to_texts, end_texts
from notifications.models import TextConsent


@audited("person.change_phone")
def change_phone(*, phone: str, by: User) -> list[Patient | Caregiver]:
    """Change the phone number of the patient or caregiver (or both) of this account; return whose number was changed.

    `phone` is in E.164 form. A mail says that it was changed. The same number changes nothing.
    """
    changed = [person for person in _people(by) if str(person.phone.as_e164) != phone]
    for person in changed:
        end_texts(phone=person.phone.as_e164, ended=TextConsent.Ended.NUMBER, by=by)
        person.phone = phone
        person.save(update_fields=["phone"])
        record(by=by, subject=person)
    queue_many(messages=[_message(person) for person in changed], by=by)
    return changed


@audited("person.choose_texts")
def choose_texts(*, phone: str, wants: bool, words: str, language: str, by: User) -> None:
    """Agree to texts at `phone`, the number (E.164) of the patient or caregiver of this account, or end them.

    `words` are those that the person agreed to, in `language`. Another number changes nothing. Raises NoTexts where the
    portal sends none.
    """
    if phone not in {phone_of(person) for person in _people(by)}:
        return
    if wants:
        agree_to_texts(phone=phone, words=words, language=language, given=TextConsent.Given.PORTAL, by=by)
    else:
        end_texts(phone=phone, ended=TextConsent.Ended.PORTAL, by=by)


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
