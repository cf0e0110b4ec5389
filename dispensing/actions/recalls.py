"""Recalling a lot: its orders, its stock and the people who got some of it; and what they say."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Patient
from certification.writes.messages import email_of, phone_of
from delivery.models import Order, Product
from delivery.rules import outcomes_of_recall
from delivery.writes.recalled import carry_out_recall, lock_for_recall, mark_recalled, quarantine_rest
from dispensing import rules
from dispensing.models import DispensedUnit, Recall, RecalledLot, RecalledPerson
from dispensing.writes.recalls import remind, tell_holders
from notifications.ways import known_of
from ui.tidy import tidy

REMIND_AFTER = timedelta(days=2)
AT_ONCE = 500  # people whom one run of the job reminds


@audited("recall.start", subject="product")
def start_recall(
    *,
    lot_number: str,
    reason: str,
    instructions: str,
    by: User,
    reason_es: str = "",
    instructions_es: str = "",
    product: Product | None = None,
    seen: Collection[str] | None = None,
) -> Recall:
    """Recall a lot, of one product or of each that has it, all together or nothing; returns the recall.

    Orders that hold it take another lot where there is one, and lose what no lot has. What is left goes into
    quarantine. Everybody who got some of it is told: by mail or text, or else by a call and a letter. `seen` are the
    keys of what the preview showed of orders. Readers of Spanish get `reason_es` and `instructions_es` where they are
    given. Raises RecallError.
    """
    words = {"reason": tidy(reason), "instructions": tidy(instructions)}
    words |= {"reason_es": tidy(reason_es), "instructions_es": tidy(instructions_es)}
    rules.check_recall_words(**words)
    lots = lock_for_recall(rules.lots_called(lot_number, product=product))
    rules.check_is_not_being_recalled(lots)
    outcomes = outcomes_of_recall(lots)
    rules.check_is_as_previewed(outcomes, seen)
    mark_recalled(lots)
    carry_out_recall(outcomes, by=by)
    now = timezone.now()
    recall = Recall.objects.create(lot_number=lots[0].number, **words, started_at=now, started_by=by)
    for lot in lots:
        RecalledLot.objects.create(recall=recall, lot=lot, quarantined=quarantine_rest(lot, by=by))
    traced = rules.trace(lots, today=timezone.localdate(now))
    tell_holders(recall, traced.holders, traced.known, at=now, by=by)
    record(by=by, subject=recall)
    return recall


@audited("recall.end", subject="recall")
def end_recall(*, recall: Recall, by: User, reason: str = "") -> Recall:
    """End a recall when everybody has answered or was reached, or with a reason; its lots stay in quarantine.

    Raises RecallError.
    """
    reason = tidy(reason)
    recall = Recall.objects.select_for_update(no_key=True).get(pk=recall.pk)
    rules.check_may_end(recall, reason)
    recall.ended_at, recall.ended_by, recall.ended_reason = timezone.now(), by, reason
    recall.save(update_fields=["ended_at", "ended_by", "ended_reason"])
    recall.lots.update(is_open=False)
    record(by=by, subject=recall, reason="early" if reason else "")
    return recall


@audited("recall.answer", subject="person")
def answer_recall(*, person: RecalledPerson, answer: str, by: User) -> RecalledPerson:
    """Enter what the patient or the caregiver says became of it, one of the first three of `RecalledPerson.Answer`.

    A later answer takes the place of an earlier one. Raises RecallError.
    """
    rules.check_may_answer(person, answer, by=by)
    person = _locked(person)
    person.answer, person.answered_at, person.answered_by = answer, timezone.now(), by
    person.save(update_fields=["answer", "answered_at", "answered_by"])
    record(by=by, subject=person, reason=answer)
    return person


@audited("recall.reach", subject="person")
def enter_reached(*, person: RecalledPerson, by: User, answer: str = "", note: str = "") -> RecalledPerson:
    """Enter that staff spoke with the person, with what was answered or a note. Raises RecallError."""
    note = note.strip()
    rules.check_what_was_said(person, answer, note)
    person = _locked(person)
    now = timezone.now()
    person.reached_at, person.reached_by = now, by
    if answer:
        person.answer, person.answered_at, person.answered_by = answer, now, by
    person.note = "\n".join(part for part in (person.note, note) if part)
    person.save(update_fields=["reached_at", "reached_by", "answer", "answered_at", "answered_by", "note"])
    record(by=by, subject=person, reason=answer)
    return person


@audited("recall.call")
def follow_call(*, person_id: int, note: str, by: User | None) -> None:
    """Enter that a call of the call list reached the person. Runs in the transaction of the call."""
    person = RecalledPerson.objects.select_for_update(no_key=True, of=("self",)).get(pk=person_id)
    if person.is_waiting and by is not None:
        person.reached_at, person.reached_by = timezone.now(), by
        person.note = "\n".join(part for part in (person.note, note.strip()) if part)
        person.save(update_fields=["reached_at", "reached_by", "note"])
        record(by=by, subject=person)


def _locked(person: RecalledPerson) -> RecalledPerson:
    return RecalledPerson.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)


@audited("recall.remind")
def remind_recalled(*, now: datetime, by: User | None) -> int:
    """Remind everybody who has not answered two days after they were told, once; returns how many.

    They get another mail, and staff find them on the call list.
    """
    late = (
        RecalledPerson.objects.waiting()
        .of_open_recalls()
        .filter(reminded_at__isnull=True, told_at__lte=now - REMIND_AFTER)
    )
    rows = late.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    people = list(rows.select_related("patient__user", "caregiver__user")[:AT_ONCE])
    remind(people, known_of((email_of(each.told), phone_of(each.told)) for each in people), by=by)
    for person in people:
        person.reminded_at = now
    RecalledPerson.objects.bulk_update(people, ["reminded_at"], batch_size=500)
    return len(people)


@audited("recall.follow", subject="order")
def follow_recalls(*, order: Order, units: Collection[DispensedUnit], by: User) -> None:
    """Tell a patient whose hand-over is recorded after the recall of a lot in it; a recall that has ended opens again.

    Runs in the transaction of the hand-over.
    """
    lots = {unit.lot_id for unit in units}
    recalled = RecalledLot.objects.filter(lot__in=lots).select_related("recall").order_by("recall")
    newest = {row.lot_id: row for row in recalled}
    for row in newest.values():
        recall = Recall.objects.select_for_update(no_key=True).get(pk=row.recall_id)
        if not recall.is_open:
            recall.ended_at, recall.ended_by, recall.ended_reason = None, None, ""
            recall.save(update_fields=["ended_at", "ended_by", "ended_reason"])
            elsewhere = RecalledLot.objects.filter(lot__in=recall.lots.values("lot"), is_open=True).values("lot")
            recall.lots.exclude(lot__in=elsewhere).update(is_open=True)  # a lot has one open recall
        patients = Patient.objects.filter(pk=order.patient_id)
        now = timezone.now()
        holders, known = rules.holders_of(
            patients, Counter({order.patient_id: len(units)}), today=timezone.localdate(now)
        )
        tell_holders(recall, holders, known, at=now, by=by)
        record(by=by, subject=recall)
