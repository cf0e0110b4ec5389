"""The entries that count of an allotment beside the orders."""

from datetime import date

from django.db.models import Sum
from django.utils import timezone

from accounts.models import User
from audit.actions import audited, record
from certification.models import Patient
from delivery import rules
from delivery.models import AllotmentEntry
from delivery.writes.orders import cancel_uncovered_orders


@audited("allotment.record", subject="patient")
def record_allotment_entry(
    *, patient: Patient, day: date, amount_mg: int, origin: str, reason: str, by: User
) -> AllotmentEntry:
    """Enter an amount that counts of the patient's allotment on `day` (today or the last 12 months).

    `amount_mg` is positive; a correction takes back as much of what was entered for that day. Open orders that no
    longer fit are cancelled, the latest first, and the orderer gets a mail. Raises AllotmentError, AgreementNeeded.
    """
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    today = timezone.localdate()
    rules.check_entry_day(day, today=today)
    of_day = AllotmentEntry.objects.filter(patient=patient, day=day).exclude(origin=AllotmentEntry.Origin.DELIVERY)
    entered = of_day.aggregate(mg=Sum("amount_mg", default=0))["mg"]
    rules.check_entry_origin(origin)
    rules.check_entry_amount(amount_mg, origin=origin, entered_mg=entered)
    sign = -1 if origin == AllotmentEntry.Origin.CORRECTION else 1
    entry = AllotmentEntry.objects.create(
        patient=patient, day=day, amount_mg=sign * amount_mg, origin=origin, reason=reason, by=by
    )
    record(by=by, subject=entry)
    cancel_uncovered_orders(patient, from_day=today, too_little=rules.ENTERED, by=by)
    return entry
