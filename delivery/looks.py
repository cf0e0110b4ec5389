"""Who looked at a patient's record, in words for the patient: from the audit trail, nothing is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Delegate, Physician, User
from audit.models import Event
from certification.models import Caregiver, Certification, Letter, Patient
from delivery.models import Order

# What was seen, by the name of the event.
SEEN = {
    "patient.view": gettext_lazy("the data on record"),
    "certification.view": gettext_lazy("the certification"),
    "certificate.view": gettext_lazy("the certificate"),
    "letter.view": gettext_lazy("a letter"),
    "card.view": gettext_lazy("the card"),
    "card.check": gettext_lazy("the card, by its code"),
    "allotment.view": gettext_lazy("the monthly allotment"),
    "order.view": gettext_lazy("an order"),
}


@dataclass(frozen=True)
class Look:
    at: datetime
    who: str
    what: Any


def looks_at(patient: Patient, *, but: User) -> QuerySet[Event]:
    """What others saw of the patient, her certifications, letters and orders; not what she or `but` saw."""
    certifications = Certification.objects.filter(patient=patient)
    of = {
        "certification.patient": [patient.pk],
        "certification.certification": certifications.values("pk"),
        "certification.letter": Letter.objects.filter(certification__in=certifications).values("pk"),
        "delivery.order": Order.objects.filter(patient=patient).values("pk"),
    }
    subject = Q()
    for kind, ids in of.items():
        subject |= Q(subject_type=kind, subject_id__in=ids)
    own = [account for account in (patient.user_id, but.pk) if account]
    seen = Event.objects.filter(subject, action__in=SEEN, outcome=Event.Outcome.DONE)
    return seen.exclude(actor_id__isnull=True).exclude(actor_id__in=own)


def in_words(events: Iterable[Event]) -> list[Look]:
    """Each with who it was: a physician or caregiver by name, staff as staff."""
    events = list(events)
    actors = {event.actor_id for event in events}
    physicians = {one.user_id: one for one in Physician.objects.filter(user__in=actors)}
    offices = {
        one.user_id: one.physician for one in Delegate.objects.filter(user__in=actors).select_related("physician")
    }
    caregivers = {one.user_id: one for one in Caregiver.objects.filter(user__in=actors)}

    def who(event):
        if event.role == "staff":
            return _("Staff of the program or the dispensary")
        if physician := physicians.get(event.actor_id):
            return _("Dr. %(name)s") % {"name": physician.name}
        if physician := offices.get(event.actor_id):
            return _("The office of Dr. %(name)s") % {"name": physician.name}
        if caregiver := caregivers.get(event.actor_id):
            return _("%(name)s, caregiver") % {"name": caregiver.name}
        return _("Somebody who has no account any more")

    return [Look(event.created_at, who(event), SEEN[event.action]) for event in events]
