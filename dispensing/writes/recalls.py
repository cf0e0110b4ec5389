"""Writing down who is told of a recall, with the messages. Each write runs inside the caller's transaction."""

from collections.abc import Collection, Iterable
from datetime import datetime

from accounts.models import User
from certification.writes.messages import Message, message_to
from dispensing.models import Recall, RecalledPerson
from dispensing.rules.tracing import Holder
from notifications.actions import queue_many
from notifications.models import Notification
from notifications.ways import Known

Channel = Notification.Channel


def tell_holders(recall: Recall, holders: Collection[Holder], known: Known, *, at: datetime, by: User | None) -> None:
    """Write a row and a message for each holder who has none yet; whom no mail reaches gets a call and a letter."""
    there = set(recall.people.values_list("patient", flat=True))
    new = [holder for holder in holders if holder.patient.pk not in there]
    people = RecalledPerson.objects.bulk_create(
        (
            RecalledPerson(
                recall=recall,
                patient=holder.patient,
                caregiver=holder.caregiver,
                way=holder.way.channel,
                told_at=at,
            )
            for holder in new
        ),
        batch_size=500,
    )
    queue_many(messages=[message for person in people for message in _messages(person, known)], by=by)


def _messages(person: RecalledPerson, known: Known) -> Iterable[Message]:
    told = message_to(person.told, "lot_recalled", context={"person": person.pk}, key=str(person.pk), known=known)
    yield told
    if told["channel"] == Channel.PHONE:
        yield {**told, "channel": Channel.LETTER, "dedupe_key": f"{told['dedupe_key']}:letter"}


def remind(people: Collection[RecalledPerson], known: Known, *, by: User | None) -> None:
    """Queue another mail to each of the people, and put them on the call list."""
    messages = []
    for person in people:
        again = message_to(
            person.told, "recall_reminder", context={"person": person.pk}, key=str(person.pk), known=known
        )
        messages.append(again)
        if again["channel"] != Channel.PHONE:
            call = {"channel": Channel.PHONE, "recipient": person.told.phone.as_e164}
            messages.append({**again, **call, "dedupe_key": f"{again['dedupe_key']}:call"})
    queue_many(messages=messages, by=by)
